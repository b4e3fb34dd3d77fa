"""A folder of simulated conversations: sound, truth, what is scored, how they were made, and segments to train on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from voxmetric.data.rttm import write_rttm
from voxmetric.data.turns import Turns
from voxmetric.data.uem import write_uem
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation.conversation import Facts, Simulation
from voxmetric.diarization.simulation.segments import spoken_alone
from voxmetric.diarization.simulation.settings import ConversationSettings
from voxmetric.errors import InputError, reason
from voxmetric.files import replacing, write_text

FORMAT = "voxmetric conversations 1"
DESCRIPTION, REFERENCE, SCORED, SEGMENTS = "conversations.json", "reference.rttm", "reference.uem", "segments.csv"

_SHORTEST_SEGMENT = 0.5  # seconds

Progress = Callable[[int], None]


@dataclass(frozen=True)
class ConversationSet:
    """A folder of conversations.

    Attributes:
        folder: holds `NAME.flac` of each, `reference.rttm`, `reference.uem`, `segments.csv` (an utterance table of what
            each speaker says alone) and `conversations.json`.
        settings: what they were to be like.
        seed: of everything drawn.
        table_sha256: of the utterances they are made of.
        reference_sha256: of `reference.rttm`.
        conversations: what became of the settings in each, by name.
    """

    folder: Path
    settings: ConversationSettings
    seed: int
    table_sha256: str
    reference_sha256: str
    conversations: dict[str, Facts]


def write(
    table: UtteranceTable,
    folder: str | os.PathLike[str],
    count: int,
    settings: ConversationSettings | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> ConversationSet:
    """Make conversations and write them to a folder; memory does not grow with their length or number.

    Equal arguments give equal files. The first conversations of a larger set are those of a smaller one.

    Args:
        table: utterances with speakers; see `simulate`.
        folder: empty, missing, or written before with the same table, settings and seed.
        count: how many conversations.
        settings: what they are like; None: the defaults.
        seed: of everything drawn.
        progress: called with the number of conversations finished.

    Raises:
        InputError: as `simulate`, if the folder holds something else, or cannot be written.
    """
    settings = settings or ConversationSettings()
    if count < 1:
        raise InputError(f"expected at least one conversation, found {count}")
    target = Path(folder)
    about = {
        "format": FORMAT,
        "settings": json.loads(json.dumps(asdict(settings))),
        "seed": seed,
        "table_sha256": table.sha256,
    }
    _refuse_another(target, about)
    # The description comes first, so that an interrupted folder is known for what it is.
    _describe(target, about | {"reference_sha256": None, "conversations": {}})
    turns: dict[str, Turns] = {}
    facts: dict[str, Facts] = {}
    for number in range(count):
        name = f"conversation-{number:04d}"
        simulation = Simulation(table, settings, seed, number)
        _write_sound(target / f"{name}.flac", simulation)
        turns[name], facts[name] = simulation.turns, simulation.facts()
        if progress:
            progress(number + 1)
    _write_truth(target, turns, facts)
    reference_sha256 = hashlib.sha256((target / REFERENCE).read_bytes()).hexdigest()
    found = {"reference_sha256": reference_sha256, "conversations": {name: asdict(one) for name, one in facts.items()}}
    _describe(target, about | found)
    return ConversationSet(target, settings, seed, table.sha256, reference_sha256, facts)


def _refuse_another(folder: Path, about: dict[str, Any]) -> None:
    path = folder / DESCRIPTION
    if not path.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(f"{folder} is not empty and holds no simulated conversations: choose another folder")
        return
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {reason(error)}; choose another folder") from error
    changed = [key for key, value in about.items() if not isinstance(earlier, dict) or earlier.get(key) != value]
    if changed:
        raise InputError(f"{folder} holds conversations of another {', '.join(changed)}: choose another folder")


def _describe(folder: Path, content: dict[str, Any]) -> None:
    write_text(folder / DESCRIPTION, json.dumps(content, indent=1) + "\n")


def _write_sound(path: Path, simulation: Simulation) -> None:
    rate = simulation.settings.sample_rate
    with replacing(path) as beside, soundfile.SoundFile(beside, "w", rate, 1, "PCM_16", format="FLAC") as file:
        for block in simulation.blocks():
            file.write(np.rint(32767.0 * block).astype(np.int16))


def _write_truth(folder: Path, turns: dict[str, Turns], facts: dict[str, Facts]) -> None:
    from pyannote.core import Segment, Timeline

    write_rttm(folder / REFERENCE, {name: one.to_annotation(name) for name, one in turns.items()})
    write_uem(folder / SCORED, {name: Timeline([Segment(0.0, one.seconds)]) for name, one in facts.items()})
    columns: dict[str, list[Any]] = {name: [] for name in ("id", "path", "speaker", "session", "start", "duration")}
    for name, one in turns.items():
        alone = spoken_alone(one, _SHORTEST_SEGMENT)
        columns["id"] += [f"{name}#{number}" for number in range(len(alone))]
        columns["path"] += [f"{name}.flac"] * len(alone)
        columns["session"] += [name] * len(alone)
        columns["speaker"] += [alone.speakers[code] for code in alone.speaker.tolist()]
        columns["start"] += alone.start.tolist()
        columns["duration"] += np.round(alone.end - alone.start, 3).tolist()
    UtteranceTable.from_columns(columns, folder, SEGMENTS).write(folder / SEGMENTS)
