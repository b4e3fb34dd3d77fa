"""Writes docs/losses.md and the pictures of the margins from the registries and the docstrings.

python docs/losses_page.py            # write
python docs/losses_page.py --check    # exit 1 if what is written is not what would be
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from margin_pictures import picture

from voxmetric import losses
from voxmetric.losses import margins
from voxmetric.registry import Registry

HERE = Path(__file__).parent
SECTIONS = ("Args", "Attributes", "Published values", "Source", "Raises")
INTRODUCTION = """\
# Losses

Made from the code by `python docs/losses_page.py`; do not edit.

`voxmetric.losses.create(name, embedding_size=..., num_speakers=..., **options)` builds a loss;
`loss(embeddings, labels)` takes raw embeddings (N, D) and labels (N,) and returns a scalar. Groups come from the
labels, wherever in the batch the rows stand. `margin_kind` is an option of every loss over cosines; what a kind takes
besides `margin` goes into `margin_options`. `set_margin_factor` raises a margin over the steps, `statistics` tells what
a batch looked like.

In the formulas x is an embedding, y its speaker, W_j the weights of speaker j, theta_j the angle between x and the
reference of speaker j, cos_j = cos(theta_j), s the scale and [.]+ = max(0, .).
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _overview()]
    parts += [chapter(losses.losses, name, f"Batches: {_needs(name)}.\n") for name in losses.available()]
    parts.append("## Margins\n")
    parts.append("Each maps the target's cosine to a lower one; the others' cosines stay, but for `curricularface`.\n")
    for kind in margins.available():
        image = f"![target logit of {kind} against the angle](margins/{kind}.svg)\n"
        parts.append(chapter(margins.margins, kind, image))
    return "\n".join(parts)


def sections(docstring: str) -> dict[str, str]:
    """A docstring's parts by heading; what comes before the first heading is `""`."""
    found: dict[str, list[str]] = {"": []}
    current = ""
    for line in inspect.cleandoc(docstring).splitlines():
        heading = line.rstrip(":")
        if line.endswith(":") and heading in SECTIONS:
            current = heading
            found[current] = []
        else:
            found[current].append(line)
    return {heading: inspect.cleandoc("\n".join(lines)).strip() for heading, lines in found.items()}


def chapter(registry: Registry, name: str, extra: str, given: Collection[str] = ()) -> str:
    """What the docstring of a part says, its options as a table.

    Args:
        registry: that knows the part.
        name: of the part.
        extra: lines between formula and options, ending in a line break, or nothing.
        given: options that the surroundings fill in, which nobody chooses.
    """
    parts = sections(registry.load(name).__doc__ or "")
    text = [f"### {name}\n", f"{parts['']}\n", *([extra] if extra else [])]
    described = _described(parts.get("Args", ""))
    rows = [
        f"| `{option}` | {_default(parameter)} | {described.get(option, '')} |"
        for option, parameter in registry.options(name).items()
        if option not in given
    ]
    if rows:
        text.append("\n".join(["| option | default | meaning |", "|---|---|---|", *rows, ""]))
    for heading in ("Published values", "Source"):
        if heading in parts:
            text.append(f"{heading}: {parts[heading]}\n")
    return "\n".join(text)


def _overview() -> str:
    rows = [f"| [`{name}`](#{name}) | {summary} | {_needs(name)} |" for name, summary in losses.available().items()]
    return "\n".join(["| name | what it is | batches |", "|---|---|---|", *rows, ""])


def _needs(name: str) -> str:
    if name == "weighted_sum":
        return "what its terms need"
    needs = losses.create(name, embedding_size=4, num_speakers=4).needs
    if needs.batches == "shuffled":
        return "shuffled utterances"
    return f"by speaker, {needs.utterances_per_speaker} or more utterances each of {needs.speakers} or more speakers"


def _described(arguments: str) -> dict[str, str]:
    """Option to meaning, from the lines of an `Args` section."""
    entries = re.split(r"\n(?=\S)", arguments)
    pairs = (entry.split(":", 1) for entry in entries if ":" in entry)
    return {
        option.strip(): " ".join(meaning.split()).replace("|", r"\|")
        for options, meaning in pairs
        for option in options.split(",")
    }


def _default(parameter: inspect.Parameter) -> str:
    value: Any = parameter.default
    return "needed" if value is inspect.Parameter.empty else f"`{value!r}`".replace("'", '"')


def outputs() -> dict[Path, str]:
    """Every file that the page consists of, with its text."""
    pictures = {HERE / "margins" / f"{kind}.svg": picture(kind) for kind in margins.available()}
    return {HERE / "losses.md": page(), **pictures}


def main() -> None:
    """Write the files, or with --check compare them."""
    if "--check" in sys.argv[1:]:
        stale = [path.name for path, text in outputs().items() if not path.exists() or path.read_text("utf-8") != text]
        sys.exit(f"not up to date: {', '.join(stale)}; run python docs/losses_page.py" if stale else 0)
    for path, text in outputs().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
