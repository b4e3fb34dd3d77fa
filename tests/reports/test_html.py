"""The page: whole, alone, escaped, the same every time, and with everything in it that it must say."""

from __future__ import annotations

import dataclasses
import html
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from voxmetric.reports.html import render_html
from voxmetric.reports.markup import VOID
from voxmetric.reports.palette import LIGHT
from voxmetric.reports.results import Comparison
from voxmetric.reports.wording import SCALES, SYNTHETIC, headline


class Page(HTMLParser):
    """Checks that tags are balanced; gathers text, attributes and titles of drawings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def text(comparison: Comparison) -> str:
    return render_html(comparison)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_nothing_comes_from_elsewhere(text: str, page: Page) -> None:
    loading = [
        (tag, name, value)
        for tag, name, value in page.attributes
        if name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster") and not value.startswith("#")
    ]
    assert loading == []
    assert not re.search(r"url\((?!#)|@import|https?://|<script|<link|<iframe", text)
    policy = next(value for _, name, value in page.attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'")


def test_ids_are_unique_and_references_resolve(text: str, page: Page) -> None:
    ids = Counter(value for _, name, value in page.attributes if name == "id")
    assert ids.most_common(1)[0][1] == 1
    referenced = set(re.findall(r'url\(#([^)]+)\)|xlink:href="#([^"]+)"', text))
    assert referenced
    assert {first or second for first, second in referenced} <= ids.keys()
    labels = [value for _, name, value in page.attributes if name == "aria-labelledby"]
    assert labels
    assert {identity for label in labels for identity in label.split()} <= ids.keys()


def test_every_drawing_has_a_title_or_is_hidden_from_readers(text: str) -> None:
    drawings = re.findall(r"<svg[^>]*>(?:<title[^>]*>[^<]+</title><desc[^>]*>[^<]+</desc>)?", text)
    assert len(drawings) > 50
    assert all("<desc" in drawing or 'aria-hidden="true"' in drawing for drawing in drawings)


def test_page_says_all_it_must(page: Page, comparison: Comparison) -> None:
    words = page.words
    trials = comparison.trials
    for expected in (
        headline(comparison),
        comparison.name,
        trials.name,
        trials.sha256,
        "where misses and false alarms are equally frequent.",
        comparison.interval,
        comparison.encoder,
        comparison.machine,
        comparison.recipe_sha256,
        *comparison.notes,
        *comparison.data.values(),
        *(f"{name} {version}" for name, version in comparison.versions.items()),
        "embedding_size: 256",
        *(sha256 for objective in comparison.objectives for sha256 in objective.weights_sha256),
    ):
        assert expected in words
    assert SYNTHETIC not in words


def test_every_metric_stands_with_its_interval(page: Page, comparison: Comparison) -> None:
    for objective in comparison.objectives:
        for name, scale in SCALES.items():
            estimate = objective.metrics[name]
            assert f"{scale.number(estimate.value)} {scale.interval(estimate)}" in page.words
    for pair in comparison.pairs:
        assert SCALES["eer"].difference(pair.difference) in page.words


def test_everything_tried_is_listed(page: Page, comparison: Comparison) -> None:
    for objective in comparison.objectives:
        for setting in objective.tuning:
            assert SCALES["eer"].number(setting["development_eer"]) in page.words


def test_setting_that_diverged_is_said(make_comparison: Callable[..., Comparison]) -> None:
    comparison = make_comparison(2)
    first = dataclasses.replace(comparison.objectives[0], tuning=[{"margin": 9.0, "development_eer": None}])
    page = Page(render_html(dataclasses.replace(comparison, objectives=[first, comparison.objectives[1]])))
    assert "9.0 diverged" in page.words


def test_equal_data_gives_equal_text(text: str, comparison: Comparison) -> None:
    assert render_html(comparison) == text


def test_size_stays_small(text: str) -> None:
    assert len(text.encode()) < 1_000_000


def test_series_keep_their_colours_over_all_drawings(text: str, comparison: Comparison) -> None:
    assert not any(color in body for color in LIGHT for body in text.split("</style>")[1:])
    for index, objective in enumerate(comparison.objectives):
        heading = re.search(rf"<text style=\"[^\"]*fill: var\(--series-(\d)\)\"[^>]*>{objective.name}</text>", text)
        assert heading is not None
        assert int(heading[1]) == index


HOSTILE = "<script>alert('x')</script>\"&$x_1$ #0072b2 1.23456"


def test_text_of_the_user_is_escaped(make_comparison: Callable[..., Comparison]) -> None:
    plain = make_comparison(2)
    objective = dataclasses.replace(
        plain.objectives[0],
        name=HOSTILE,
        options={HOSTILE: HOSTILE},
        tuning=[{HOSTILE: HOSTILE, "development_eer": 0.2}],
        embedding_map=plain.objectives[0].embedding_map | {"speaker": [HOSTILE] * 160},
        weights_sha256=[HOSTILE] * 3,
    )
    comparison = make_comparison(
        2,
        name=HOSTILE,
        created=HOSTILE,
        machine=HOSTILE,
        encoder=HOSTILE,
        versions={HOSTILE: HOSTILE},
        recipe={HOSTILE: [HOSTILE]},
        recipe_sha256=HOSTILE,
        data={HOSTILE: HOSTILE},
        trials=dataclasses.replace(plain.trials, name=HOSTILE, sha256=HOSTILE),
        eer_definition=HOSTILE,
        interval=HOSTILE,
        notes=[HOSTILE],
        objectives=[objective, plain.objectives[1]],
        pairs=[dataclasses.replace(plain.pairs[0], a=HOSTILE, verdict=HOSTILE)],
    )
    text = render_html(comparison)
    assert "<script" not in text
    assert Page(text).words.count(HOSTILE) > 20
    assert html.escape(HOSTILE) in text


def test_synthetic_voices_have_a_banner(make_comparison: Callable[..., Comparison]) -> None:
    assert SYNTHETIC in Page(render_html(make_comparison(2, synthetic=True))).words


def test_lone_objective_without_search_or_development_trials(make_comparison: Callable[..., Comparison]) -> None:
    comparison = make_comparison(1)
    (one,) = comparison.objectives
    curves = [dataclasses.replace(curve, eer_steps=[], eer=[]) for curve in one.curves]
    metrics = {name: estimate for name, estimate in one.metrics.items() if name != "cllr"}
    bare = dataclasses.replace(one, curves=curves, tuning=[], metrics=metrics)
    words = Page(render_html(dataclasses.replace(comparison, objectives=[bare], pairs=[], notes=[]))).words
    assert "nothing to compare" in words
    assert "Pair by pair" not in words
    assert "All settings" not in words
    assert "Development EER during training" not in words
