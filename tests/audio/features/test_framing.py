"""Framing against slices written out one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.audio.features.framing import Edges, Framing
from voxmetric.errors import InputError

MODES = {"reflect": "reflect", "zeros": "constant"}


def naive_frames(waveform: np.ndarray, framing: Framing) -> np.ndarray:
    left = 0
    if framing.edges != "snip":
        left = (framing.frame_length + 1) // 2
        waveform = np.pad(waveform, (left, framing.frame_length - left), mode=MODES[framing.edges])  # type: ignore[call-overload]
    starts = range(0, len(waveform) - framing.frame_length + 1, framing.hop)
    return np.stack([waveform[start : start + framing.frame_length] for start in starts])


@given(
    edges=st.sampled_from(["reflect", "zeros", "snip"]),
    frame_length=st.integers(2, 25),
    hop=st.integers(1, 12),
    extra=st.lists(st.integers(0, 60), min_size=1, max_size=4),
)
def test_each_item_is_framed_as_if_alone(edges: Edges, frame_length: int, hop: int, extra: list[int]) -> None:
    framing = Framing(frame_length, hop, edges)
    lengths = torch.tensor([framing.samples_for(1) + more for more in extra])
    waveforms = torch.randn(len(extra), int(lengths.max()) + 3, dtype=torch.float64)
    frames, counts = framing(waveforms, lengths), framing.num_frames(lengths)
    assert frames.isfinite().all()
    for row, length, found, count in zip(waveforms, lengths, frames, counts, strict=True):
        expected = naive_frames(row[:length].numpy(), framing)
        assert len(expected) == count
        np.testing.assert_array_equal(found[:count], expected)
        np.testing.assert_array_equal(framing(row[None, :length], None)[0], expected)


@given(
    edges=st.sampled_from(["reflect", "zeros", "snip"]),
    frame_length=st.integers(2, 25),
    hop=st.integers(1, 12),
    count=st.integers(1, 9),
)
def test_samples_for_is_the_shortest_length(edges: Edges, frame_length: int, hop: int, count: int) -> None:
    framing = Framing(frame_length, hop, edges)
    samples = framing.samples_for(count)
    assert framing.num_frames(torch.tensor(samples)) >= count
    assert count == 1 or samples == framing.samples_for(1) or framing.num_frames(torch.tensor(samples - 1)) < count
    assert len(framing(torch.randn(1, samples), None)[0]) >= count


def test_impossible_frames_are_refused() -> None:
    with pytest.raises(InputError, match="impossible"):
        Framing(1, 160, "snip")
    with pytest.raises(InputError, match="did you mean 'reflect'"):
        Framing(400, 160, "reflected")  # type: ignore[arg-type]
