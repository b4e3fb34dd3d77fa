from __future__ import annotations

from voxmetric.comparison.search import Setting, draw_settings

SEARCH = {"margin": [0.1, 0.2, 0.3], "scale": [15.0, 30.0]}


def test_the_given_options_come_first_and_nothing_repeats() -> None:
    settings = draw_settings("aam", {"margin": 0.2, "scale": 30.0}, SEARCH, [1.0, 0.3], 8)
    assert settings[0] == Setting(1.0, {"margin": 0.2, "scale": 30.0})
    assert len(settings) == 8
    assert all(settings.count(setting) == 1 for setting in settings)


def test_a_small_grid_is_taken_whole() -> None:
    settings = draw_settings("softmax", {}, {}, [1.0, 0.3, 3.0], 8)
    assert {setting.learning_rate_factor for setting in settings} == {1.0, 0.3, 3.0}
    assert len(settings) == 3


def test_the_draw_depends_on_the_objective_alone() -> None:
    assert draw_settings("a", {}, SEARCH, [1.0, 0.3], 5) == draw_settings("a", {}, SEARCH, [1.0, 0.3], 5)
    assert draw_settings("a", {}, SEARCH, [1.0, 0.3], 5) != draw_settings("b", {}, SEARCH, [1.0, 0.3], 5)


def test_one_setting_means_no_search() -> None:
    assert draw_settings("a", {"scale": 5.0}, SEARCH, [1.0, 0.3], 1) == [Setting(1.0, {"scale": 5.0})]
