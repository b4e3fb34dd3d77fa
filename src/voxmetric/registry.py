"""The lookup of names: one small registry for each family of parts (losses, encoders, augmentations, corpora)."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from voxmetric.errors import InputError, unknown_name


@dataclass(frozen=True)
class Entry:
    """One named part.

    Attributes:
        target: where it is defined, as `package.module:attribute`; imported at first use.
        summary: one line for listings and help texts.
    """

    target: str
    summary: str

    def load(self) -> Callable[..., Any]:
        """Import the defining module and return the class or function."""
        module, _, attribute = self.target.partition(":")
        loaded: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
        return loaded


class Registry:
    """Names of one family, looked up lazily so that listing them imports nothing heavy."""

    def __init__(self, family: str, entries: Mapping[str, Entry]) -> None:
        self.family = family
        self._entries = dict(entries)

    def available(self) -> dict[str, str]:
        """Every name with its one-line summary, in the order of registration."""
        return {name: entry.summary for name, entry in self._entries.items()}

    def load(self, name: str) -> Callable[..., Any]:
        """The class or function registered as `name`.

        Raises:
            InputError: if there is no such name; the nearest one is suggested.
        """
        if name not in self._entries:
            raise unknown_name(self.family, name, self._entries)
        return self._entries[name].load()

    def options(self, name: str) -> dict[str, inspect.Parameter]:
        """The parameters that the part registered as `name` takes."""
        return dict(inspect.signature(self.load(name)).parameters)

    def create(self, name: str, options: Mapping[str, Any], shared: Mapping[str, Any] | None = None) -> Any:
        """Build the part registered as `name`.

        Args:
            name: a registered name.
            options: what the user chose; every key must be a parameter of the part.
            shared: what the surroundings offer to every part of the family (such as `embedding_size`);
                passed on only where the part has a parameter of that name.

        Raises:
            InputError: for an unknown name, an unknown option (the right ones are named) or a missing one.
        """
        build = self.load(name)
        parameters = self.options(name)
        offered = shared or {}
        for key in options:
            if key not in parameters:
                own = [parameter for parameter in parameters if parameter not in offered]
                raise unknown_name(f"option of {self.family} {name!r}", key, own)
        arguments = {key: value for key, value in offered.items() if key in parameters} | dict(options)
        missing = [
            key
            for key, parameter in parameters.items()
            if parameter.default is inspect.Parameter.empty and key not in arguments
        ]
        if missing:
            raise InputError(f"{self.family} {name!r} needs {', '.join(missing)}, which was not given")
        return build(**arguments)
