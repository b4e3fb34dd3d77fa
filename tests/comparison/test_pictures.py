from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmetric.comparison.pictures import det_points, embedding_map, score_histogram, training_curve
from voxmetric.data.utterances import UtteranceTable
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.training.trainer import LOG

RNG = np.random.default_rng(0)
LABELS = np.repeat([1, 0], [200, 800]).astype(np.int8)
SCORES = np.where(LABELS, RNG.normal(1.0, 1.0, 1000), RNG.normal(-1.0, 1.0, 1000)).astype(np.float32)


def test_the_histogram_is_a_density_of_each_kind() -> None:
    histogram = score_histogram(SCORES, LABELS)
    widths = np.diff(histogram["edges"])
    assert (widths * histogram["target"]).sum() == pytest.approx(1.0)
    assert (widths * histogram["nontarget"]).sum() == pytest.approx(1.0)
    middles = np.add(histogram["edges"][1:], histogram["edges"][:-1]) / 2
    assert (middles * widths * histogram["target"]).sum() == pytest.approx(SCORES[LABELS == 1].mean(), abs=0.1)


def test_det_points_run_from_one_corner_to_the_other() -> None:
    points = det_points(SCORES, LABELS)
    assert len(points["miss"]) == len(points["false_alarm"]) <= 200
    assert (np.diff(points["miss"]) >= 0).all()
    assert (np.diff(points["false_alarm"]) <= 0).all()
    assert points["miss"][0] == points["false_alarm"][-1] == 0.0


def test_the_map_puts_one_speaker_together(tiny_corpus: Path) -> None:
    table = UtteranceTable.read(tiny_corpus)
    _, codes = table.speaker_codes()
    vectors = np.eye(16)[codes] + 0.05 * RNG.standard_normal((len(table), 16))
    mapped = embedding_map(EmbeddingSet(table.ids, vectors, "made"), table)
    assert len(mapped["x"]) == len(mapped["y"]) == len(mapped["speaker"]) == 12 * 4
    place = np.stack([mapped["x"], mapped["y"]], axis=1)
    distances = np.linalg.norm(place[:, None] - place[None], axis=-1) + 1e9 * np.eye(len(place))
    nearest = np.array(mapped["speaker"])[distances.argmin(axis=1)]
    assert (nearest == mapped["speaker"]).mean() > 0.9


def test_the_curve_is_the_logs(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text(
        '{"step": 10, "loss": 2.0}\n{"step": 10, "development_eer": 0.3}\n{"step": 20, "loss": 1.0}\n'
    )
    curve = training_curve(tmp_path, 7)
    assert (curve.seed, curve.steps, curve.loss) == (7, [10, 20], [2.0, 1.0])
    assert (curve.eer_steps, curve.eer) == ([10], [0.3])
