"""Writes docs/encoders.md from the registries and the docstrings.

python docs/encoders_page.py            # write
python docs/encoders_page.py --check    # exit 1 if what is written is not what would be
"""

from __future__ import annotations

import sys
from pathlib import Path

from losses_page import chapter

from voxmetric import encoders
from voxmetric.encoders import pooling

PAGE = Path(__file__).with_name("encoders.md")
# What the surroundings tell each part.
TOLD = ("num_features", "sample_rate", "num_channels")
INTRODUCTION = """\
# Encoders

Made from the code by `python docs/encoders_page.py`; do not edit.

`voxmetric.encoders.create(name, embedding_size=..., front_end={...}, pooling=..., **options)` builds an encoder with
random weights: a module from waveforms (B, T) to embeddings (B, D), its front-end inside. `lengths=` tells how many
samples count in each item of a padded batch; in evaluation mode padding and neighbours change nothing.
`front_end` lays options over the published front-end, or names another; `pooling` is any of those below, alone or as a
mapping of its name and options.

Parameters, and multiply-adds for a second of audio, are those of the published front-end, pooling and embedding size,
all of which can be changed: `voxmetric.encoders.describe(name, ...)` counts again. Speed as measured is on
[a page of its own](results/speed.md).
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, _overview()]
    parts += [chapter(encoders.trunks, name, "", given=TOLD) for name in encoders.available()]
    parts.append("## Poolings\n")
    parts.append("Of C channels of frames each makes one vector, behind which a linear layer gives the embedding.\n")
    parts += [chapter(pooling.poolings, name, "", given=TOLD) for name in pooling.available()]
    return "\n".join(parts)


def _overview() -> str:
    rows = []
    for name, listed in encoders.available().items():
        published = encoders.trunks.load(name).published  # type: ignore[attr-defined]
        around = f"`{published.front_end['name']}` | `{pooling.as_mapping(published.pooling)['name']}`"
        millions = f"{listed.parameters / 1e6:.2f} | {listed.multiply_adds_per_second / 1e6:,.0f}"
        rows.append(f"| [`{name}`](#{name}) | {listed.summary} | {millions} | {around} | {published.embedding_size} |")
    head = "| name | what it is | parameters, M | multiply-adds/s, M | front-end | pooling | embedding |"
    return "\n".join([head, "|---|---|--:|--:|---|---|--:|", *rows, ""])


def main() -> None:
    """Write the page, or with --check compare it."""
    if "--check" in sys.argv[1:]:
        stale = not PAGE.exists() or PAGE.read_text("utf-8") != page()
        sys.exit("encoders.md is not up to date; run python docs/encoders_page.py" if stale else 0)
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
