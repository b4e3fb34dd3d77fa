"""A whole training step of a loss with very many speakers: forward, backward and optimiser, and the process's memory.

    python benchmarks/many_speakers.py --speakers 1000000 --optimizer adamw --sampled 100000

One setting a process, since the memory printed is the highest that the process ever held. Seconds are of the fastest
step.
"""

from __future__ import annotations

import argparse
import resource
import time

import torch

from voxmetric import losses


def main() -> None:
    """Parse the sizes, take the steps, print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loss", default="aam_softmax")
    parser.add_argument("--speakers", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--sampled", type=int, help="class weights drawn for a step; all of them when not given")
    parser.add_argument("--optimizer", choices=["sgd", "adamw"], default="sgd")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    drawn = {} if options.sampled is None else {"sampled_speakers": options.sampled}
    loss = losses.create(options.loss, embedding_size=options.dimension, num_speakers=options.speakers, **drawn)
    if options.optimizer == "sgd":
        optimizer: torch.optim.Optimizer = torch.optim.SGD(loss.parameters(), lr=0.1, momentum=0.9)
    else:
        optimizer = torch.optim.AdamW(loss.parameters())
    seconds = []
    for _ in range(options.steps):
        embeddings = torch.randn(options.batch, options.dimension, requires_grad=True)
        labels = torch.randint(options.speakers, (options.batch,))
        started = time.perf_counter()
        loss(embeddings, labels).backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - started)
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9  # kilobytes on Linux
    weights = "all" if options.sampled is None else f"{options.sampled:,} drawn"
    print(f"{options.speakers:,} speakers, {weights}, {options.optimizer}: {min(seconds):.1f} s, {gigabytes:.1f} GB")


if __name__ == "__main__":
    main()
