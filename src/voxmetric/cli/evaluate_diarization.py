"""The part of `voxmetric evaluate` that scores diarization."""

from __future__ import annotations

from pathlib import Path

from voxmetric.cli.diarization_options import DiarizationOptions


def evaluate_diarization(
    options: DiarizationOptions, *, resamples: int | None, output: Path | None, json: bool
) -> None:
    """Score, print, and write `results.json` into `output`."""
    import msgspec
    from rich.console import Console

    from voxmetric.cli.evaluate import system_names
    from voxmetric.files import write_text
    from voxmetric.metrics.diarization.evaluation import evaluate_diarizations
    from voxmetric.reports.diarization_table import diarization_table

    assert options.reference is not None
    assert options.hypothesis is not None
    evaluation = evaluate_diarizations(
        options.reference,
        dict(zip(system_names(options.hypothesis), options.hypothesis, strict=True)),
        collar=options.collar,
        skip_overlap=options.skip_overlap,
        uem=options.uem,
        protocol=options.protocol,
        num_resamples=10_000 if resamples is None else resamples,
    )
    if output is not None:
        write_text(output / "results.json", msgspec.json.format(msgspec.json.encode(evaluation)).decode() + "\n")
    if json:
        print(msgspec.json.encode(evaluation).decode())
        return
    Console().print(diarization_table(evaluation, per_recording=options.per_recording))
    if output is not None:
        print(f"results: {output / 'results.json'}")
