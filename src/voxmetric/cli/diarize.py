"""`voxmetric diarize`: who spoke when in recordings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from voxmetric.errors import InputError
from voxmetric.precision import Request

if TYPE_CHECKING:
    from pyannote.core import Annotation

    from voxmetric.cli.progress import StagedProgress
    from voxmetric.diarization.settings import DiarizationSettings
    from voxmetric.diarization.speech import GivenRegions
    from voxmetric.identification.gallery import Gallery
    from voxmetric.metrics.diarization.error import DiarizationError
    from voxmetric.speaker_model import SpeakerModel


def diarize(
    recordings: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    format: str | None = None,
    num_speakers: int | None = None,
    min_speakers: int = 1,
    max_speakers: int | None = None,
    model: str = "default",
    clustering: str | None = None,
    threshold: float | None = None,
    voice_activity: str | None = None,
    overlap: Literal["none", "posterior"] | None = None,
    regions: Path | None = None,
    gallery: str | None = None,
    gallery_threshold: float | None = None,
    reference: Path | None = None,
    collar: float = 0.0,
    picture: Annotated[bool, Parameter(negative="")] = False,
    stream: Annotated[bool, Parameter(negative="")] = False,
    delay: float = 5.0,
    idle: float = 5.0,
    raw: str | None = None,
    precision: Request = "float32",
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Say who spoke when, and how long.

    Of several recordings one that cannot be read is reported and the others go on (exit code 2 at the end).
    Interrupted, the same command goes on with those that are not in the output folder yet.

    Example: `voxmetric diarize meeting.wav --output turns --format rttm,json --picture`

    Example: `voxmetric diarize *.wav --max-speakers 4 --reference reference.rttm`

    Example: `arecord -f S16_LE -r 16000 | voxmetric diarize --stream`

    Parameters
    ----------
    recordings
        Recordings of any rate, length and number of channels (which are mixed).
    output
        Folder to write one file of each format into for each recording, named after it.
    format
        `rttm` (the default), `json`, `csv`, `audacity`, `textgrid`, `webvtt`, or several with commas between them.
        Without --output one format is printed instead of the table.
    num_speakers
        How many speak, where it is known.
    min_speakers
        The least number to be found.
    max_speakers
        The largest.
    model
        A model's folder, or the name of a shipped model.
    clustering
        `k_means`, `x_means`, `agglomerative`, `spectral` or `vbx`.
    threshold
        Cosine distance from which on voices differ, for `agglomerative` and `vbx`.
    voice_activity
        `silero`, or `energy`.
    overlap
        `none`: one speaker at a time; `posterior`: two where the frames around a change speak for both.
    regions
        RTTM or UEM file that says where somebody speaks, in place of a detector; by the recordings' names.
    gallery
        Enrolled people, by `voxmetric enroll` with the same model; speakers who are recognised have their names.
    gallery_threshold
        What a speaker must reach to be recognised: a log-likelihood ratio where the model is calibrated, else a cosine.
    reference
        RTTM file with the truth: prints the diarization error rate with its components.
    collar
        Seconds that are not scored on each side of the reference's boundaries.
    picture
        Draw a timeline, with the reference above where there is one: PNG, SVG and an HTML page in the output folder.
    stream
        Follow one wav that is still growing, or, without a recording, the standard input, and print each turn as soon
        as it is final, as an RTTM line or as JSON with --json; an interrupt ends it. Only --model, --precision,
        --threshold, --max-speakers, --output and the next three go with it.
    delay
        Seconds after which a moment's speaker is final; more is more accurate. A turn is printed when it ends, or in
        pieces of about five seconds.
    idle
        A file has ended when it has not grown for so many seconds.
    raw
        The stream is plain samples, not a wav: `RATE[,CHANNELS[,ENCODING]]`, such as `16000,1,s16`; encodings are u8,
        s16, s24, s32, f32 and f64, little-endian.
    precision
        In which the model computes: `bfloat16` takes less time on processors that are faster in it and changes the
        result slightly; `auto` is bfloat16 on those and float32 elsewhere.
    overwrite
        Diarize recordings again that are in the output folder.
    quiet
        No progress bar.
    json
        Print the results as JSON.
    """
    from voxmetric.cli.diarization_files import DiarizationFiles
    from voxmetric.cli.diarization_printing import print_json, print_tables
    from voxmetric.cli.progress import staged_progress
    from voxmetric.cli.recording_annotations import read_reference, read_regions
    from voxmetric.diarization.settings import DiarizationSettings
    from voxmetric.metrics.diarization.error import diarization_error
    from voxmetric.speaker_model import load_model

    recordings = recordings or []
    if stream:
        from voxmetric.cli.streaming import diarize_stream, only_for_whole_recordings

        only_for_whole_recordings(
            recordings,
            {
                "--format": format,
                "--num-speakers": num_speakers,
                "--min-speakers": min_speakers if min_speakers != 1 else None,
                "--clustering": clustering,
                "--voice-activity": voice_activity,
                "--overlap": overlap,
                "--regions": regions,
                "--gallery": gallery,
                "--gallery-threshold": gallery_threshold,
                "--reference": reference,
                "--collar": collar or None,
                "--picture": picture or None,
                "--overwrite": overwrite or None,
            },
        )
        diarize_stream(
            recordings[0] if recordings else None,
            model,
            precision=precision,
            delay_seconds=delay,
            threshold=threshold,
            max_speakers=max_speakers,
            raw=raw,
            idle_seconds=idle,
            output=output,
            json=json,
        )
        return
    if not recordings:
        raise InputError("expected recordings, found none; or --stream, to follow the standard input")
    files = DiarizationFiles.of(format, output, picture=picture, json=json)
    names = _names(recordings)
    settings = DiarizationSettings.of(
        num_speakers=num_speakers,
        min_speakers=min_speakers,
        max_speakers=max_speakers,
        clustering=clustering,
        clustering_options=None if threshold is None else {"threshold": threshold},
        voice_activity=voice_activity,
        overlap=overlap,
        gallery_threshold=gallery_threshold,
    )
    given = None if regions is None else read_regions(regions, names)
    truth = None if reference is None else read_reference(reference, names)
    todo = [
        (name, path) for name, path in zip(names, recordings, strict=True) if overwrite or not files.are_there(name)
    ]
    if len(todo) < len(names):
        done = f"{len(names) - len(todo)} of {len(names)} recordings are in {output} already"
        print(f"voxmetric: {done}; --overwrite does them again", file=sys.stderr)
    loaded = load_model(model, precision=precision) if todo else None
    found: dict[str, tuple[Annotation, float]] = {}
    failures: dict[str, str] = {}
    errors: dict[str, DiarizationError] = {}
    with staged_progress(quiet=quiet) as progress, _opened(gallery, loaded) as people:
        for number, (name, path) in enumerate(todo, start=1):
            progress.start(f"{path.name} ({number} of {len(todo)})" if len(todo) > 1 else path.name)
            assert loaded is not None
            try:
                annotation, duration = _diarized(path, loaded, settings, given and given[name], people, progress)
            except InputError as error:
                failures[name] = str(error)
                if len(names) > 1:
                    where = "" if str(path) in str(error) else f"{path}: "
                    print(f"voxmetric: {where}{error}", file=sys.stderr)
                continue
            found[name] = annotation, duration
            if truth is not None:
                errors[name] = diarization_error(truth[name], annotation, collar=collar)
            files.write(annotation, duration, truth and truth[name], errors.get(name))
    if failures and len(names) == 1:
        raise InputError(next(iter(failures.values())))
    overall = None
    if truth is not None and found:
        annotations = {name: annotation for name, (annotation, _) in found.items()}
        overall = diarization_error({name: truth[name] for name in found}, annotations, collar=collar)
    if json:
        print_json(found, failures, errors, overall)
    elif output is None and files.formats:
        from voxmetric.diarization.outputs import render

        for annotation, duration in found.values():
            print(render(files.formats[0], annotation, duration), end="")
    else:
        print_tables(found, errors, overall, output)
    if failures:
        raise InputError(f"{len(failures)} of {len(names)} recordings could not be diarized: {', '.join(failures)}")


def _names(recordings: list[Path]) -> list[str]:
    """The name of each recording, its file's without the ending.

    Raises:
        InputError: for two of one name, whose files would be one.
    """
    names = [path.stem for path in recordings]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"expected recordings of different names, found {twice!r} twice: rename one")
    return names


def _opened(gallery: str | None, model: SpeakerModel | None) -> Any:
    """The gallery, to be closed again, or nothing."""
    from contextlib import nullcontext

    if gallery is None or model is None:
        return nullcontext()
    from voxmetric.identification.gallery import Gallery

    return Gallery.open(gallery, model=model)


def _diarized(
    path: Path,
    model: SpeakerModel,
    settings: DiarizationSettings,
    regions: GivenRegions | None,
    gallery: Gallery | None,
    progress: StagedProgress,
) -> tuple[Annotation, float]:
    """Who spoke when in a recording, and its duration."""
    from voxmetric.audio.source import AudioSource
    from voxmetric.diarization.diarize import prepare
    from voxmetric.diarization.labelling import label

    embedded = prepare(AudioSource(path), model, settings, regions, progress.update)
    return label(embedded, settings, gallery), embedded.duration
