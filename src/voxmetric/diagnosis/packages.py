"""The packages that voxmetric needs and those that its extras need: version, whether they import, how to mend them."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import shlex
import sys
import tomllib
from functools import partial
from pathlib import Path

import voxmetric
from voxmetric.diagnosis.finding import Finding, attempt

PURPOSES = {
    "ann": "fast search in galleries of hundreds of thousands of people",
    "av": "m4a (VoxCeleb2) and other containers",
    "corpora": "TED-LIUM, CALLHOME, AMI and VoxConverse as they are distributed",
    "onnx": "export to ONNX, and embedding with ONNX Runtime",
    "qdrant": "galleries on a Qdrant server",
    "rir": "traced rooms of simulated conversations",
    "tensorboard": "TensorBoard logs",
    "transformers": "wav2vec 2.0, HuBERT and WavLM as encoders",
}
MODULES = {"faiss-cpu": "faiss", "pyyaml": "yaml", "scikit-learn": "sklearn"}
SOURCE = Path(voxmetric.__file__).parents[2]


def requirements() -> dict[str, list[str]]:
    """Requirements by extra, those of the base under `""`, as the package or its source folder declares them."""
    declared = SOURCE / "pyproject.toml"
    if declared.is_file():
        project = tomllib.loads(declared.read_text(encoding="utf-8"))["project"]
        return {"": project["dependencies"], **project["optional-dependencies"]}
    found: dict[str, list[str]] = {"": []}
    for line in importlib.metadata.requires("voxmetric") or []:
        requirement, _, condition = line.partition(";")
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", condition)
        found.setdefault(extra[1] if extra else "", []).append(requirement.strip())
    return found


def base_packages() -> list[Finding]:
    """Every package that the base needs."""
    mend = install_command("")
    return [attempt(name, partial(_check, name, least), mend=mend) for name, least in map(_split, requirements()[""])]


def extras() -> list[Finding]:
    """Every extra but the one for development, with what it is for."""
    return [
        attempt(
            extra,
            partial(_check_extra, needed, PURPOSES.get(extra, "")),
            required=False,
            mend=install_command(extra),
        )
        for extra, needed in requirements().items()
        if extra not in ("", "dev")
    ]


def install_command(extra: str) -> str:
    """The pip command that installs the base (`""`) or an extra the way this copy was installed."""
    pip = [sys.executable, "-m", "pip", "install"]
    if not (SOURCE / "pyproject.toml").is_file():
        return shlex.join([*pip, *requirements()[extra]])
    constraints = SOURCE / "constraints.txt"
    pins = ["-c", str(constraints)] if constraints.is_file() else []
    return shlex.join([*pip, *pins, "-e", f"{SOURCE}[{extra}]" if extra else str(SOURCE)])


def _check_extra(needed: list[str], purpose: str) -> str:
    versions = [f"{name} {_check(name, least)}" for name, least in map(_split, needed)]
    return f"{', '.join(versions)}: {purpose}"


def _check(name: str, least: str) -> str:
    """The version of a package that imports and is new enough; otherwise an ImportError."""
    importlib.import_module(MODULES.get(name, name.replace("-", "_")))
    version = importlib.metadata.version(name)
    if _numbers(version) < _numbers(least):
        raise ImportError(f"expected {name} {least} or newer, found {version}")
    return version


def _split(requirement: str) -> tuple[str, str]:
    """`name>=version` as its two parts."""
    name, _, least = requirement.partition(">=")
    return name.strip(), least.strip()


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing: `2.13.0+cpu` is (2, 13, 0)."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, leading[0].split("."))) if leading else ()
