"""One trained run on annotated recordings: who spoke when by its embeddings, kept beside its model."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from voxmetric.audio.source import AudioSource
from voxmetric.data.annotated_recordings import AnnotatedRecordings
from voxmetric.data.rttm import read_turns, write_rttm
from voxmetric.data.turns import NO_TURNS, Turns
from voxmetric.diarization.diarize import prepare
from voxmetric.diarization.labelling import label
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.errors import InputError, unknown_name
from voxmetric.files import write_text
from voxmetric.metrics.diarization.protocol import find_protocol
from voxmetric.speaker_model import load_model
from voxmetric.training.recipe import DiarizationTest

FOLDER = "diarization"
_OWN_KEYS = {"num_speakers": "known_number"}


def read_sets(test: DiarizationTest, training_speakers: set[str]) -> dict[str, AnnotatedRecordings]:
    """The recordings of each set, by its name, after everything that can be wrong with the test was looked at.

    Raises:
        InputError: for wrong settings, sets of one name, a folder without what is needed, or a speaker who was trained
            on.
    """
    settings_of(test)
    find_protocol(test.protocol, test.collar, test.skip_overlap)
    names = [one.name for one in test.sets]
    if not names:
        raise InputError("diarization.sets is empty: name a folder of recordings, or leave diarization out")
    for name in names:
        if names.count(name) > 1 or "/" in name or not name.strip(". "):
            raise InputError(
                f"diarization.sets: a name is that of a file, and comes once: choose another than {name!r}"
            )
    sets = {one.name: AnnotatedRecordings.read(one.folder) for one in test.sets}
    for name, recordings in sets.items():
        speakers = {speaker for turns in recordings.turns.values() for speaker in turns.speakers}
        known = sorted(speakers & training_speakers)
        if known:
            raise InputError(
                f"{len(known)} speakers of the set {name!r} are trained on, {known[0]!r} for one: diarize others, or "
                "rename them if they only share a name"
            )
    return sets


def settings_of(test: DiarizationTest) -> DiarizationSettings:
    """The diarizer's settings.

    Raises:
        InputError: for an unknown setting, one that the recipe has a key of its own for, or a wrong value.
    """
    known = [field.name for field in dataclasses.fields(DiarizationSettings) if field.name not in _OWN_KEYS]
    for key in test.settings:
        if key in _OWN_KEYS:
            raise InputError(f"diarization.settings: {key} is not the same in all recordings: see {_OWN_KEYS[key]}")
        if key not in known:
            raise unknown_name("diarization setting", key, known)
    try:
        return msgspec.convert(test.settings, DiarizationSettings)
    except msgspec.ValidationError as error:
        raise InputError(f"diarization.settings: {str(error).replace('`$.', '`')}") from error


def diarize_sets(run: Path, test: DiarizationTest, threads: int) -> None:
    """Diarize every set with the model in the folder `run`, unless the same was done before.

    Writes `diarization/NAME.rttm`, and beside it what it was made from: another protocol asks for nothing new.
    """
    sets = {one.name: AnnotatedRecordings.read(one.folder) for one in test.sets}
    made_from = {name: _made_from(run, test, recordings) for name, recordings in sets.items()}
    wanted = [name for name in sets if _kept(run, name) != made_from[name]]
    if not wanted:
        return
    import torch

    torch.set_num_threads(max(1, threads))
    model, settings = load_model(run), settings_of(test)
    for name in wanted:
        found = {}
        for recording, path in sets[name].paths.items():
            turns = sets[name].turns[recording]
            regions = turns.to_annotation() if test.speech == "reference" else None
            number = len(turns.speakers) if test.known_number else None
            chosen = dataclasses.replace(settings, num_speakers=number)
            found[recording] = label(prepare(AudioSource(path), model, chosen, regions), chosen)
        write_rttm(run / FOLDER / f"{name}.rttm", found)
        write_text(run / FOLDER / f"{name}.json", json.dumps(made_from[name]) + "\n")


def found_turns(run: Path, name: str, recordings: AnnotatedRecordings) -> dict[str, Turns]:
    """What `diarize_sets` found in each recording of a set."""
    found = read_turns(run / FOLDER / f"{name}.rttm")
    return {recording: found.get(recording, NO_TURNS) for recording in recordings.turns}


def _made_from(run: Path, test: DiarizationTest, recordings: AnnotatedRecordings) -> dict[str, str]:
    chosen = settings_of(test)
    plain = {field.name: getattr(chosen, field.name) for field in dataclasses.fields(chosen)}
    settings: dict[str, Any] = {
        "speech": test.speech,
        "known_number": test.known_number,
        "settings": msgspec.to_builtins(plain, enc_hook=dict),
    }
    return {
        "recordings_sha256": recordings.sha256,
        "settings_sha256": hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
        "model_sha256": hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest(),
    }


def _kept(run: Path, name: str) -> dict[str, str] | None:
    path = run / FOLDER / f"{name}.json"
    if not path.exists() or not path.with_suffix(".rttm").exists():
        return None
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
