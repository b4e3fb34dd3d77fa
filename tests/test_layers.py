"""Imports run one way: a package knows those below it, never one above."""

from __future__ import annotations

import ast
from pathlib import Path

import voxmetric

LAYERS = (
    {"audio"},
    {"data", "encoders", "losses"},
    {"selfsupervised", "scoring", "metrics"},
    {"training", "identification", "diarization", "interop"},
    {"reports"},
    {"comparison", "diagnosis"},
    {"cli"},
)


def test_no_import_runs_upward() -> None:
    source = Path(voxmetric.__file__).parent
    height = {package: layer for layer, packages in enumerate(LAYERS) for package in packages}
    assert height.keys() == {path.parent.name for path in source.glob("*/__init__.py")}
    upward = [
        f"{path.relative_to(source)} imports {node.module}"
        for package in height
        for path in (source / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("voxmetric.")
        if height.get((node.module or "").split(".")[1], 0) > height[package]
    ]
    assert not upward
