"""`voxmetric doctor`: does this machine have what it takes, and if not, which command mends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from voxmetric.diagnosis import codecs, machine, packages, self_check
from voxmetric.diagnosis.finding import Finding

# Torch comes into play with the packages: what can be told without it is on the screen before.
CHECKS: dict[str, Callable[[], list[Finding]]] = {
    "Machine": machine.machine,
    "Packages": packages.base_packages,
    "Computing": machine.computing,
    "Recordings": codecs.codecs,
    "Extras": packages.extras,
    "Self-check": self_check.self_check,
}
COLOURS = {"ok": "green", "missing": "yellow", "broken": "bold red"}


def doctor(*, as_json: Annotated[bool, Parameter(name="--json", negative=())] = False) -> None:
    """Check this machine and this installation, and say how to mend what is missing.

    Exits with 0 if the base works, whatever extras are missing, and with 1 if something of the base is broken.

    Example: `voxmetric doctor`

    Parameters
    ----------
    as_json
        Print the findings as JSON.
    """
    console = Console()
    found: dict[str, list[Finding]] = {}
    for group, check in CHECKS.items():
        found[group] = check()
        if not as_json:
            console.print(_table(group, found[group]))
    findings = [finding for group in found.values() for finding in group]
    works = all(finding.ok or not finding.required for finding in findings)
    if as_json:
        listed = {group: [asdict(one) | {"state": one.state} for one in members] for group, members in found.items()}
        print(json.dumps({"works": works, "findings": listed}, indent=2))
    else:
        _print_mends(console, findings, works=works)
    if not works:
        raise SystemExit(1)


def _table(group: str, findings: list[Finding]) -> Table:
    table = Table(title=group, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column(min_width=18)
    table.add_column(min_width=7)
    table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(Text(finding.name), Text(finding.state, style=COLOURS[finding.state]), Text(finding.found))
    return table


def _print_mends(console: Console, findings: list[Finding], *, works: bool) -> None:
    """What to do, each command once and on one line, so that it can be copied."""
    console.print()
    console.print(Text("The base works." if works else "Something of the base is broken.", style="bold"))
    commands: dict[str, list[str]] = {}
    for finding in findings:
        if not finding.ok and finding.mend:
            commands.setdefault(finding.mend, []).append(finding.name)
    for command, names in commands.items():
        console.print(Text(f"To mend {', '.join(names)}:"))
        console.print(Text(f"  {command}"), soft_wrap=True)
