"""`voxmetric simulate`: conversations with exact truth, made of labelled utterances."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.diarization.simulation import ConversationSet

_NUMBER = r"-?\d+(?:\.\d+)?"


def simulate(
    source: Path,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    conversations: Annotated[int, Parameter(name=["--conversations", "-n"])] = 20,
    where: Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)] = None,
    speakers: str = "2-4",
    seconds: str = "120",
    overlap: str = "0.1",
    turn_seconds: float = 2.5,
    pause_seconds: float = 0.5,
    room: str = "none",
    noise: str = "pink",
    snr: str = "20-30",
    repeat: bool = True,
    sample_rate: int = 16_000,
    seed: int = 0,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make conversations of labelled utterances, for training or scoring a diarizer, with who spoke when exactly.

    Writes a FLAC file for each, `reference.rttm` and `reference.uem` for all, `conversations.json` (settings, hashes,
    the overlap achieved) and `segments.csv`, an utterance table of what each speaker says alone. Equal commands give
    equal files. Ranges are LOW-HIGH or one number.

    Example: `voxmetric simulate utterances.csv --where split=dev -n 60 --speakers 2-7 -o conversations`

    Parameters
    ----------
    source
        An utterance table, or whatever `voxmetric prepare` reads.
    output
        Folder to write; empty, or written before by the same command.
    conversations
        How many.
    where
        COLUMN=VALUE that utterances must have; may be given several times.
    speakers
        In a conversation, 1 to 10; all numbers of a range come equally often.
    seconds
        Length of a conversation.
    overlap
        Share of the time with speech in which two people speak, 0 to 0.4.
    turn_seconds
        Median length of a turn; lengths are log-normal.
    pause_seconds
        Mean pause between two turns; pauses are exponential.
    room
        `none`, `simulated` (a statistical model), `shoebox` (a traced room, with the extra `rir`), or a folder of
        impulse responses.
    noise
        `none`, `pink`, or a folder of recordings.
    snr
        Mean power of the speech over that of the noise, in dB; below zero as --snr=-5-10.
    repeat
        Say things again when a speaker's recordings are used up; with --no-repeat that speaker falls silent, and the
        conversation ends when no two have anything left to say.
    sample_rate
        Of the files, in Hz.
    seed
        Of everything drawn.
    quiet
        No progress bar.
    json
        Print the summary as JSON.
    """
    from voxmetric.cli.progress import progress_bar
    from voxmetric.cli.selection import select_utterances
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.diarization.simulation import ConversationSettings, write

    fewest, most = _range("speakers", speakers)
    if fewest != int(fewest) or most != int(most):
        raise InputError(f"--speakers: expected whole numbers, found {speakers!r}")
    settings = ConversationSettings(
        speakers=(int(fewest), int(most)),
        seconds=_range("seconds", seconds),
        turn_seconds=turn_seconds,
        pause_seconds=pause_seconds,
        overlap=_range("overlap", overlap),
        room=room,
        noise=noise,
        snr=_range("snr", snr),
        repeat=repeat,
        sample_rate=sample_rate,
    )
    table = select_utterances(UtteranceTable.read(source), None, where)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("simulating", total=conversations, note="")
        made = write(
            table,
            output,
            conversations,
            settings,
            seed=seed,
            progress=lambda done: bar.update(task, completed=done),
        )
    summary = _summary(made)
    if json:
        import msgspec

        print(msgspec.json.encode(summary).decode())
        return
    for line in _lines(summary):
        print(line)


def _range(name: str, text: str) -> tuple[float, float]:
    """`2-7`, `-5-10` or `3` as a pair."""
    found = re.fullmatch(rf"({_NUMBER})(?:-({_NUMBER}))?", text.strip())
    if found is None:
        raise InputError(f"--{name}: expected a number or LOW-HIGH, such as 2-7, found {text!r}")
    low = float(found[1])
    return low, low if found[2] is None else float(found[2])


def _summary(made: ConversationSet) -> dict[str, Any]:
    facts = list(made.conversations.values())
    hours = sum(one.seconds for one in facts) / 3600
    speech = [one.seconds * one.speech_share for one in facts]
    return {
        "folder": str(made.folder),
        "conversations": len(facts),
        "hours": round(hours, 4),
        "speakers": len({name for one in facts for name in one.speakers}),
        "turns": sum(one.num_turns for one in facts),
        "overlap_wanted": _mean([one.overlap_wanted for one in facts], speech),
        "overlap_share": _mean([one.overlap_share for one in facts], speech),
        "fewer_speakers_than_wanted": sum(
            1
            for number, one in enumerate(facts)
            if len(one.speakers) < made.settings.speakers[0] + number % _numbers(made)
        ),
        "with_repetitions": sum(1 for one in facts if one.repeated),
        "reference_sha256": made.reference_sha256,
    }


def _numbers(made: ConversationSet) -> int:
    fewest, most = made.settings.speakers
    return most - fewest + 1


def _mean(values: list[float], weights: list[float]) -> float:
    """Weighted by speech, as the shares of all conversations together are."""
    total = sum(weights)
    return (
        round(sum(value * weight for value, weight in zip(values, weights, strict=True)) / total, 4) if total else 0.0
    )


def _lines(summary: dict[str, Any]) -> list[str]:
    lines = [
        f"{summary['conversations']:,} conversations of {summary['speakers']:,} speakers, "
        f"{summary['hours']:.2f} hours, {summary['turns']:,} turns",
        f"overlap: {100 * summary['overlap_share']:.1f} % of the time with speech, "
        f"{100 * summary['overlap_wanted']:.1f} % asked for",
    ]
    if summary["fewer_speakers_than_wanted"]:
        lines.append(
            f"{summary['fewer_speakers_than_wanted']:,} conversations ended before all of their speakers had a turn: "
            "make them longer"
        )
    if summary["with_repetitions"]:
        lines.append(
            f"in {summary['with_repetitions']:,} conversations somebody repeats a recording, which makes that voice "
            "easier to know again: --no-repeat, or fewer --seconds"
        )
    return [*lines, f"reference: {summary['folder']}/reference.rttm, sha256 {summary['reference_sha256'][:12]}..."]
