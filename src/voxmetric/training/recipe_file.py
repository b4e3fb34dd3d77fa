"""Reading and writing recipes: strict about keys, types and ranges; the command line beats the file beats defaults."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from voxmetric import shipped
from voxmetric.errors import InputError, unknown_name
from voxmetric.training.recipe import FineTuning, Recipe

PATHS = frozenset({"table", "trials", "folder", "model"})


def read_recipe(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe file.

    Args:
        path: YAML file.
        overrides: `key.key=value` assignments from the command line, which beat the file.

    Raises:
        InputError: for a file that is missing or not YAML, an unknown key (the nearest valid one is named), or a
            value of the wrong type or out of range, or a model to start from that does not fit the recipe.
    """
    file = Path(path)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the recipe {file}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not a YAML file: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(
            f"{file}: expected a mapping with keys such as `data` and `loss`, found {type(content).__name__}"
        )
    for assignment in overrides:
        _assign(content, assignment)
    from_mapping(content, str(file))  # its errors speak of what is in the file, so they come before paths change
    resolved = _map_paths(content, lambda path: _resolve(path, file.resolve().parent))
    if (resolved.get("fine_tuning") or {}).get("model") is not None:
        from voxmetric.training.fine_tuning import with_encoder_of_model

        resolved = with_encoder_of_model(resolved)
    return from_mapping(resolved, str(file))


def from_mapping(content: Mapping[str, Any], source: str = "recipe") -> Recipe:
    """A `Recipe` from plain data; see `read_recipe` for the errors. `source` names the origin in them."""
    _refuse_unknown_keys(content, Recipe, "", source)
    try:
        recipe = msgspec.convert(content, Recipe, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"{source}: {str(error).replace('`$.', '`')}") from error
    if recipe.method is None and recipe.batches.size % recipe.batches.utterances_per_speaker:
        raise InputError(
            f"{source}: batches.size ({recipe.batches.size}) must be a multiple of "
            f"batches.utterances_per_speaker ({recipe.batches.utterances_per_speaker})"
        )
    if recipe.data.development is not None and recipe.data.development_speakers:
        raise InputError(f"{source}: give data.development or data.development_speakers, not both")
    if recipe.fine_tuning.model is None and recipe.fine_tuning != FineTuning():
        raise InputError(f"{source}: fine_tuning needs a model to start from: set fine_tuning.model (or --from)")
    if recipe.fine_tuning.original_share is not None and recipe.method and recipe.method.embedding == "projection":
        raise InputError(
            f"{source}: fine_tuning.original_share has no projection to mix with, for it is drawn anew: set "
            "method.embedding to encoder, or leave the share out"
        )
    plan = recipe.training
    if plan.average_from_step is not None and plan.average_from_step > plan.steps:
        raise InputError(
            f"{source}: training.average_from_step ({plan.average_from_step}) is beyond training.steps ({plan.steps}): "
            "no weights would be averaged"
        )
    schedule = recipe.margin_schedule
    if schedule.end_step and schedule.end_step <= schedule.start_step:
        raise InputError(
            f"{source}: margin_schedule.end_step ({schedule.end_step}) must be above start_step ({schedule.start_step})"
        )
    return recipe


def to_mapping(recipe: Recipe) -> dict[str, Any]:
    """The resolved recipe as plain data, every default written out."""
    return dataclasses.asdict(recipe)


def to_portable_mapping(recipe: Recipe) -> dict[str, Any]:
    """`to_mapping` with files and folders by their names alone, for cards and reports that travel."""
    plain: dict[str, Any] = _map_paths(to_mapping(recipe), lambda path: Path(path).name)
    return plain


def to_yaml(recipe: Recipe) -> str:
    """The resolved recipe as YAML text."""
    return yaml.safe_dump(to_mapping(recipe), sort_keys=False, allow_unicode=True)


def fingerprint(plain: Mapping[str, Any]) -> str:
    """SHA-256 of plain data in canonical JSON."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The dotted keys whose values differ between two resolved recipes."""
    found: list[str] = []
    for key in sorted(set(old) | set(new)):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += differences(before, after, f"{prefix}{key}.")
        elif before != after:
            found.append(f"{prefix}{key}")
    return found


def _assign(content: dict[str, Any], assignment: str) -> None:
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        raise InputError(f"expected --set key.key=value, found {assignment!r}")
    *parents, last = key.split(".")
    level = content
    for parent in parents:
        level = level.setdefault(parent, {})
        if not isinstance(level, dict):
            raise InputError(f"--set {assignment}: {parent!r} is a value, not a group of keys")
    try:
        level[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"--set {assignment}: the value is not YAML") from error


def _refuse_unknown_keys(content: Any, kind: Any, prefix: str, source: str) -> None:
    """Walk plain data beside the dataclass it is meant for; free mappings (options) are left to their own checks."""
    if typing.get_origin(kind) is list and isinstance(content, list):
        for position, item in enumerate(content):
            _refuse_unknown_keys(item, typing.get_args(kind)[0], f"{prefix[:-1]}[{position}].", source)
    elif typing.get_origin(kind) is not None and not dataclasses.is_dataclass(kind):
        for option in typing.get_args(kind):
            if dataclasses.is_dataclass(option):
                _refuse_unknown_keys(content, option, prefix, source)
    elif dataclasses.is_dataclass(kind) and isinstance(content, Mapping):
        types = typing.get_type_hints(kind)
        for key, value in content.items():
            if key not in types:
                error = unknown_name("key", f"{prefix}{key}", [f"{prefix}{name}" for name in types])
                raise InputError(f"{source}: {error}")
            _refuse_unknown_keys(value, types[key], f"{prefix}{key}.", source)


def _map_paths(plain: Any, change: Callable[[str], str]) -> Any:
    """Plain data with every path in it changed: `data.table`, `data.trials`, `fine_tuning.model`, each `folder`."""
    if isinstance(plain, list):
        return [_map_paths(item, change) for item in plain]
    if isinstance(plain, dict):
        return {
            key: change(value) if _is_path(key, value) else _map_paths(value, change) for key, value in plain.items()
        }
    return plain


def _is_path(key: str, value: Any) -> bool:
    return key in PATHS and isinstance(value, str) and value != "all_pairs"


def _resolve(path: str, folder: Path) -> str:
    expanded = os.path.expandvars(path)
    if "$" in expanded:
        name = expanded[expanded.index("$") + 1 :].split("/")[0].strip("{}")
        raise InputError(
            f"the recipe's path {path!r} needs the environment variable {name}: set it, or give the path with --set"
        )
    located = (folder / Path(expanded).expanduser()).resolve()
    if not located.exists() and path in shipped.available():
        return path
    return str(located)
