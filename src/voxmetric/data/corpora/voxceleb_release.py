"""VoxCeleb 1 and 2 as they are unpacked: any folders, then `idNNNNN/video/file`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from voxmetric.data.corpora.folder import find_recordings
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

_UTTERANCE = r"(?:^|/)(?P<id>(?P<speaker>id\d{5})/(?P<session>[^/]+)/[^/]+)$"
_VOXCELEB1_SPEAKERS = ("id10001", "id11251")
_VOXCELEB1_TEST_SPEAKERS = ("id10270", "id10309")


class VoxCelebRelease:
    """Both corpora below one folder, or one of them; what is above the speakers' folders does not matter, but for one
    name: VoxCeleb 2 below a folder `test` is its test part.

    An utterance's id is `idNNNNN/video/file`, as the official trial lists name it. The column `corpus` is `voxceleb1`
    or `voxceleb2`, by the number of the speaker, and `split` is `train` or `test`: of VoxCeleb 1 the 40 speakers of
    its original trial list (id10270 to id10309) are `test`.
    """

    def matches(self, path: Path) -> bool:
        if not path.is_dir():
            return False
        # Speakers' folders at the top are any corpus of folders, and read as one.
        first = next(find_recordings(path), "")
        return first.count("/") > 2 and bool(pc.match_substring_regex(first, _UTTERANCE).as_py())

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        folder = audio_folder or path
        paths = pa.array(sorted(find_recordings(folder)), type=pa.large_string())
        found = pc.extract_regex(paths, _UTTERANCE)
        strange = paths.filter(pc.is_null(found))
        if len(strange) or not len(paths):
            example = repr(strange[0].as_py()) if len(strange) else "no recordings"
            raise InputError(f"{folder}: expected recordings named .../idNNNNN/video/file, found {example}")
        identifiers, speakers, sessions = (found.field(name) for name in ("id", "speaker", "session"))
        first_corpus = _between(speakers, _VOXCELEB1_SPEAKERS)
        test = pc.if_else(
            first_corpus,
            _between(speakers, _VOXCELEB1_TEST_SPEAKERS),
            pc.match_substring_regex(paths, r"(?:^|/)test/(?:.+/)?id\d{5}/"),
        )
        columns = {
            "id": identifiers,
            "path": paths,
            "speaker": speakers,
            "session": sessions,
            "split": pc.if_else(test, "test", "train"),
            "corpus": pc.if_else(first_corpus, "voxceleb1", "voxceleb2"),
        }
        return UtteranceTable.from_columns(columns, folder, str(folder))


def _between(names: pa.Array, bounds: tuple[str, str]) -> pa.Array:
    """Names of one length compare as their numbers do."""
    low, high = (pa.scalar(bound, names.type) for bound in bounds)
    return pc.and_(pc.greater_equal(names, low), pc.less_equal(names, high))
