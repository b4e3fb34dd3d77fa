"""Time and memory of the losses, forward and backward, against naive forms and pytorch-metric-learning.

    python benchmarks/losses.py --sizes 128 512 --losses aam_softmax triplet --threads 2
    python benchmarks/losses.py --sizes 256 --losses aam_softmax --speakers 1000000 --forms

The forms are called in turn, round after round, and the best round of each is printed, so that ratios hold even where
other work disturbs the machine. Their values are compared as well: a form that computes something else is an error.
Forms whose time or memory grows with the third power of the batch are left out above a stated size.
Memory is the highest resident size during one call, above that before it (Linux only). `--clock cpu` counts the
processor's time instead of the wall's: with one thread it is what a machine without other work would take.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import naive_losses as naive
from voxmetric import losses
from voxmetric.losses.loss import Loss

Form = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """One definition in up to three forms.

    Attributes:
        title: name in the table.
        loss: registered name.
        options: of the loss.
        naive: makes the naive form from the loss, whose weights it shares.
        naive_limit: largest batch for it.
        peer: makes pytorch-metric-learning's form from the loss.
        peer_limit: largest batch for it.
        utterances: of each speaker in the batch.
        same_value: whether the peer draws nothing at random.
    """

    title: str
    loss: str
    options: dict[str, Any]
    naive: Callable[[Loss], Form] | None = None
    naive_limit: int = 512
    peer: Callable[[Loss], Form] | None = None
    peer_limit: int = 4096
    utterances: int = 4
    same_value: bool = True


def with_classes(name: str, **options: Any) -> Callable[[Loss], Form]:
    """A class-weight loss of pytorch-metric-learning, on our weights."""

    def build(loss: Loss) -> Form:
        from pytorch_metric_learning import losses as peers

        weight = loss.weight
        peer = getattr(peers, name)(num_classes=len(weight), embedding_size=weight.shape[-1], **options)
        peer.W.data = weight.detach().reshape(-1, weight.shape[-1]).T.clone()
        return peer

    return build


def of_tuples(name: str, miner: str | None = None, **options: Any) -> Callable[[Loss], Form]:
    """A tuple loss of pytorch-metric-learning on squared distances of unit vectors, averaged over all tuples."""

    def build(_: Loss) -> Form:
        from pytorch_metric_learning import distances, miners, reducers
        from pytorch_metric_learning import losses as peers

        distance = distances.LpDistance(power=2)
        peer = getattr(peers, name)(distance=distance, reducer=reducers.MeanReducer(), **options)
        if miner is None:
            return peer
        mine = getattr(miners, miner)(**({"distance": distance} if miner == "BatchHardMiner" else {}))
        return lambda embeddings, labels: peer(embeddings, labels, mine(embeddings, labels))

    return build


def views(name: str, **options: Any) -> Callable[[Loss], Form]:
    """A pair loss of pytorch-metric-learning as it stands."""

    def build(_: Loss) -> Form:
        from pytorch_metric_learning import losses as peers

        return getattr(peers, name)(**options)

    return build


DEGREES = 11.459155902616464
"""0.2 radians."""

CASES = [
    Case("normface", "normface", {"scale": 30.0}, peer=with_classes("NormalizedSoftmaxLoss", temperature=1 / 30)),
    Case("am_softmax", "am_softmax", {"margin": 0.2}, peer=with_classes("CosFaceLoss", margin=0.2, scale=30)),
    Case(
        "aam_softmax",
        "aam_softmax",
        {"margin": 0.2},
        naive=lambda loss: partial(naive.aam_softmax, weight=loss.weight, margin=0.2, scale=30.0),
        peer=with_classes("ArcFaceLoss", margin=DEGREES, scale=30),
    ),
    Case(
        "subcenter_aam_softmax",
        "subcenter_aam_softmax",
        {"margin": 0.2},
        peer=with_classes("SubCenterArcFaceLoss", margin=DEGREES, scale=30, sub_centers=3),
    ),
    Case("sphereface", "sphereface", {"margin": 4.0, "scale": "norm"}, peer=with_classes("SphereFaceLoss")),
    Case("curricularface", "curricularface", {}),
    Case("magface", "magface", {}),
    Case("adaface", "adaface", {}),
    Case("softmax", "softmax", {}),
    Case("center", "center", {}),
    Case("prototypical", "prototypical", {}, naive=lambda _: naive.prototypical, naive_limit=2048),
    Case(
        "angular_prototypical",
        "angular_prototypical",
        {},
        naive=lambda _: partial(naive.angular_prototypical, scale=10.0),
        naive_limit=2048,
    ),
    Case("ge2e", "ge2e", {}, naive=lambda _: partial(naive.ge2e, scale=10.0)),
    Case(
        "nt_xent",
        "nt_xent",
        {"temperature": 0.1},
        naive=lambda _: partial(naive.nt_xent, temperature=0.1),
        peer=views("NTXentLoss", temperature=0.1),
        peer_limit=512,
        utterances=2,
    ),
    Case(
        "nt_xent, four views",
        "nt_xent",
        {"temperature": 0.1},
        peer=views("SupConLoss", temperature=0.1),
    ),
    Case("moco", "moco", {"embedding_size": 256, "queue_size": 32768}, utterances=2),
    Case("cross_batch", "cross_batch", {"embedding_size": 256}),
    Case(
        "contrastive",
        "contrastive",
        {},
        naive=lambda _: partial(naive.contrastive, margin=0.4),
        naive_limit=1024,
    ),
    Case(
        "triplet, all",
        "triplet",
        {"sampling": "all", "margin": 0.2},
        naive=lambda _: partial(naive.triplet, margin=0.2),
        peer=of_tuples("TripletMarginLoss", margin=0.2),
        peer_limit=1024,
    ),
    Case(
        "triplet, hard",
        "triplet",
        {"sampling": "hard", "margin": 0.2},
        peer=of_tuples("TripletMarginLoss", miner="BatchHardMiner", margin=0.2),
    ),
    Case(
        "triplet, distance_weighted",
        "triplet",
        {"sampling": "distance_weighted", "margin": 0.2},
        peer=of_tuples("TripletMarginLoss", miner="DistanceWeightedMiner", margin=0.2),
        peer_limit=1024,
        same_value=False,
    ),
    Case("triplet, semi_hard", "triplet", {"sampling": "semi_hard", "margin": 0.2}),
    Case(
        "quadruplet, all",
        "quadruplet",
        {"sampling": "all", "margin": 0.8, "second_margin": 0.4},
        naive=lambda _: partial(naive.quadruplet, margin=0.8, second_margin=0.4),
        naive_limit=256,
    ),
]


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
MMAP_THRESHOLD = -3
"""The C library's number for the size from which on memory goes back to the system when it is freed."""


def timed(form: Form, embeddings: Tensor, labels: Tensor, clock: Callable[[], float]) -> tuple[float, float]:
    """Value of the loss, and seconds for it and the gradient."""
    embeddings.grad = None
    start = clock()
    value = form(embeddings, labels)
    value.backward()
    return float(value.detach()), clock() - start


def peak_megabytes(form: Form, embeddings: Tensor, labels: Tensor) -> float | None:
    """Highest resident size during one call above that before it; None where the system does not tell."""
    reset, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    libc = ctypes.CDLL(None)
    try:
        libc.mallopt(MMAP_THRESHOLD, 2**16)
        libc.malloc_trim(0)
        reset.write_text("5")
    except (OSError, AttributeError):
        return None
    before = _kilobytes(status, "VmRSS")
    form(embeddings, labels).backward()
    highest = _kilobytes(status, "VmHWM")
    libc.mallopt(MMAP_THRESHOLD, 2**25)
    return (highest - before) / 1024


def _kilobytes(status: Path, key: str) -> int:
    (line,) = [line for line in status.read_text().splitlines() if line.startswith(key)]
    return int(line.split()[1])


def measure(case: Case, size: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds, megabytes and ratios of a case at one batch size."""
    dimension, num_speakers, clock = arguments.dimension, arguments.speakers, CLOCKS[arguments.clock]
    torch.manual_seed(0)
    sizes = {"embedding_size": dimension, "num_speakers": num_speakers}
    loss = losses.create(case.loss, **{**sizes, **case.options})
    labels = torch.arange(size // case.utterances).repeat_interleave(case.utterances)
    if "num_speakers" in losses.losses.options(case.loss):
        labels = labels % num_speakers
    speakers = torch.randn(int(labels.max()) + 1, dimension)
    embeddings = (speakers[labels] + 1.5 * torch.randn(size, dimension)).requires_grad_()
    forms: dict[str, Form] = {"ours": loss}
    if case.naive is not None and size <= case.naive_limit and "naive" in arguments.forms:
        forms["naive"] = case.naive(loss)
    if case.peer is not None and size <= case.peer_limit and "peer" in arguments.forms:
        forms["peer"] = case.peer(loss)
    row: dict[str, Any] = {"loss": case.title, "N": size}
    best = dict.fromkeys(forms, float("inf"))
    values = {}
    for name, form in forms.items():
        values[name], _ = timed(form, embeddings, labels, clock)
        row[f"{name}_MB"] = peak_megabytes(form, embeddings, labels)
        if abs(values[name] - values["ours"]) > 1e-3 * abs(values["ours"]) and (name == "naive" or case.same_value):
            raise SystemExit(f"{case.title}: {name} gives {values[name]}, ours {values['ours']}")
    for _ in range(arguments.rounds):
        for name, form in forms.items():
            best[name] = min(best[name], timed(form, embeddings, labels, clock)[1])
    row |= {f"{name}_ms": 1000 * seconds for name, seconds in best.items()}
    row |= {f"{name}_ratio": best[name] / best["ours"] for name in forms if name != "ours"}
    return row


def line(row: dict[str, Any]) -> str:
    """A row of the table; a form that was not measured leaves its cells empty."""
    cells = [f"{row['loss']:<28}{row['N']:>6}"]
    for name in ("ours", "naive", "peer"):
        for key, style in ((f"{name}_ms", ">11.2f"), (f"{name}_MB", ">9.1f"), (f"{name}_ratio", ">9.2f")):
            if (name, key) != ("ours", "ours_ratio"):
                value = row.get(key)
                cells.append(format(value, style) if value is not None else " " * int(style[1:].split(".")[0]))
    return "".join(cells)


def main() -> None:
    """Measure, print a table, and write the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=[128, 256, 512, 1024, 2048, 4096], help="batches, N")
    parser.add_argument("--losses", nargs="+", help="names as registered; all when not given")
    parser.add_argument("--forms", nargs="*", choices=["naive", "peer"], default=["naive", "peer"], help="beside ours")
    parser.add_argument("--dimension", type=int, default=256, help="D")
    parser.add_argument("--speakers", type=int, default=1000, help="classes of the losses with class weights, C")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    warnings.simplefilter("ignore", DeprecationWarning)
    columns = [f"{column:>9}" for name in ("naive", "peer") for column in (f"{name} MB", "ratio")]
    print(f"{'loss':<28}{'N':>6}{'ours ms':>11}{'MB':>9}{'naive ms':>11}{columns[0]}{columns[1]}", end="")
    print(f"{'peer ms':>11}{columns[2]}{columns[3]}")
    rows = []
    for size in arguments.sizes:
        for case in CASES:
            if arguments.losses is None or case.loss in arguments.losses:
                rows.append(measure(case, size, arguments))
                print(line(rows[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
