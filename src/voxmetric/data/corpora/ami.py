"""The AMI meeting corpus with its manual annotations."""

from __future__ import annotations

from pathlib import Path

from voxmetric.data.corpora.lhotse_recipe import read_with_recipe
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

_MICROPHONES = {"ihm-mix": "*Mix-Headset.wav", "sdm": "*Array1-01.wav"}


class Ami:
    """A folder with meetings (`MEETING/audio/MEETING.Mix-Headset.wav`, or `.Array1-01.wav`) and the unpacked manual
    annotations 1.6.2 (`corpusResources`, `segments` and `words`, there or in one of its folders).

    The sum of the headsets is taken where it is there, else the first microphone of the array. Words without a pause
    between them are an utterance, the meeting its session. Speakers have their names of the whole corpus; splits are
    `train`, `dev` and `test` of the full corpus, each of which must have a meeting.
    """

    def matches(self, path: Path) -> bool:
        return path.is_dir() and _annotations(path) is not None

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        annotations = _annotations(path)
        if annotations is None:
            raise InputError(
                f"{path}: expected AMI's manual annotations, a folder with corpusResources/meetings.xml, segments and "
                "words, found none: unpack ami_public_manual_1.6.2.zip there"
            )
        folder = (audio_folder or path).absolute()
        microphone = next(
            (name for name, pattern in _MICROPHONES.items() if next(folder.rglob(pattern), None) is not None), None
        )
        if microphone is None:
            raise InputError(f"{folder}: expected meetings named {' or '.join(_MICROPHONES.values())}, found none")
        return read_with_recipe(
            "ami",
            "ami",
            "prepare_ami",
            lambda recipe: dict(recipe(folder, annotations, None, microphone, "full-corpus")),
            path,
        )


def _annotations(path: Path) -> Path | None:
    places = (path, *sorted(one for one in path.iterdir() if one.is_dir()))
    return next((one.absolute() for one in places if (one / "corpusResources" / "meetings.xml").is_file()), None)
