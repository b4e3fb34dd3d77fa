"""The documentation page of recipes, made from the dataclasses: `python -m voxmetric.training.recipe_page`."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

from voxmetric.training.recipe import (
    Batches,
    Candidate,
    ComparisonPlan,
    Data,
    DiarizationTest,
    EncoderChoice,
    FineTuning,
    LossChoice,
    MarginSchedule,
    MethodChoice,
    OptimizerChoice,
    Positives,
    PseudoLabels,
    Recipe,
    RecordingSet,
    Schedule,
    Training,
    Views,
)

SECTIONS: dict[str, type[Any]] = {
    "": Recipe,
    "data": Data,
    "encoder": EncoderChoice,
    "fine_tuning": FineTuning,
    "loss": LossChoice,
    "method": MethodChoice,
    "views": Views,
    "positives": Positives,
    "pseudo_labels": PseudoLabels,
    "batches": Batches,
    "optimizer": OptimizerChoice,
    "schedule": Schedule,
    "margin_schedule": MarginSchedule,
    "training": Training,
    "compare": ComparisonPlan,
    "compare.losses[]": Candidate,
    "diarization": DiarizationTest,
    "diarization.sets[]": RecordingSet,
}

INTRODUCTION = """# Recipes

A recipe is the experiment: one YAML file that `voxmetric train` and `voxmetric compare` read. Every key but
`data.table` has a default; an unknown key is an error that names the nearest valid one. `--set key.key=VALUE` on the
command line beats the file. The resolved recipe, with every default written out, is saved beside the model.

Relative paths start from the recipe's folder and `$NAME` is read from the environment, in `data.table`,
`data.trials`, `fine_tuning.model`, `pseudo_labels.model` and every `folder` of an augmentation or a set
of recordings. A model may be the name of a shipped one where there is no such folder.
`voxmetric.losses.available()`, `voxmetric.encoders.available()`, `voxmetric.selfsupervised.available()` and
`voxmetric.augmentations.available()` list the names.
"""


def render() -> str:
    """The page as Markdown."""
    return INTRODUCTION + "".join(_section(name, kind) for name, kind in SECTIONS.items())


def _section(name: str, kind: type[Any]) -> str:
    summary = (inspect.getdoc(kind) or "").partition("\n")[0]
    title = f"`{name}`" if name else "The whole"
    rows = [f"| `{field.name}` | {_default(field)} | {_help(kind, field.name)} |" for field in _plain_fields(kind)]
    return f"\n## {title}\n\n{summary}\n\n| key | default | meaning |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _plain_fields(kind: type[Any]) -> list[dataclasses.Field[Any]]:
    """Fields that have no section of their own."""
    return [field for field in dataclasses.fields(kind) if kind is not Recipe or field.name not in SECTIONS]


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return "required"
    if value is None or value in ({}, []):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _help(kind: type[Any], name: str) -> str:
    text = inspect.getdoc(kind) or ""
    found = re.search(rf"^    {name}: (.*?)(?=^    \w+: |\Z)", text, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else ""


if __name__ == "__main__":
    print(render(), end="")
