from __future__ import annotations

import dataclasses

import pytest
from rich.console import Console

from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.paired import PairedDifference
from voxmetric.reports.evaluation_table import NO_CLLR, evaluation_table, figure_scale, footnotes, paired_sentence
from voxmetric.scoring.evaluation import Evaluation, SystemFigures


@pytest.fixture
def evaluation() -> Evaluation:
    metrics = {"eer": Interval(0.05, 0.04, 0.06), "min_dcf_0.01": Interval(0.5, 0.4, 0.6)}
    return Evaluation(
        trials="trials.txt",
        trials_sha256="abc",
        num_target=10,
        num_nontarget=2000,
        num_speakers=30,
        num_utterances=60,
        eer_definition="Equal error rate: this.",
        interval="95 % intervals: that.",
        systems=[SystemFigures("one [bold]", "none", metrics, {"false_alarm": [], "miss": []})],
        pairs=[],
        decisions=[],
        notes=["Only few."],
    )


def pair(verdict: str) -> PairedDifference:
    return PairedDifference("one", "two", "eer", Interval(-0.02, -0.03, -0.01), 0.004, 0.008, verdict)


def printed(evaluation: Evaluation) -> str:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(evaluation_table(evaluation))
    return captured.get()


def test_every_figure_stands_with_its_interval(evaluation):
    text = printed(evaluation)
    for words in ("one [bold]", "EER, %", "5.00", "[4.00, 6.00]", "minDCF at 0.01", "0.500", "[0.400, 0.600]"):
        assert words in text
    for words in ("trials.txt, 10 target and 2,000 non-target", "SHA-256 abc", "Equal error rate: this.", "Only few."):
        assert words in text


def test_what_calibrates_is_said_once_or_for_each(evaluation):
    assert NO_CLLR in footnotes(evaluation)
    (system,) = evaluation.systems
    cllr = {"cllr": Interval(0.3, 0.2, 0.4)}
    one, two = (
        dataclasses.replace(system, name=name, metrics=cllr, calibration=how)
        for name, how in (("one", "logistic"), ("two", "its own"))
    )
    assert "Calibration: logistic." in footnotes(dataclasses.replace(evaluation, systems=[one]))
    both = footnotes(dataclasses.replace(evaluation, systems=[one, two]))
    assert "Calibration: one: logistic; two: its own." in both


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("a better", "one is better than two"), ("b better", "two is better than one"), ("tie", "one and two tie")],
)
def test_paired_tests_are_sentences(evaluation, verdict, words):
    sentence = paired_sentence(pair(verdict))
    assert sentence.startswith(words)
    assert "EER one less two -2.00 [-3.00, -1.00] %, p = 0.008" in sentence
    assert sentence in printed(dataclasses.replace(evaluation, pairs=[pair(verdict)])).replace("\n", " ")


def test_a_tie_is_explained(evaluation):
    assert any(
        "not that they are equal" in note for note in footnotes(dataclasses.replace(evaluation, pairs=[pair("tie")]))
    )
    assert not any("not that they are equal" in note for note in footnotes(evaluation))


def test_scales_of_figures_at_a_prior():
    assert figure_scale("act_dcf_0.05").heading == "actDCF at 0.05"
    assert figure_scale("cllr").heading == "Cllr, bits"
