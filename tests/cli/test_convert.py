"""`voxmetric convert` as a command."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from voxmetric.cli import main
from voxmetric.speaker_model import load_model


def run(*arguments: str | Path) -> int:
    """Exit code of `voxmetric convert` with these arguments."""
    with pytest.raises(SystemExit) as finished:
        main(["convert", *map(str, arguments)])
    return int(finished.value.code or 0)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A ResNet-18 of 8 to 64 channels in WeSpeaker's layout."""
    generator = torch.Generator().manual_seed(0)
    tensors: dict[str, torch.Tensor] = {}

    def layer(name: str, *shape: int) -> None:
        tensors[f"{name}.weight"] = torch.randn(*shape, generator=generator) * math.sqrt(2 / math.prod(shape[1:]))

    def norm(name: str, size: int) -> None:
        for part, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            tensors[f"{name}.{part}"] = torch.full((size,), value)

    layer("conv1", 8, 1, 3, 3)
    norm("bn1", 8)
    before = 8
    for stage, width in enumerate((8, 16, 32, 64), start=1):
        for block in range(2):
            name = f"layer{stage}.{block}"
            layer(f"{name}.conv1", width, before, 3, 3)
            layer(f"{name}.conv2", width, width, 3, 3)
            norm(f"{name}.bn1", width)
            norm(f"{name}.bn2", width)
            if before != width:
                layer(f"{name}.shortcut.0", width, before, 1, 1)
                norm(f"{name}.shortcut.1", width)
            before = width
    layer("seg_1", 16, 2 * 64 * 10)
    tensors["seg_1.bias"] = torch.zeros(16)
    layer("projection", 5, 16)
    torch.save(tensors, tmp_path / "avg_model.pt")
    return tmp_path


def test_model_folder_with_its_card(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = checkpoint / "converted"
    assert run(checkpoint, "--output", output, "--licence", "CC-BY-4.0") == 0
    assert "ResNet18 of wespeaker, 16 components" in capsys.readouterr().out
    model = load_model(output)
    assert model.card.licence == "CC-BY-4.0"
    assert "wenet-e2e/wespeaker" in model.card.summary
    embedding = model.embed(np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32))
    assert embedding.shape == (16,)
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)


def test_json(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(checkpoint, "-o", checkpoint / "converted", "--format", "wespeaker", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert done["format"] == "wespeaker"
    assert done["report"]["set_aside"] == ["projection.weight"]
    assert load_model(checkpoint / "converted").card.licence == "unknown"


def test_what_does_not_fit_is_refused_unless_forced(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tensors = torch.load(checkpoint / "avg_model.pt")
    del tensors["bn1.bias"]
    torch.save(tensors, checkpoint / "avg_model.pt")
    assert run(checkpoint, "-o", checkpoint / "converted") == 2
    assert "1 missing (trunk.bn1.bias)" in capsys.readouterr().err
    assert not (checkpoint / "converted").exists()
    assert run(checkpoint, "-o", checkpoint / "converted", "--force") == 0
    assert "by force: 1 missing (trunk.bn1.bias)" in capsys.readouterr().out
    assert "by force" in load_model(checkpoint / "converted").card.summary
