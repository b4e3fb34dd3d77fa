"""A corpus of synthetic voices, so that everything can be tried with no data at hand."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.files import write_text

_README = """# Synthetic voices

Every sound in this folder was computed by voxmetric's formant synthesiser. There are no recordings of people in it:
figures measured on it show that the tools work, and nothing about real speech.

{num_speakers} speakers, {utterances_per_speaker} utterances each, seed {seed}, generator {generator}.
`utterances.csv` lists them; its column `corpus` says `synthetic`.
"""
_GENERATOR = 1  # raised when the same seed gives other voices than before
_SHORTEST, _LONGEST = 1.5, 2.5  # seconds
_FEWEST_SPEAKERS = 8  # at which development and test speakers are two each


def synthesize(
    folder: str | os.PathLike[str],
    *,
    num_speakers: int = 120,
    utterances_per_speaker: int = 12,
    seed: int = 0,
    watch: Callable[[int], None] | None = None,
) -> UtteranceTable:
    """Write a corpus of synthetic voices, or take the one that the same call wrote there before.

    The folder gets 16 kHz flac files of 1.5 to 2.5 s, one sub-folder for each speaker, a README that says what they
    are and, last, `utterances.csv`: free column `corpus` = `synthetic`, every utterance a session of its own, and
    the splits `train` (about 70 % of the speakers), `dev` and `test` (about 15 % each), disjoint by speaker.

    Args:
        folder: new, empty, or written by this function with the same arguments.
        num_speakers: at least 8.
        utterances_per_speaker: at least 2.
        seed: equal seeds give equal voices.
        watch: called after each speaker with the number of speakers written so far.

    Raises:
        InputError: if there are too few speakers or utterances, the folder holds anything else, or it cannot be
            written.
    """
    if num_speakers < _FEWEST_SPEAKERS or utterances_per_speaker < 2:
        raise InputError(
            f"a synthetic corpus needs at least {_FEWEST_SPEAKERS} speakers with 2 utterances each, "
            f"found {num_speakers} with {utterances_per_speaker}"
        )
    target = Path(folder)
    readme = _README.format(
        num_speakers=num_speakers,
        utterances_per_speaker=utterances_per_speaker,
        seed=seed,
        generator=_GENERATOR,
    )
    if _claim(target, readme):
        return UtteranceTable.read(target / "utterances.csv")
    durations = np.empty((num_speakers, utterances_per_speaker))
    for number in range(num_speakers):
        durations[number] = _write_speaker(target / _speaker(number), seed, number, utterances_per_speaker)
        if watch:
            watch(number + 1)
    table = _describe(target, durations)
    table.write(target / "utterances.csv")
    return table


def _claim(folder: Path, readme: str) -> bool:
    """Whether the corpus that `readme` describes is complete in the folder; if not, the README is put there."""
    marker = folder / "README.md"
    if marker.is_file() and marker.read_text(encoding="utf-8") == readme:
        return (folder / "utterances.csv").is_file()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"expected a new or empty folder for synthetic voices, found other things in {folder}: choose another"
        )
    write_text(marker, readme)
    return False


def _write_speaker(folder: Path, seed: int, number: int, num_utterances: int) -> list[float]:
    """Write one speaker's utterances; returns their durations in seconds."""
    voice = draw_voice(np.random.default_rng((seed, number, 0)))
    durations = []
    try:
        folder.mkdir(exist_ok=True)
        for utterance in range(num_utterances):
            rng = np.random.default_rng((seed, number, utterance + 1))
            waveform = speak(voice, rng.uniform(_SHORTEST, _LONGEST), rng)
            encoded = io.BytesIO()  # libsndfile is ten times slower at writing flac to a file itself
            soundfile.write(encoded, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
            (folder / _file(utterance)).write_bytes(encoded.getbuffer())
            durations.append(len(waveform) / SAMPLE_RATE)
    except OSError as error:
        raise InputError(
            f"cannot write {folder}: {error.strerror}; free some space or choose another folder"
        ) from error
    return durations


def _describe(folder: Path, durations: np.ndarray) -> UtteranceTable:
    num_speakers, num_utterances = durations.shape
    held_out = max(2, round(0.15 * num_speakers))
    splits = ["train"] * (num_speakers - 2 * held_out) + ["dev"] * held_out + ["test"] * held_out
    rows = [(number, utterance) for number in range(num_speakers) for utterance in range(num_utterances)]
    paths = [f"{_speaker(number)}/{_file(utterance)}" for number, utterance in rows]
    columns = {
        "id": [path.removesuffix(".flac") for path in paths],
        "path": paths,
        "speaker": [_speaker(number) for number, _ in rows],
        "session": [str(utterance) for _, utterance in rows],
        "duration": durations.ravel(),
        "split": [splits[number] for number, _ in rows],
        "corpus": ["synthetic"] * len(rows),
    }
    return UtteranceTable.from_columns(columns, folder, "the synthetic corpus")


def _speaker(number: int) -> str:
    return f"synthetic-{number:04d}"


def _file(utterance: int) -> str:
    return f"{utterance:03d}.flac"
