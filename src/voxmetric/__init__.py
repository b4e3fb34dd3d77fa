"""voxmetric: metric learning for speaker recognition.

Everything public is reached from here (`import voxmetric as vm`); parts are imported at first use, so that
importing the package costs almost nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from voxmetric import encoders, losses, metrics, selfsupervised
    from voxmetric.audio import augmentation as augmentations
    from voxmetric.diarization import clustering
    from voxmetric.diarization import simulation as conversations
    from voxmetric.diarization.diarize import diarize
    from voxmetric.diarization.settings import DiarizationSettings
    from voxmetric.diarization.streaming.streaming_diarizer import StreamingDiarizer
    from voxmetric.identification.gallery import Gallery
    from voxmetric.speaker_model import SpeakerModel, load_model

_LAZY = {
    "augmentations": "voxmetric.audio.augmentation",
    "clustering": "voxmetric.diarization.clustering",
    "conversations": "voxmetric.diarization.simulation",
    "encoders": "voxmetric.encoders",
    "losses": "voxmetric.losses",
    "metrics": "voxmetric.metrics",
    "selfsupervised": "voxmetric.selfsupervised",
    "DiarizationSettings": "voxmetric.diarization.settings:DiarizationSettings",
    "Gallery": "voxmetric.identification.gallery:Gallery",
    "StreamingDiarizer": "voxmetric.diarization.streaming.streaming_diarizer:StreamingDiarizer",
    "SpeakerModel": "voxmetric.speaker_model:SpeakerModel",
    "diarize": "voxmetric.diarization.diarize:diarize",
    "load_model": "voxmetric.speaker_model:load_model",
}

__all__ = [
    "DiarizationSettings",
    "Gallery",
    "SpeakerModel",
    "StreamingDiarizer",
    "__version__",
    "augmentations",
    "clustering",
    "conversations",
    "diarize",
    "encoders",
    "load_model",
    "losses",
    "metrics",
    "selfsupervised",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'voxmetric' has no attribute {name!r}")
    module, _, attribute = _LAZY[name].partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def __dir__() -> list[str]:
    return sorted(__all__)
