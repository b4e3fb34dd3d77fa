"""Frame counts against the layers themselves."""

from __future__ import annotations

import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from voxmetric.encoders.time_span import TimeSpan, frames_needed

spans = st.builds(TimeSpan, st.integers(1, 7), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))


def convolved(num_frames: int, span: TimeSpan) -> int:
    if num_frames + 2 * span.padding < span.reach:
        return 0
    frames, kernel = torch.zeros(1, 1, num_frames), torch.zeros(1, 1, span.kernel_size)
    return torch.conv1d(frames, kernel, None, span.stride, span.padding, span.dilation).shape[-1]


@given(num_frames=st.integers(1, 80), span=spans)
def test_after_is_what_comes_out(num_frames: int, span: TimeSpan) -> None:
    assume(num_frames + 2 * span.padding >= span.reach)
    assert span.after(num_frames) == convolved(num_frames, span)
    assert torch.equal(span.after(torch.tensor([num_frames])), torch.tensor([convolved(num_frames, span)]))


@given(layers=st.lists(spans, min_size=1, max_size=4))
def test_frames_needed_is_the_least_that_gives_a_frame(layers: list[TimeSpan]) -> None:
    def out(num_frames: int) -> int:
        for span in layers:
            num_frames = convolved(num_frames, span) if num_frames > 0 else 0
        return num_frames

    needed = frames_needed(layers)
    assert out(needed) >= 1
    assert needed == 1 or out(needed - 1) < 1
