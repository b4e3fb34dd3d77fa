"""From a checkpoint to a model of ours: find the format, build the encoder, fill it, describe it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import voxmetric
from voxmetric import encoders
from voxmetric.audio import features
from voxmetric.errors import InputError
from voxmetric.interop import formats
from voxmetric.interop.checkpoint import Checkpoint, open_checkpoint
from voxmetric.interop.checkpoint_format import CheckpointFormat
from voxmetric.interop.key_report import KeyReport, fill
from voxmetric.speaker_model import Card, SpeakerModel


@dataclass(frozen=True)
class Conversion:
    """A converted model.

    Attributes:
        model: with its card, to be saved.
        format_name: the format that it was read as.
        architecture: the network, as its makers call it.
        report: what became of the tensors.
    """

    model: SpeakerModel
    format_name: str
    architecture: str
    report: KeyReport


def converted(
    path: str | os.PathLike[str],
    *,
    format_name: str | None,
    options: Mapping[str, Any],
    licence: str,
    force: bool,
) -> Conversion:
    """See `voxmetric.interop.convert`."""
    checkpoint = open_checkpoint(path)
    name = format_name or _recognised(checkpoint)
    reader: CheckpointFormat = formats.create(name, options)
    translation = reader.translate(checkpoint)
    # With every option given, so that nothing of the front-end that our encoder was published with is mixed in.
    front_end = features.create(**translation.encoder["front_end"]).options()
    encoder = encoders.create(**{**translation.encoder, "front_end": front_end})
    report = fill(encoder, translation.renamed)
    if not (report.fits or force):
        raise InputError(f"{checkpoint.path} does not fit {translation.architecture} as {name}: {report}")
    summary = f"{translation.architecture} from {reader.origin}, converted from {checkpoint.path.name}"
    card = Card(
        name=Path(path).resolve().stem,
        summary=summary if report.fits else f"{summary} by force: {report}",
        licence=licence,
        versions={"voxmetric": voxmetric.__version__},
    )
    return Conversion(SpeakerModel(encoder, card), name, translation.architecture, report)


def _recognised(checkpoint: Checkpoint) -> str:
    fitting = [name for name in formats.available() if formats.create(name, {}).recognises(checkpoint)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(
            f"{checkpoint.path} may be of {' or '.join(fitting)}, which differ in their front-ends alone: "
            "say which with --format"
        )
    raise InputError(
        f"{checkpoint.path} is of no known format ({', '.join(formats.available())}); its tensors are "
        f"{', '.join(list(checkpoint.tensors)[:5])}, ..."
    )
