"""Speed of the encoders on this machine: real-time factors in torch and ONNX Runtime, and what changes them.

    python benchmarks/encoders.py --encoders fast_resnet34 ecapa_tdnn --threads 1 2 --batch 16 --seconds 3

A real-time factor is the time to compute divided by the length of the audio: 0.01 is a hundred times faster than real
time. It is given for one recording and for a batch: of the modules as they are (RTF), prepared for inference as
`SpeakerModel` computes them (fast), and exported (onnx; an export takes up to a minute). All ways are timed in turn,
round after round, and the best round of each is printed, so that ratios hold even where other work disturbs the
machine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from voxmetric import encoders
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.inference import for_inference
from voxmetric.interop import onnx_export
from voxmetric.interop.onnx_encoder import OnnxEncoder
from voxmetric.speaker_model import SpeakerModel


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


def measure(encoder: Encoder, exported: Path, batch: int, seconds: float, rounds: int) -> dict[str, float]:
    """Real-time factors and ratios of one encoder and its export with the current number of threads."""
    rival = OnnxEncoder(exported)
    samples = round(seconds * encoder.sample_rate)
    prepared = for_inference(encoder)
    many, one = torch.randn(batch, samples), torch.randn(1, samples)
    ragged = torch.linspace(samples // 2, samples, batch).long()
    trainee = encoders.from_configuration(encoder.configuration()).train()

    def embed(
        waveforms: torch.Tensor, lengths: torch.Tensor | None = None, module: nn.Module = encoder, bf16: bool = False
    ) -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            module(waveforms, lengths)

    def train(bf16: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            embeddings = trainee(many)
        embeddings.square().mean().backward()
        trainee.zero_grad()

    times = best_times(
        {
            "one": lambda: embed(one),
            "many": lambda: embed(many),
            "fast_one": lambda: embed(one, module=prepared),
            "fast_many": lambda: embed(many, module=prepared),
            "onnx_one": lambda: rival(one),
            "onnx_many": lambda: rival(many),
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
        "fast_real_time_factor_one": times["fast_one"] / seconds,
        "fast_real_time_factor_batch": times["fast_many"] / audio,
        "onnx_real_time_factor_one": times["onnx_one"] / seconds,
        "onnx_real_time_factor_batch": times["onnx_many"] / audio,
        "front_end_share": times["front_end"] / times["many"],
        "masking_cost": times["masked"] / times["many"],
        "bf16_speedup": times["many"] / times["bf16"],
        "training_step_seconds": times["train"],
        "training_bf16_speedup": times["train"] / times["train_bf16"],
    }


def main() -> None:
    """Measure, print a table, and the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoders", nargs="+", default=[name for name in encoders.available() if name != "wav2vec"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    given = parser.parse_args()

    results = []
    if not given.json:
        print(f"{given.batch} x {given.seconds:g} s, torch {torch.__version__}")
        print(
            f"{'encoder':18}{'M par':>7}{'GMA/s':>7}{'thr':>4}{'RTF 1':>9}{'RTF batch':>10}{'fast 1':>9}{'batch':>9}",
            end="",
        )
        print(f"{'onnx 1':>9}{'batch':>9}{'front':>7}{'mask':>6}{'bf16':>6}{'step s':>8}{'bf16':>6}")
    for name in given.encoders:
        figures = encoders.describe(name)
        encoder = encoders.create(name).eval()
        with tempfile.TemporaryDirectory() as folder:
            exported = Path(folder) / "model.onnx"
            onnx_export.export(SpeakerModel(encoder), exported)
            measured = {}
            for threads in given.threads:
                torch.set_num_threads(threads)
                measured[threads] = measure(encoder, exported, given.batch, given.seconds, given.rounds)
        for threads, found in measured.items():
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
                *factors, front_end, masking, bf16, step, step_bf16 = found.values()
                size = f"{figures.num_parameters / 1e6:7.2f}{figures.multiply_adds / 1e9:7.2f}"
                print(f"{name:18}{size}{threads:4}{factors[0]:9.5f}{factors[1]:10.5f}", end="")
                print("".join(f"{factor:9.5f}" for factor in factors[2:]), end="")
                print(f"{front_end:7.1%}{masking:6.2f}{bf16:6.2f}{step:8.2f}{step_bf16:6.2f}", flush=True)
    if given.json:
        print(json.dumps({"batch": given.batch, "seconds": given.seconds, "results": results}, indent=2))


if __name__ == "__main__":
    main()
