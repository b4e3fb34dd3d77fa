"""How much memory this process takes: of the machine on a CPU, of the device on a GPU."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import torch


def peak_bytes(device: torch.device) -> int:
    """The most that was in use at once so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    # Linux counts in kibibytes, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def current_bytes(device: torch.device) -> int:
    """What is in use now; on a CPU outside Linux, where it cannot be read, the most so far."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        return peak_bytes(device)
    return int(statistics.read_text().split()[1]) * resource.getpagesize()
