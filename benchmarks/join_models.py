"""Joins models into one, whose cosines are the means of theirs: how the default model was made of two.

    voxmetric train recipes/default_model.yaml --output runs/residual
    voxmetric train recipes/default_model_gated.yaml --output runs/gated
    python benchmarks/join_models.py runs/residual runs/gated --name default --output runs/joined
    python benchmarks/default_model.py runs/residual runs/joined --write runs/joined

Weights are kept in half precision. The card has the training data of the first model and the recipes of all; what its
other lines say is for `default_model.py --write`, or you, to fill in.
"""

from __future__ import annotations

import argparse

from voxmetric import load_model
from voxmetric.encoders.ensemble import join
from voxmetric.speaker_model import Card, SpeakerModel


def main() -> None:
    """Join and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--name", default="joined")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    members = [load_model(path) for path in arguments.models]
    first = members[0].card
    card = Card(
        name=arguments.name,
        summary=" and ".join(member.card.summary for member in members),
        training_data={key: value for key, value in first.training_data.items() if key != "speeds"},
        licence=first.licence,
        synthetic=any(member.card.synthetic for member in members),
        recipe={"members": [member.card.recipe for member in members]},
        unfit_for=first.unfit_for,
        versions=first.versions,
    )
    model = SpeakerModel(join([member.encoder for member in members]), card)
    print(model.save(arguments.output, half_precision=True))


if __name__ == "__main__":
    main()
