"""The data behind a comparison's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.utterances import UtteranceTable
from voxmetric.metrics import det_curve
from voxmetric.reports.results import TrainingCurve
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.training.log import read_log
from voxmetric.training.trainer import LOG

DET_POINTS = 200
HISTOGRAM_BINS = 60
MAPPED_SPEAKERS = 12
MAPPED_UTTERANCES = 15


def training_curve(folder: Path, seed: int) -> TrainingCurve:
    """Loss and development error of a run, from its log."""
    records = list(read_log(folder / LOG))
    losses = [record for record in records if "loss" in record]
    errors = [record for record in records if "development_eer" in record]
    return TrainingCurve(
        seed=seed,
        steps=[record["step"] for record in losses],
        loss=[record["loss"] for record in losses],
        eer_steps=[record["step"] for record in errors],
        eer=[record["development_eer"] for record in errors],
    )


def det_points(scores: NDArray[np.float32], labels: NDArray[np.int8]) -> dict[str, list[float]]:
    """Points of the DET curve, spread evenly along it as it is drawn."""
    curve = det_curve(scores, labels, num_points=DET_POINTS)
    return {"false_alarm": curve.false_alarm.tolist(), "miss": curve.miss.tolist()}


def score_histogram(scores: NDArray[np.float32], labels: NDArray[np.int8]) -> dict[str, list[float]]:
    """Densities of target and non-target scores over common bins."""
    edges = np.histogram_bin_edges(scores, HISTOGRAM_BINS)
    target, nontarget = (np.histogram(scores[labels == kind], edges, density=True)[0] for kind in (1, 0))
    return {"edges": edges.tolist(), "target": target.tolist(), "nontarget": nontarget.tolist()}


def embedding_map(embeddings: EmbeddingSet, test: UtteranceTable) -> dict[str, list[Any]]:
    """Some test utterances of the speakers who have most, laid out in the plane by t-SNE on cosine distances.

    The same utterances for every objective; the plane shows neighbourhoods, not distances.
    """
    from sklearn.manifold import TSNE

    names, codes = test.speaker_codes()
    most = np.argsort(-np.bincount(codes), kind="stable")[:MAPPED_SPEAKERS]
    rows = np.concatenate([np.flatnonzero(codes == speaker)[:MAPPED_UTTERANCES] for speaker in most])
    vectors = embeddings.vectors[embeddings.rows(test.ids[rows])]
    perplexity = min(15.0, (len(rows) - 1) / 3)
    plane = TSNE(metric="cosine", init="random", perplexity=perplexity, random_state=0).fit_transform(vectors)
    return {
        "x": plane[:, 0].round(3).tolist(),
        "y": plane[:, 1].round(3).tolist(),
        "speaker": [str(names[code]) for code in codes[rows]],
    }
