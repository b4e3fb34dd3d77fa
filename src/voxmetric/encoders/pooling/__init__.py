"""Poolings: from frames (B, C, T) to one vector (B, P) a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voxmetric.errors import InputError
from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.encoders.pooling.pooling import Pooling

poolings = Registry(
    "pooling",
    {
        "average": Entry("voxmetric.encoders.pooling.average:Average", "mean over time"),
        "statistics": Entry("voxmetric.encoders.pooling.statistics:Statistics", "mean and standard deviation"),
        "self_attentive": Entry(
            "voxmetric.encoders.pooling.self_attentive:SelfAttentive",
            "mean weighted by one attention per frame",
        ),
        "attentive_statistics": Entry(
            "voxmetric.encoders.pooling.attentive_statistics:AttentiveStatistics",
            "mean and standard deviation weighted by one attention per frame",
        ),
    },
)


def available() -> dict[str, str]:
    """Names of the poolings with one line each."""
    return poolings.available()


def create(pooling: str | Mapping[str, Any], num_channels: int) -> Pooling:
    """Build a pooling of `num_channels` channels from its name, or from a mapping of its name and options.

    Raises:
        InputError: for an unknown name or option.
    """
    options = {"name": pooling} if isinstance(pooling, str) else dict(pooling)
    if "name" not in options:
        raise InputError(f"a pooling is a name or a mapping with one; found the keys {', '.join(map(str, options))}")
    name = options.pop("name")
    module: Pooling = poolings.create(name, options, {"num_channels": num_channels})
    module.configure(name, options)
    return module
