"""What the machine has: processor, memory, disk, and what torch makes of them."""

from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path
from typing import Any

import voxmetric
from voxmetric.diagnosis.finding import Finding, attempt


def machine() -> list[Finding]:
    """What can be told without torch."""
    return [
        Finding("voxmetric", f"{voxmetric.__version__} in {Path(voxmetric.__file__).parent}"),
        Finding("python", f"{platform.python_version()} on {platform.platform(terse=True)}"),
        attempt("processor", _processor),
        attempt("memory", _memory, required=False),
        attempt("disk", _disk),
    ]


def computing() -> list[Finding]:
    """What torch computes on, and whether several processes can work together."""
    return [
        attempt("threads", _threads),
        attempt("device", _device),
        attempt("bfloat16", _bfloat16),
        attempt("several processes", _several_processes),
    ]


def _processor() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor_name()}, {usable} of {os.cpu_count()} cores usable"


def _processor_name() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        model = re.search(r"^model name\s*:\s*(.+)$", described.read_text(encoding="utf-8"), re.MULTILINE)
        if model:
            return model[1]
    return platform.processor() or platform.machine()


def _memory() -> str:
    page = os.sysconf("SC_PAGE_SIZE")
    total, free = (_gigabytes(page * os.sysconf(name)) for name in ("SC_PHYS_PAGES", "SC_AVPHYS_PAGES"))
    limit = Path("/sys/fs/cgroup/memory.max")
    stated = limit.read_text(encoding="utf-8").strip() if limit.is_file() else "max"
    return f"{free} free of {total}" + ("" if stated == "max" else f"; limited to {_gigabytes(int(stated))}")


def _disk() -> str:
    usage = shutil.disk_usage(Path.cwd())
    return f"{_gigabytes(usage.free)} free of {_gigabytes(usage.total)} in {Path.cwd()}"


def _threads() -> str:
    import torch

    wished = os.environ.get("OMP_NUM_THREADS")
    return f"{torch.get_num_threads()} for computing" + (f" (OMP_NUM_THREADS={wished})" if wished else "")


def _device() -> str:
    import torch

    if not torch.cuda.is_available():
        return f"CPU, {torch.backends.cpu.get_cpu_capability()}; no CUDA device"
    properties = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return ", ".join(f"{one.name} with {_gigabytes(one.total_memory)}" for one in properties)


def _bfloat16() -> str:
    import torch

    from voxmetric.precision import is_faster_in_bfloat16

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if is_faster_in_bfloat16(device):
        return f"faster than float32 on this {device.type}: training takes it"
    return f"not faster than float32 on this {device.type}: training computes in float32"


def _several_processes() -> str:
    """A group of one process must form and sum: gloo also fails where the host's name leads nowhere."""
    import torch
    import torch.distributed

    distributed: Any = torch.distributed
    if not distributed.is_available() or not distributed.is_gloo_available():
        raise RuntimeError("this build of torch has no gloo, so that torchrun cannot train on CPUs")
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        distributed.all_reduce(torch.ones(1))
    finally:
        distributed.destroy_process_group()
    return "gloo works" + (", nccl is there" if distributed.is_nccl_available() else "")


def _gigabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.1f} GB"
