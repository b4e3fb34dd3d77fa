"""Writes docs/self_supervised.md from the registry of methods and the docstrings.

python docs/self_supervised_page.py            # write
python docs/self_supervised_page.py --check    # exit 1 if what is written is not what would be
"""

from __future__ import annotations

import sys
from pathlib import Path

from losses_page import chapter

from voxmetric.selfsupervised import methods
from voxmetric.selfsupervised.method import ViewNeeds

HERE = Path(__file__).parent
PAGE = HERE / "self_supervised.md"
RECIPES = HERE.parent / "recipes"
INTRODUCTION = """\
# Training without labels

Made from the code by `python docs/self_supervised_page.py`; do not edit.

A recipe with `method: {name: ..., options: {...}}`, in place of `loss`, trains without labels; `views` says which crops
of a recording are compared, `positives` brings in other recordings that are probably of the same speaker, and
[recipes](recipes.md) lists the keys. Labels, where there are any, serve evaluation and diagnostics alone;
`voxmetric prepare FOLDER --kind unlabelled` makes the table of a folder without any.

In the formulas z is a projection, which is the embedding itself where there is no projector, and 1 and 2 are two views
of one recording. Every loss is that of the whole batch, of all processes together, computed in float32 also where the
encoder works in bfloat16. What a method keeps besides the weights (queues, slow copies, statistics) is part of the
checkpoint, so that a resumed run goes on as if it had not stopped.

Slow copies average the parameters of encoder and projector alone. Their batch normalisation uses the statistics of the
batch that they are given and keeps running ones of its own; with `batch_statistics: false` it uses the encoder's
running ones.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _overview()]
    parts += [
        chapter(methods, name, _recipe(name), given=("encoder", "num_recordings")) for name in methods.available()
    ]
    return "\n".join(parts)


def _overview() -> str:
    rows = [f"| [`{name}`](#{name}) | {summary} | {_needs(name)} |" for name, summary in methods.available().items()]
    return "\n".join(["| name | what it is | asks for |", "|---|---|---|", *rows, ""])


def _needs(name: str) -> str:
    needs: ViewNeeds = methods.load(name).needs
    views = f"{needs.global_views} views"
    return f"{views}, shorter ones if there are any" if needs.local_views else views


def _recipe(name: str) -> str:
    path = RECIPES / f"{name}.yaml"
    return f"Recipe: [{path.name}](../recipes/{path.name}).\n" if path.exists() else ""


def main() -> None:
    """Write the page, or with --check compare it."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page():
        sys.exit(f"not up to date: {PAGE.name}; run python docs/self_supervised_page.py")


if __name__ == "__main__":
    main()
