"""VoxCeleb's folders as they are unpacked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from voxmetric.data.trials import TrialList
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

RECORDINGS = {
    "voxceleb1/wav/id10001/1zcIwhmdeo4/00001.wav": ("voxceleb1", "train"),
    "voxceleb1/wav/id10269/a/00001.wav": ("voxceleb1", "train"),
    "voxceleb1/wav/id10270/5r0dWxy17C8/00001.wav": ("voxceleb1", "test"),
    "voxceleb1/wav/id10309/vobW27_-JyQ/00002.wav": ("voxceleb1", "test"),
    "voxceleb1/wav/id10310/b/00001.wav": ("voxceleb1", "train"),
    "voxceleb2/dev/aac/id00012/21Uxsk56VDQ/00001.wav": ("voxceleb2", "train"),
    "voxceleb2/test/aac/id00017/01dfn2spqyE/00001.wav": ("voxceleb2", "test"),
}


@pytest.fixture
def release(tmp_path: Path, write_noise: Callable[..., Path]) -> Path:
    for name in RECORDINGS:
        write_noise(tmp_path / name)
    return tmp_path


def test_corpus_split_and_the_ids_of_trial_lists(release: Path) -> None:
    table = UtteranceTable.read(release, kind="voxceleb_release")
    assert table.ids.tolist() == ["/".join(name.rsplit("/", 3)[1:]) for name in sorted(RECORDINGS)]
    assert table.speakers[0] == "id10001"
    assert table.sessions[0] == "1zcIwhmdeo4"
    assert all(Path(path).is_file() for path in table.paths)
    found = zip(table.column("corpus"), table.splits, strict=True)
    assert list(found) == [RECORDINGS[name] for name in sorted(RECORDINGS)]
    trials = release / "veri_test.txt"
    trials.write_text("0 id10270/5r0dWxy17C8/00001.wav id10309/vobW27_-JyQ/00002.wav\n")
    enrol, test = TrialList.read(trials).indices(table.ids)
    assert table.speakers[[enrol[0], test[0]]].tolist() == ["id10270", "id10309"]


def test_one_corpus_alone_is_read_from_any_level(release: Path) -> None:
    table = UtteranceTable.read(release / "voxceleb1" / "wav", kind="voxceleb_release")
    assert len(table) == 5
    assert set(table.column("corpus")) == {"voxceleb1"}


def test_folders_above_the_speakers_are_not_taken_for_speakers(release: Path) -> None:
    with pytest.raises(InputError, match=r"as voxceleb_release or as folder: .*--kind voxceleb_release"):
        UtteranceTable.read(release)
    assert UtteranceTable.read(release / "voxceleb1" / "wav").speakers[0] == "id10001"  # as a folder of speakers


def test_other_names_and_nothing_are_refused(release: Path, write_noise: Callable[..., Path]) -> None:
    write_noise(release / "musan" / "noise" / "a.wav")
    with pytest.raises(InputError, match=r"named \.\.\./idNNNNN/video/file, found 'musan/noise/a\.wav'"):
        UtteranceTable.read(release, kind="voxceleb_release")
    (release / "empty").mkdir()
    with pytest.raises(InputError, match="found no recordings"):
        UtteranceTable.read(release / "empty", kind="voxceleb_release")
