from __future__ import annotations

import itertools

from voxmetric.comparison.search import Setting, draw_settings

SEARCH = {"margin": [0.1, 0.2, 0.3], "scale": [15.0, 30.0]}
RATES = [1.0, 0.3, 3.0]


def test_every_objective_is_tried_at_the_same_rates() -> None:
    for count in range(1, 4):
        rates = {
            tuple(setting.learning_rate_factor for setting in draw_settings(loss, {}, search, RATES, count))
            for loss, search in {"softmax": {}, "aam_softmax": SEARCH, "triplet": {"margin": [0.2, 0.4]}}.items()
        }
        assert rates == {tuple(RATES[:count])}


def test_the_given_options_come_first_and_nothing_repeats() -> None:
    given = {"margin": 0.2, "scale": 30.0}
    settings = draw_settings("aam_softmax", given, SEARCH, RATES, 12)
    assert settings[0] == Setting(1.0, given)
    assert len(settings) == 12
    assert all(settings.count(setting) == 1 for setting in settings)
    assert all(setting.options["margin"] in SEARCH["margin"] for setting in settings)


def test_a_small_grid_is_taken_whole() -> None:
    assert [setting.learning_rate_factor for setting in draw_settings("softmax", {}, {}, RATES, 8)] == RATES
    whole = draw_settings("triplet", {"margin": 0.2}, {"margin": [0.2, 0.4]}, RATES, 100)
    expected = {(rate, margin) for rate, margin in itertools.product(RATES, [0.2, 0.4])}
    assert {(setting.learning_rate_factor, setting.options["margin"]) for setting in whole} == expected
    assert len(whole) == len(expected)


def test_the_draw_depends_on_the_loss_alone() -> None:
    assert draw_settings("a", {}, SEARCH, RATES, 5) == draw_settings("a", {}, SEARCH, RATES, 5)
    assert draw_settings("a", {}, SEARCH, RATES, 5) != draw_settings("b", {}, SEARCH, RATES, 5)


def test_one_setting_means_no_search() -> None:
    assert draw_settings("a", {"scale": 5.0}, SEARCH, RATES, 1) == [Setting(1.0, {"scale": 5.0})]
