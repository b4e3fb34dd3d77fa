"""Other people's checkpoints, read as models of our own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.interop.conversion import Conversion

formats = Registry(
    "checkpoint format",
    {
        "voxceleb_trainer": Entry(
            "voxmetric.interop.voxceleb_trainer:VoxcelebTrainer", "ResNetSE34L and ResNetSE34V2 of voxceleb_trainer"
        ),
        "wespeaker": Entry("voxmetric.interop.wespeaker:WeSpeaker", "ResNet-18, ResNet-34 and ECAPA-TDNN of WeSpeaker"),
        "speechbrain": Entry("voxmetric.interop.speechbrain:SpeechBrain", "ECAPA-TDNN of SpeechBrain"),
        "taoruijie": Entry("voxmetric.interop.taoruijie:TaoRuijie", "ECAPA-TDNN of TaoRuijie's repository"),
        "three_d_speaker": Entry("voxmetric.interop.three_d_speaker:ThreeDSpeaker", "ECAPA-TDNN of 3D-Speaker"),
        "resemblyzer": Entry("voxmetric.interop.resemblyzer:Resemblyzer", "LSTM of Resemblyzer, trained with GE2E"),
        "sslsv": Entry("voxmetric.interop.sslsv:Sslsv", "ResNet-34 and ECAPA-TDNN of sslsv"),
    },
)


def available() -> dict[str, str]:
    """Names of the formats with one line each."""
    return formats.available()


def convert(
    path: str | os.PathLike[str],
    *,
    format_name: str | None = None,
    weights: str | None = None,
    log_input: bool | None = None,
    licence: str = "unknown",
    force: bool = False,
) -> Conversion:
    """Read somebody else's checkpoint as a model of our own, its front-end inside; nothing in it is executed.

    Args:
        path: the file of weights, or the folder that it came in.
        format_name: one of `available()`; None: told from the names of the tensors.
        weights: `teacher` or `student`, where a file holds both.
        log_input: whether the network of a voxceleb_trainer file takes logarithms of mel energies; None: as the
            `config.yaml` beside it says, else true, as for all published ones.
        licence: of the weights, for the model's card.
        force: convert although tensors are missing, unexpected, of another shape, or the front-end differs; what is
            missing keeps its random values.

    Raises:
        InputError: if the file cannot be read as tensors alone, its format is not clear, or its tensors do not fit.
    """
    from voxmetric.interop.conversion import converted

    options = {"weights": weights, "log_input": log_input}
    chosen = {name: value for name, value in options.items() if value is not None}
    return converted(path, format_name=format_name, options=chosen, licence=licence, force=force)
