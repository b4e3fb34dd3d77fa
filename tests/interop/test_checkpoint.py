"""Opening files of weights: where they are, what is in them, and that nothing in them runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from voxmetric import interop
from voxmetric.errors import InputError
from voxmetric.interop.checkpoint import open_checkpoint


class Trap:
    """Leaves a file behind when it is unpickled without care."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (self.target,)


def test_a_pickle_with_code_is_refused_and_not_run(saved: Any, tmp_path: Path) -> None:
    path = saved({"weight": torch.zeros(1), "trap": Trap(tmp_path / "sprung")})
    with pytest.raises(InputError, match="would run code of its own, which is refused"):
        open_checkpoint(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("contents", [[torch.zeros(1)], {"epoch": 3}, {}, {"model": {"a": torch.zeros(1), "b": 2}}])
def test_anything_but_a_dictionary_of_tensors_is_refused(saved: Any, contents: object) -> None:
    with pytest.raises(InputError, match="no dictionary of tensors"):
        open_checkpoint(saved(contents))


# Text, a wav's header, a pickle of a number of another protocol, nothing, and an archive that is cut off.
@pytest.mark.parametrize("contents", [b"not a checkpoint", b"RIFF$\xfa\0\0WAVEfmt ", b"\x80\x04K\x01.", b"", b"PK\3\4"])
def test_other_files_are_refused(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "other.pt").write_bytes(contents)
    with pytest.raises(InputError, match=r"other\.pt cannot be read as tensors alone"):
        open_checkpoint(tmp_path / "other.pt")


def test_nothing_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file or folder"):
        open_checkpoint(tmp_path / "missing.pt")


@pytest.mark.parametrize("key", ["model_state_dict", "state_dict", "model_state", "model"])
def test_tensors_are_found_under_the_usual_keys(saved: Any, key: str) -> None:
    checkpoint = open_checkpoint(saved({key: {"module.weight": torch.ones(2)}, "epoch": 1}))
    assert list(checkpoint.tensors) == ["weight"]
    assert checkpoint.shape("weight") == (2,)
    with pytest.raises(InputError, match="has no tensor bias"):
        checkpoint.shape("bias")


def test_the_one_file_of_a_folder(saved: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        open_checkpoint(tmp_path)
    path = saved({"weight": torch.zeros(1)}, "a.model")
    assert open_checkpoint(tmp_path).path == path
    saved({"weight": torch.zeros(1)}, "b.pth")
    with pytest.raises(InputError, match=r"found a\.model, b\.pth: give the file itself"):
        open_checkpoint(tmp_path)
    known = saved({"weight": torch.zeros(1)}, "avg_model.pt")
    assert open_checkpoint(tmp_path).path == known


def test_settings_lie_beside_the_weights_or_above_the_folder_of_checkpoints(saved: Any, tmp_path: Path) -> None:
    path = saved({"weight": torch.zeros(1)}, "checkpoints/model_latest.pt")
    (tmp_path / "config.yml").write_text("encoder:\n  mel_n_mels: 80\n")
    assert open_checkpoint(tmp_path).settings == {"encoder": {"mel_n_mels": 80}}
    (path.parent / "config.yml").write_text("- 1\n")
    with pytest.raises(InputError, match="expected a mapping"):
        open_checkpoint(tmp_path)
    (path.parent / "config.yml").write_text("a: [1\n")
    with pytest.raises(InputError, match="as YAML"):
        open_checkpoint(tmp_path)


def test_an_unknown_format_is_refused(saved: Any) -> None:
    path = saved({"encoder.weight": torch.zeros(1)})
    with pytest.raises(InputError, match=r"no known format \(voxceleb_trainer, .*its tensors are encoder.weight"):
        interop.convert(path)
    with pytest.raises(InputError, match="did you mean 'wespeaker'"):
        interop.convert(path, format_name="wespeeker")
    with pytest.raises(InputError, match="unknown option of checkpoint format 'wespeaker' 'weights'"):
        interop.convert(path, format_name="wespeaker", weights="teacher")
