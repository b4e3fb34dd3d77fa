"""YAML as plain data: tags that other tools turn into objects or calls are dropped, what they stand on is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from voxmetric.errors import InputError


class _PlainLoader(yaml.SafeLoader):
    """The safe loader, with every tag that it does not know ignored."""


def _untagged(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_PlainLoader.add_constructor(None, _untagged)  # None stands for all other tags


def read_plain_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; `!new:package.Class {size: 3}` is read as `{size: 3}`, `!ref <size>` as `"<size>"`.

    Raises:
        InputError: if it is not YAML or not a mapping.
    """
    try:
        # The loader is a safe one: it makes nothing but numbers, strings, lists and mappings.
        settings = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot read {path} as YAML: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(settings, dict):
        raise InputError(f"expected a mapping in {path}, found {type(settings).__name__}: give the tool's own file")
    return settings
