"""YAML of other tools as plain data."""

from __future__ import annotations

from pathlib import Path

from voxmetric.interop.plain_yaml import read_plain_yaml


def test_tags_are_dropped_and_their_contents_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(
        "size: 3\n"
        "layer: !new:torch.nn.Linear\n  in_features: !ref <size>\n  sizes: !apply:list [1, 2.5]\n"
        f"trap: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{tmp_path}/sprung]]\n"
    )
    assert read_plain_yaml(path) == {
        "size": 3,
        "layer": {"in_features": "<size>", "sizes": [1, 2.5]},
        "trap": [[f"{tmp_path}/sprung"]],
    }
    assert not (tmp_path / "sprung").exists()
