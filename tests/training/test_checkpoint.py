from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.training import checkpoint
from voxmetric.training.checkpoint import load_checkpoint, save_checkpoint

CPU = torch.device("cpu")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"step": 3, "weights": {"w": torch.arange(4.0)}, "seconds": 1.5})
    state = load_checkpoint(path, CPU)
    assert state["step"] == 3
    torch.testing.assert_close(state["weights"]["w"], torch.arange(4.0))
    assert [one.name for one in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_failed_write_is_one_line_and_keeps_the_former(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"step": 1})

    def fail(*_: object) -> None:
        raise RuntimeError("file write failed")

    monkeypatch.setattr(checkpoint.torch, "save", fail)
    with pytest.raises(InputError, match=r"cannot write .*checkpoint\.pt.*file write failed"):
        save_checkpoint(path, {"step": 2})
    assert load_checkpoint(path, CPU)["step"] == 1


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x02."])
def test_damage_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(path, CPU)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1 / 0",)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"format": 1, "step": Harmful()}, path)
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(path, CPU)
    path.write_bytes(pickle.dumps(Harmful(), protocol=2))
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(path, CPU)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"format": 99}, path)
    with pytest.raises(InputError, match="format 99, expected 1"):
        load_checkpoint(path, CPU)
