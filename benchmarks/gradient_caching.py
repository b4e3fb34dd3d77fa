"""Memory and time of an update without labels, whole and in chunks (`training.chunk_size`).

Each figure comes from a process of its own, of one update: the most memory it held, less what it held before, and the
time. Noise stands in for speech. Whole batches above `--largest-whole` are left out.

    python benchmarks/gradient_caching.py --encoder fast_resnet34 --batches 64 128 1024 --chunk 64 --threads 2
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import torch

from voxmetric import encoders, selfsupervised
from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.memory import current_bytes, peak_bytes
from voxmetric.training.self_supervised_objective import SelfSupervisedObjective
from voxmetric.training.steps import Stepper

GROUP = ProcessGroup(0, 1, torch.device("cpu"))


def main() -> None:
    """Parse the sizes; measure every batch whole and in chunks, each in a process; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="fast_resnet34")
    parser.add_argument("--embedding-size", type=int, default=512)
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 128, 1024], help="recordings, two views of each")
    parser.add_argument("--largest-whole", type=int, default=128)
    parser.add_argument("--chunk", type=int, default=64, help="crops")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", type=int, nargs=2, metavar=("BATCH", "CHUNK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options, *options.one)))
        return
    print(f"{options.encoder}, SimCLR, two views of {options.seconds:g} s, {options.threads} threads")
    print(f"{'recordings':>10} {'crops at once':>14} {'memory, GiB':>12} {'s an update':>12}")
    for batch in options.batches:
        for chunk in (0, options.chunk):
            if chunk or batch <= options.largest_whole:
                command = [sys.executable, __file__, *sys.argv[1:], "--one", str(batch), str(chunk)]
                found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                print(f"{batch:>10} {chunk or 2 * batch:>14} {found['gibibytes']:>12.2f} {found['seconds']:>12.2f}")


def measure(options: argparse.Namespace, batch: int, chunk: int) -> dict[str, float]:
    """Memory and time of an update."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    encoder = encoders.create(options.encoder, embedding_size=options.embedding_size)
    method = selfsupervised.create("simclr", encoder)
    objective = SelfSupervisedObjective(encoder, method, GROUP, steps=1, steps_per_epoch=1, chunk_size=chunk).train()
    stepper = Stepper(objective, torch.optim.Adam(encoder.parameters()), gradient_clip=0.0, seed=0)
    views = list(torch.randn(2, batch, round(options.seconds * encoder.sample_rate)).mul(0.1))
    before = current_bytes(GROUP.device)
    started = time.perf_counter()
    stepper.update(0, views, torch.arange(batch))
    seconds = time.perf_counter() - started
    return {"gibibytes": (peak_bytes(GROUP.device) - before) / 2**30, "seconds": seconds}


if __name__ == "__main__":
    main()
