"""Speed of the encoders on this machine: real-time factors, the front-end's share, and cheaper arithmetic.

    python benchmarks/encoders.py --encoders fast_resnet34 ecapa_tdnn --threads 1 2 --batch 16 --seconds 3

A real-time factor is the time to compute divided by the length of the audio: 0.01 is a hundred times faster than real
time. All ways are timed in turn, round after round, and the best round of each is printed, so that ratios hold even
where other work disturbs the machine.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import torch

from voxmetric import encoders


def best_times(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of the best of `rounds` calls of each way, taken in turn after one unmeasured call."""
    best = dict.fromkeys(ways, float("inf"))
    for call in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if call:
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def measure(name: str, batch: int, seconds: float, rounds: int) -> dict[str, float]:
    """Real-time factors and ratios of one encoder with the current number of threads."""
    encoder = encoders.create(name).eval()
    samples = round(seconds * encoder.sample_rate)
    many, one = torch.randn(batch, samples), torch.randn(1, samples)
    ragged = torch.linspace(samples // 2, samples, batch).long()
    trainee = encoders.create(name).train()

    def embed(waveforms: torch.Tensor, lengths: torch.Tensor | None = None, bf16: bool = False) -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            encoder(waveforms, lengths)

    def train(bf16: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            embeddings = trainee(many)
        embeddings.square().mean().backward()
        trainee.zero_grad()

    times = best_times(
        {
            "one": lambda: embed(one),
            "many": lambda: embed(many),
            "masked": lambda: embed(many, ragged),
            "bf16": lambda: embed(many, bf16=True),
            "front_end": lambda: encoder.front_end(many),
            "train": lambda: train(False),
            "train_bf16": lambda: train(True),
        },
        rounds,
    )
    audio = batch * seconds
    return {
        "real_time_factor_one": times["one"] / seconds,
        "real_time_factor_batch": times["many"] / audio,
        "front_end_share": times["front_end"] / times["many"],
        "masking_cost": times["masked"] / times["many"],
        "bf16_speedup": times["many"] / times["bf16"],
        "training_step_seconds": times["train"],
        "training_bf16_speedup": times["train"] / times["train_bf16"],
    }


def main() -> None:
    """Measure, print a table, and the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoders", nargs="+", default=list(encoders.available()))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    given = parser.parse_args()

    results = []
    if not given.json:
        print(f"{given.batch} x {given.seconds:g} s, torch {torch.__version__}")
        print(f"{'encoder':18}{'M par':>7}{'GMA/s':>7}{'thr':>4}{'RTF 1':>9}{'RTF batch':>10}{'front':>7}", end="")
        print(f"{'mask':>6}{'bf16':>6}{'step s':>8}{'bf16':>6}")
    for name in given.encoders:
        figures = encoders.describe(name)
        for threads in given.threads:
            torch.set_num_threads(threads)
            found = measure(name, given.batch, given.seconds, given.rounds)
            results.append(
                {
                    "encoder": name,
                    "threads": threads,
                    "num_parameters": figures.num_parameters,
                    "multiply_adds_per_second": figures.multiply_adds,
                    **found,
                }
            )
            if not given.json:
                one, many, front_end, masking, bf16, step, step_bf16 = found.values()
                size = f"{figures.num_parameters / 1e6:7.2f}{figures.multiply_adds / 1e9:7.2f}"
                print(f"{name:18}{size}{threads:4}{one:9.5f}{many:10.5f}{front_end:7.1%}", end="")
                print(f"{masking:6.2f}{bf16:6.2f}{step:8.2f}{step_bf16:6.2f}", flush=True)
    if given.json:
        print(json.dumps({"batch": given.batch, "seconds": given.seconds, "results": results}, indent=2))


if __name__ == "__main__":
    main()
