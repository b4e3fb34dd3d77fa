"""Training without labels, by name: `create` builds a method, `available` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.encoders.encoder import Encoder
    from voxmetric.selfsupervised.method import Method

_HERE = "voxmetric.selfsupervised"

methods = Registry(
    "self-supervised method",
    {
        "simclr": Entry(f"{_HERE}.simclr:SimCLR", "views of one recording against the batch, with margins"),
        "moco": Entry(f"{_HERE}.moco:MoCo", "views of one recording against a queue of past keys, with margins"),
        "byol": Entry(f"{_HERE}.byol:BYOL", "a predictor guesses what a slow copy makes of the other view"),
        "simsiam": Entry(f"{_HERE}.simsiam:SimSiam", "a predictor guesses the other view, without a copy"),
        "barlow_twins": Entry(f"{_HERE}.barlow_twins:BarlowTwins", "components agree across views, each its own"),
        "vicreg": Entry(f"{_HERE}.vicreg:VICReg", "invariance, variance and covariance of the views"),
        "w_mse": Entry(f"{_HERE}.w_mse:WMSE", "views agree after whitening"),
        "swav": Entry(f"{_HERE}.swav:SwAV", "a view predicts the balanced assignments of the other"),
        "deepcluster": Entry(f"{_HERE}.deepcluster:DeepCluster", "views fall into the clusters of the last epoch"),
        "dino": Entry(f"{_HERE}.dino:DINO", "the student predicts what a slow teacher says of other views"),
    },
)


def available() -> dict[str, str]:
    """Every method's name with its one-line summary."""
    return methods.available()


def create(name: str, encoder: Encoder, *, num_recordings: int | None = None, **options: Any) -> Method:
    """Build the method registered as `name` around an encoder.

    Args:
        name: one of `available()`.
        encoder: the encoder to be trained; methods with a slowly moving copy start it from these weights.
        num_recordings: recordings of the training data, for methods that remember each.
        **options: the method's own options; see the page of methods in the documentation.

    Raises:
        InputError: for an unknown name or option (the right ones are named), a missing one or a bad value.
    """
    shared = {"encoder": encoder, "num_recordings": num_recordings}
    offered = {key: value for key, value in shared.items() if value is not None}
    method: Method = methods.create(name, options, shared=offered)
    return method


__all__ = ["available", "create", "methods"]
