"""The toolkit's own table; its content is tested with `UtteranceTable`."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def test_paths_can_start_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,speaker\na.wav,s\n")
    assert UtteranceTable.read(tmp_path / "t.csv", audio_folder="/audio").paths.tolist() == ["/audio/a.wav"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,speaker\r\na.wav,s\r\n", encoding="utf-8-sig", newline="")
    assert UtteranceTable.read(tmp_path / "t.csv").columns[:3] == ("id", "path", "speaker")


def test_parquet_columns_of_any_type_become_text(tmp_path: Path) -> None:
    columns = {"path": ["a", "b"], "speaker": pyarrow.array(["x", "y"]).dictionary_encode(), "snr": [1, 2]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    table = UtteranceTable.read(tmp_path / "t.parquet")
    assert table.speakers.tolist() == ["x", "y"]
    assert table.column("snr").tolist() == ["1", "2"]


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InputError, match=r"cannot read .*t\.parquet"):
        UtteranceTable.read(tmp_path / "t.parquet")


def test_the_real_table_is_read(real_speech: Path) -> None:
    table = UtteranceTable.read(real_speech / "utterances.csv")
    commands = table.where(corpus="commands", split="train")
    assert len(commands) == 3133
    assert len(commands.speaker_codes()[0]) == 1065
    assert all(Path(path).is_file() for path in commands.paths[:20])
