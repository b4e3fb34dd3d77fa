"""Training objectives by name: `create` builds one, `available` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.losses.loss import Loss

_HERE = "voxmetric.losses"

losses = Registry(
    "loss",
    {
        "softmax": Entry(f"{_HERE}.softmax:Softmax", "cross-entropy over a linear layer"),
        "normface": Entry(f"{_HERE}.normface:normface", "cross-entropy over scaled cosines to class weights"),
        "am_softmax": Entry(f"{_HERE}.am_softmax:am_softmax", "class weights, additive margin (CosFace)"),
        "aam_softmax": Entry(f"{_HERE}.aam_softmax:aam_softmax", "class weights, additive angular margin (ArcFace)"),
        "subcenter_aam_softmax": Entry(
            f"{_HERE}.subcenter_aam_softmax:subcenter_aam_softmax",
            "several centres a class, additive angular margin",
        ),
        "coco": Entry(f"{_HERE}.coco:coco", "congenerous cosine: class centres, no margin"),
        "sphereface": Entry(f"{_HERE}.sphereface:sphereface", "class weights, multiplied angle (A-Softmax)"),
        "curricularface": Entry(
            f"{_HERE}.curricularface:curricularface",
            "class weights, hard negatives weigh more as training goes on",
        ),
        "magface": Entry(f"{_HERE}.magface:magface", "class weights, margin grows with the embedding's norm"),
        "adaface": Entry(f"{_HERE}.adaface:adaface", "class weights, margin adapts to the norm as a sign of quality"),
        "center": Entry(f"{_HERE}.center:Center", "cross-entropy plus the distance to the class's centre"),
        "prototypical": Entry(f"{_HERE}.prototypical:Prototypical", "squared distance to the batch's prototypes"),
        "angular_prototypical": Entry(
            f"{_HERE}.angular_prototypical:angular_prototypical", "scaled cosine to the batch's prototypes"
        ),
        "am_prototypical": Entry(
            f"{_HERE}.angular_prototypical:am_prototypical", "angular prototypical with an additive margin"
        ),
        "aam_prototypical": Entry(
            f"{_HERE}.angular_prototypical:aam_prototypical",
            "angular prototypical with an additive angular margin",
        ),
        "ge2e": Entry(f"{_HERE}.ge2e:ge2e", "scaled cosine to prototypes that leave the utterance itself out"),
        "softmax_prototypical": Entry(
            f"{_HERE}.softmax_prototypical:softmax_prototypical", "softmax plus angular prototypical"
        ),
        "nt_xent": Entry(f"{_HERE}.nt_xent:nt_xent", "views of one recording against the batch (SimCLR)"),
        "moco": Entry(f"{_HERE}.moco:moco", "views of one recording against a queue of past keys"),
        "cross_batch": Entry(f"{_HERE}.cross_batch:cross_batch", "utterances against a memory of past batches"),
        "contrastive": Entry(f"{_HERE}.contrastive:Contrastive", "all pairs: same close, different apart"),
        "triplet": Entry(f"{_HERE}.triplet:Triplet", "positives closer than negatives by a margin"),
        "quadruplet": Entry(f"{_HERE}.quadruplet:Quadruplet", "triplet plus pairs of two further speakers"),
        "weighted_sum": Entry(f"{_HERE}.combination:weighted_sum", "any losses, weighted and added"),
    },
)


def available() -> dict[str, str]:
    """Every loss's name with its one-line summary."""
    return losses.available()


def create(name: str, *, embedding_size: int | None = None, num_speakers: int | None = None, **options: Any) -> Loss:
    """Build the loss registered as `name`.

    Args:
        name: one of `available()`.
        embedding_size: D, passed on to losses that need it.
        num_speakers: C, passed on to losses that need it.
        **options: the loss's own options; see the page of losses in the documentation.

    Raises:
        InputError: for an unknown name or option (the right ones are named), a missing one or a bad value.
    """
    sizes = {"embedding_size": embedding_size, "num_speakers": num_speakers}
    loss: Loss = losses.create(name, options, shared={key: size for key, size in sizes.items() if size is not None})
    return loss


__all__ = ["available", "create", "losses"]
