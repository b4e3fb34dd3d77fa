"""A comparison such as a real run leaves behind, drawn from a seeded generator."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from voxmetric.reports.results import (
    BEST,
    TIE,
    WORSE,
    Comparison,
    Cost,
    Estimate,
    Objective,
    Pair,
    TrainingCurve,
    TrialSummary,
)

NAMES = (
    "angular_prototypical",
    "aam_softmax",
    "ge2e",
    "am_softmax",
    "normface",
    "prototypical",
    "triplet",
    "softmax",
)
SEEDS = (0, 1, 2)


def _objective(index: int, rng: np.random.Generator) -> Objective:
    eer = 0.182 + 0.013 * index
    per_seed = [
        {
            "eer": float(eer + shift),
            "min_dcf": float(0.90 + shift),
            "cllr": float(0.75 + shift),
            "min_cllr": float(0.6 + shift),
        }
        for shift in rng.normal(0, 0.006, len(SEEDS))
    ]
    metrics = {}
    for name in per_seed[0]:
        mean = float(np.mean([values[name] for values in per_seed]))
        metrics[name] = Estimate(mean, mean - float(rng.uniform(0.01, 0.03)), mean + float(rng.uniform(0.01, 0.03)))
    target, nontarget = rng.normal(0.62 - 0.02 * index, 0.15, 4000), rng.normal(0.3, 0.16, 4000)
    edges = np.linspace(-0.4, 1.1, 61)
    thresholds = np.linspace(-0.4, 1.1, 300)
    speakers = np.repeat([f"speaker-{number:02d}" for number in range(20)], 8)
    centres = rng.normal(0, 3, (20, 2)).repeat(8, axis=0)
    points = centres + rng.normal(0, 0.5 + 0.1 * index, centres.shape)
    steps = list(range(1, 1201))
    curves = [
        TrainingCurve(
            seed=seed,
            steps=steps,
            loss=[
                float(v) for v in 3 * np.exp(-np.array(steps) / 400) + 0.4 + rng.normal(0, 0.15, len(steps)).clip(-0.3)
            ],
            eer_steps=steps[99::100],
            eer=[float(v) for v in eer + 0.3 * np.exp(-np.arange(12) / 3) + rng.normal(0, 0.008, 12)],
        )
        for seed in SEEDS
    ]
    return Objective(
        name=NAMES[index],
        loss=NAMES[index],
        options={"margin": 0.2, "scale": 30.0} if NAMES[index].endswith("m_softmax") else {},
        seeds=list(SEEDS),
        metrics=metrics,
        per_seed=per_seed,
        rank=BEST if index == 0 else TIE if index < 3 else WORSE,
        tuning=[
            {"margin": margin, "learning_rate_factor": 1.0, "development_eer": float(eer + margin / 10)}
            for margin in (0.1, 0.2, 0.3)
        ],
        cost=Cost(
            train_seconds=float(rng.uniform(400, 700)),
            step_milliseconds=float(rng.uniform(200, 300)),
            loss_milliseconds=float(rng.uniform(0.5, 9)),
            loss_parameters=0 if index % 2 else 1065 * 256,
            tuning_seconds=float(rng.uniform(300, 500)),
        ),
        curves=curves,
        det={
            "false_alarm": [float((nontarget >= t).mean()) for t in thresholds],
            "miss": [float((target < t).mean()) for t in thresholds],
        },
        histogram={
            "edges": [float(edge) for edge in edges],
            "target": [float(v) for v in np.histogram(target, edges, density=True)[0]],
            "nontarget": [float(v) for v in np.histogram(nontarget, edges, density=True)[0]],
        },
        embedding_map={"x": points[:, 0].tolist(), "y": points[:, 1].tolist(), "speaker": speakers.tolist()},
        weights_sha256=[f"{index:02x}{seed:02x}" * 16 for seed in SEEDS],
    )


def _pairs(objectives: list[Objective], rng: np.random.Generator) -> list[Pair]:
    pairs = []
    for a, b in combinations(objectives, 2):
        gap = a.metrics["eer"].value - b.metrics["eer"].value
        half = float(rng.uniform(0.012, 0.03))
        tie = abs(gap) < half
        p = 0.3 if tie else 0.0004
        verdict = "tie" if tie else f"{a.name} better"
        pairs.append(Pair(a.name, b.name, "eer", Estimate(gap, gap - half, gap + half), p, min(1.0, p * 28), verdict))
    return pairs


@pytest.fixture(scope="session")
def make_comparison() -> Callable[..., Comparison]:
    """Builds a comparison of `num_objectives` objectives; other arguments replace its fields."""

    def make(num_objectives: int = 8, **changes: Any) -> Comparison:
        rng = np.random.default_rng(7)
        objectives = [_objective(index, rng) for index in range(num_objectives)]
        fields: dict[str, Any] = {
            "name": "commands, eight objectives",
            "synthetic": False,
            "created": "2026-11-21T10:00:00+00:00",
            "wall_seconds": 9876.0,
            "versions": {"voxmetric": "0.1.0", "torch": "2.13.0", "python": "3.11.7", "numpy": "2.4.6"},
            "machine": "AMD EPYC, 2 threads, CPU, bf16",
            "recipe": {
                "encoder": {"name": "fast_resnet34", "embedding_size": 256},
                "training": {"steps": 1200},
            },
            "recipe_sha256": "ab" * 32,
            "encoder": "fast_resnet34, 1,404,054 parameters",
            "data": {
                "training": "3,133 utterances of 1,065 speakers",
                "test": "702 utterances of 223 speakers",
            },
            "trials": TrialSummary("commands-test", "cd" * 32, 1200, 12000, 111, 350),
            "eer_definition": "Equal error rate: where misses and false alarms are equally frequent.",
            "interval": "95 % percentile bootstrap over speakers, 1,000 resamples, seeds resampled with them.",
            "objectives": objectives,
            "pairs": _pairs(objectives, rng),
            "notes": ["3 utterances could not be read and were left out."],
        }
        return Comparison(**fields | changes)

    return make


@pytest.fixture(scope="session")
def comparison(make_comparison: Callable[..., Comparison]) -> Comparison:
    """Eight objectives, three seeds each."""
    return make_comparison()
