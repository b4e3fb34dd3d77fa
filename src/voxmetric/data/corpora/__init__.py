"""Corpora: what a table of utterances can be read from, one file a kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from voxmetric.errors import InputError
from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable

corpora = Registry(
    "kind of corpus",
    {
        "table": Entry("voxmetric.data.corpora.table:TableFile", "a CSV or Parquet file of utterances"),
        "voxceleb_release": Entry(
            "voxmetric.data.corpora.voxceleb_release:VoxCelebRelease", "VoxCeleb 1 and 2 as they are unpacked"
        ),
        "folder": Entry("voxmetric.data.corpora.folder:SpeakerFolders", "a folder with one sub-folder a speaker"),
        "unlabelled": Entry(
            "voxmetric.data.corpora.unlabelled:UnlabelledFolder", "a folder of recordings of unknown speakers"
        ),
        "voxceleb": Entry("voxmetric.data.corpora.voxceleb:SpeakerList", "a text list of `speaker path` lines"),
        "kaldi": Entry("voxmetric.data.corpora.kaldi:KaldiDirectory", "a Kaldi directory: wav.scp, utt2spk, segments"),
        "lhotse": Entry(
            "voxmetric.data.corpora.lhotse:LhotseManifests", "Lhotse manifests: recordings and supervisions, or cuts"
        ),
        "tedlium": Entry("voxmetric.data.corpora.tedlium:TedLium", "TED-LIUM 2 or 3 as it is unpacked"),
        "callhome": Entry("voxmetric.data.corpora.callhome:CallHome", "CALLHOME of LDC2001S97 with fullref.rttm"),
        "ami": Entry("voxmetric.data.corpora.ami:Ami", "AMI with its manual annotations"),
        "voxconverse": Entry("voxmetric.data.corpora.voxconverse:VoxConverse", "VoxConverse with its RTTM files"),
    },
)


class Corpus(Protocol):
    """One kind of description of a corpus."""

    def matches(self, path: Path) -> bool:
        """Whether the file or folder looks like one of this kind; cheap."""
        ...

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        """Read it; relative paths start from `audio_folder`, or else from the folder of the file that names them.

        Raises:
            InputError: if it is malformed.
        """
        ...


def read(path: Path, kind: str | None = None, audio_folder: Path | None = None) -> UtteranceTable:
    """Read the table of utterances that a file or folder describes; see `UtteranceTable.read`.

    Raises:
        InputError: if it is missing, malformed, of no known kind or possibly of several.
    """
    if not path.exists():
        raise InputError(f"cannot read {path}: no such file or folder; check the path")
    corpus: Corpus = corpora.create(kind or _kind(path), {})
    try:
        return corpus.read(path, audio_folder)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}; check its kind, which --kind names") from error


def _kind(path: Path) -> str:
    possible = [kind for kind in corpora.available() if corpora.create(kind, {}).matches(path)]
    if len(possible) == 1:
        return possible[0]
    if possible:
        raise InputError(
            f"{path} could be read as {' or as '.join(possible)}: say which with kind={possible[0]!r} "
            f"(--kind {possible[0]})"
        )
    expected = "; ".join(f"{summary} ({kind})" for kind, summary in corpora.available().items())
    raise InputError(f"{path}: not recognised as any of: {expected}")
