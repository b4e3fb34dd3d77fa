"""The model of a gallery: given when it is opened, or loaded from where it was when the first recording comes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from voxmetric.errors import InputError
from voxmetric.identification.stores.store import ModelIdentity

if TYPE_CHECKING:
    from voxmetric.precision import Request
    from voxmetric.speaker_model import SpeakerModel


def model_and_identity(
    model: SpeakerModel | str | os.PathLike[str] | None, precision: Request = "float32"
) -> tuple[SpeakerModel | None, ModelIdentity | None]:
    """A model given, loaded if it is a folder or a name, and what a gallery keeps of it; None of both for None.

    Args:
        model: given as a model, it keeps the precision that it has.
        precision: in which one that is loaded computes.

    Raises:
        InputError: if it cannot be loaded, or not in that precision.
    """
    if model is None:
        return None, None
    source = ""
    if isinstance(model, str | os.PathLike):
        from voxmetric.speaker_model import load_model

        source = os.fspath(model)
        model = load_model(source, precision=precision)
        if Path(source).exists():
            source = os.fspath(Path(source).absolute())
    return model, ModelIdentity(model.fingerprint, model.embedding_size, source)


def load_remembered(identity: ModelIdentity, place: str, precision: Request = "float32") -> SpeakerModel:
    """The model of the gallery at `place`, from where it was when that was made.

    Raises:
        InputError: if it is no longer there, or another one is, or it cannot compute in that precision.
    """
    from voxmetric.speaker_model import load_model

    if not identity.source:
        raise InputError(f"the gallery {place} does not know where its model is: give the model")
    try:
        loaded = load_model(identity.source, precision=precision)
    except InputError as error:
        raise InputError(
            f"cannot load the model of the gallery {place} from where it was (--model says where it is now): {error}"
        ) from error
    identity.check(ModelIdentity(loaded.fingerprint, loaded.embedding_size), place)
    return loaded
