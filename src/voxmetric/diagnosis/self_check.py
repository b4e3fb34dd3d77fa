"""Whether the whole path works: a tiny encoder embeds a sound."""

from __future__ import annotations

from voxmetric.diagnosis.finding import Finding, attempt
from voxmetric.diagnosis.packages import install_command

EMBEDDING_SIZE = 16


def self_check() -> list[Finding]:
    """An encoder with random weights must give a finite embedding of unit length."""
    return [attempt("embedding", _embed, mend=install_command(""))]


def _embed() -> str:
    import numpy as np

    from voxmetric import encoders
    from voxmetric.speaker_model import SpeakerModel

    model = SpeakerModel(encoders.create("x_vector", embedding_size=EMBEDDING_SIZE))
    sound = np.random.default_rng(0).normal(0, 0.1, 2 * model.sample_rate).astype(np.float32)
    embedding = model.embed(sound)
    length = float(np.linalg.norm(embedding))
    if embedding.shape != (EMBEDDING_SIZE,) or not abs(length - 1) < 1e-4:
        raise ValueError(f"expected ({EMBEDDING_SIZE},) of length 1, found {embedding.shape} of length {length:g}")
    return "x_vector: finite and of unit length"
