"""Poolings: from frames (B, C, T) to one vector (B, P) a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voxmetric.errors import InputError
from voxmetric.registry import Entry, Registry

if TYPE_CHECKING:
    from voxmetric.encoders.pooling.pooling import Pooling

_HERE = "voxmetric.encoders.pooling"

poolings = Registry(
    "pooling",
    {
        "average": Entry(f"{_HERE}.average:Average", "mean over time"),
        "max": Entry(f"{_HERE}.maximum:Maximum", "maximum over time"),
        "statistics": Entry(f"{_HERE}.statistics:Statistics", "mean and standard deviation over time"),
        "self_attentive": Entry(f"{_HERE}.self_attentive:SelfAttentive", "mean with one attention for all channels"),
        "attentive_statistics": Entry(
            f"{_HERE}.attentive_statistics:AttentiveStatistics", "statistics with one attention for all channels"
        ),
        "channel_attentive": Entry(
            f"{_HERE}.channel_attentive:ChannelAttentive", "statistics with an attention for each channel"
        ),
        "channel_context_attentive": Entry(
            f"{_HERE}.channel_context_attentive:ChannelContextAttentive", "the same, knowing the whole recording"
        ),
        "multi_head_attentive": Entry(
            f"{_HERE}.multi_head_attentive:MultiHeadAttentive", "mean with an attention for each group of channels"
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
    options = as_mapping(pooling)
    module: Pooling = poolings.create(options.pop("name"), options, {"num_channels": num_channels})
    return module


def as_mapping(pooling: str | Mapping[str, Any]) -> dict[str, Any]:
    """A pooling's name and options as one mapping.

    Raises:
        InputError: if a mapping has no name.
    """
    mapping = {"name": pooling} if isinstance(pooling, str) else dict(pooling)
    if "name" not in mapping:
        raise InputError(f"a pooling is a name or a mapping with one; found the keys {', '.join(map(str, mapping))}")
    return mapping
