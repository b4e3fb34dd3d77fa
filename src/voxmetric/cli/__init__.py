"""The command line: one file a verb, imported only when its verb is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

import voxmetric
from voxmetric.errors import DivergedError, InputError

VERBS = (
    "prepare",
    "simulate",
    "train",
    "compare",
    "embed",
    "evaluate",
    "threshold",
    "verify",
    "enroll",
    "identify",
    "gallery",
    "diarize",
    "demo",
    "convert",
    "export",
    "doctor",
)

app = App(
    name="voxmetric",
    help="Metric learning for speaker recognition: train, compare honestly, and use speaker embeddings.",
    version=voxmetric.__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,
)
for _verb in VERBS:
    app.command(f"voxmetric.cli.{_verb}:{_verb}", name=_verb)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; bad input ends with one line on stderr and exit code 2, an interrupt with 130."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except (InputError, DivergedError, CycloptsError) as error:
        print(f"voxmetric: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("voxmetric: interrupted; run the same command again to go on", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
