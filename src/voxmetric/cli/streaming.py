"""What `voxmetric diarize --stream` does: turns of sound that is still coming in, printed as they become final."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.audio.live.pcm import PcmFormat
    from voxmetric.diarization.streaming.speaking_turns import Turn
    from voxmetric.precision import Request


def only_for_whole_recordings(recordings: list[Path], options: dict[str, object]) -> None:
    """Refuse what a stream has no use for.

    Args:
        recordings: what is to be followed.
        options: names and values, None where they were not given.

    Raises:
        InputError: for several recordings, or an option that was given.
    """
    if len(recordings) > 1:
        raise InputError(
            f"expected one recording, or none for the standard input, with --stream, found {len(recordings)}"
        )
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise InputError(f"{', '.join(given)}: not with --stream; diarize the whole recording when it has ended")


def diarize_stream(
    source: Path | None,
    model: str,
    *,
    precision: Request,
    delay_seconds: float,
    threshold: float | None,
    max_speakers: int | None,
    raw: str | None,
    idle_seconds: float,
    output: Path | None,
    json: bool,
) -> None:
    """Print each turn when it is final, as an RTTM line or as JSON, until the sound ends or an interrupt.

    Args:
        source: a wav that grows; None: the standard input.
        model: folder or name of what embeds the windows.
        precision: in which it computes, see `SpeakerModel`.
        delay_seconds: see `StreamSettings`, also for the next two.
        threshold: cosine distance from which on voices differ.
        max_speakers: the largest number of them.
        raw: what plain samples are, as `RATE[,CHANNELS[,ENCODING]]`; None: a wav.
        idle_seconds: a file has ended when it has not grown for so long.
        output: folder for an RTTM file of the whole at the end, pieces of a turn joined.
        json: one JSON object a line.

    Raises:
        InputError: if the model or the sound cannot be read, or there is none.
    """
    from voxmetric.audio.live.live_audio import growing_file, standard_input
    from voxmetric.diarization.streaming.settings import StreamSettings
    from voxmetric.diarization.streaming.streaming_diarizer import StreamingDiarizer
    from voxmetric.speaker_model import load_model

    settings = StreamSettings(delay_seconds=delay_seconds, threshold=threshold, max_speakers=max_speakers)
    plain = None if raw is None else pcm_format(raw)
    loaded = load_model(model, precision=precision)  # before the sound is looked at: a pipe holds it until then
    name = "stream" if source is None else source.stem
    live = standard_input(plain) if source is None else growing_file(source, idle_seconds=idle_seconds, raw=plain)
    diarizer = StreamingDiarizer(loaded, live.sample_rate, settings)
    turns: list[Turn] = []

    def tell(new: list[Turn]) -> None:
        for turn in new:
            print(_line(name, turn, diarizer.heard_seconds, json=json), flush=True)
        turns.extend(new)

    try:
        for block in live.blocks():
            tell(diarizer.add(block))
    except KeyboardInterrupt:  # the usual end of a recording that nobody else ends
        print("voxmetric: interrupted; what was heard is settled", file=sys.stderr)
    tell(diarizer.finish())
    if not diarizer.heard_seconds:
        raise InputError(f"{source or 'the standard input'}: expected sound, found none")
    if output is not None:
        _write(output / f"{name}.rttm", name, turns, settings.shortest_pause)


def pcm_format(text: str) -> PcmFormat:
    """`RATE[,CHANNELS[,ENCODING]]` as a format.

    Raises:
        InputError: for anything else.
    """
    from voxmetric.audio.live.pcm import PcmFormat

    fields = text.split(",")
    if len(fields) > 3 or not all(field.isdecimal() for field in fields[:2]):
        raise InputError(f"expected --raw RATE[,CHANNELS[,ENCODING]] such as 16000,1,s16, found {text!r}")
    rate, channels, encoding = fields + ["", "1", "s16"][len(fields) :]
    return PcmFormat(int(rate), int(channels), encoding)


def _line(name: str, turn: Turn, heard: float, *, json: bool) -> str:
    speaker = f"SPEAKER_{turn.speaker:02d}"
    if not json:
        return f"SPEAKER {name} 1 {turn.start:.3f} {turn.end - turn.start:.3f} <NA> <NA> {speaker} <NA> <NA>"
    import msgspec

    told = {"start": round(turn.start, 3), "end": round(turn.end, 3), "speaker": speaker, "heard": round(heard, 3)}
    return msgspec.json.encode(told).decode()


def _write(path: Path, name: str, turns: list[Turn], shortest_pause: float) -> None:
    from pyannote.core import Annotation, Segment

    from voxmetric.data.rttm import write_rttm

    annotation = Annotation(uri=name)
    for number, turn in enumerate(turns):
        annotation[Segment(turn.start, turn.end), number] = f"SPEAKER_{turn.speaker:02d}"
    write_rttm(path, annotation.support(collar=shortest_pause))
