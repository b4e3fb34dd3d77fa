from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.cli.recording_annotations import read_reference, read_regions
from voxmetric.diarization.speech import given_regions
from voxmetric.errors import InputError

RTTM = "SPEAKER {} 1 1.0 2.0 <NA> <NA> anna <NA> <NA>\n"


def test_regions_are_read_by_the_files_ending(tmp_path: Path) -> None:
    (tmp_path / "a.rttm").write_text(RTTM.format("one") + RTTM.format("two"))
    (tmp_path / "a.UEM").write_text("one 1 1.0 3.0\ntwo 1 1.0 3.0\n")
    for file in ("a.rttm", "a.UEM"):
        found = read_regions(tmp_path / file, ["two", "one"])
        regions = [given_regions(found[name], 9.0) for name in ("one", "two")]
        assert [(each.starts.tolist(), each.ends.tolist()) for each in regions] == [([1.0], [3.0])] * 2


def test_a_file_of_one_recording_is_of_the_one_that_is_diarized_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "a.rttm").write_text(RTTM.format("meeting"))
    found = read_reference(tmp_path / "a.rttm", ["recording"])
    assert found.keys() == {"recording"}
    assert found["recording"].labels() == ["anna"]


@pytest.mark.parametrize(
    ("names", "missing"), [(["one", "two"], "'two'"), (["ONE", "one"], "'ONE'"), (["three"], "'three'")]
)
def test_a_recording_that_a_file_says_nothing_of_is_told(tmp_path: Path, names: list[str], missing: str) -> None:
    lines = RTTM.format("one") + (RTTM.format("four") if len(names) == 1 else "")
    (tmp_path / "a.rttm").write_text(lines)
    for read in (read_reference, read_regions):
        with pytest.raises(InputError, match=rf"every recording in \S+a\.rttm, found nothing of {missing}"):
            read(tmp_path / "a.rttm", names)
