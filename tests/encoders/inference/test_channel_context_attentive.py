"""The prepared pooling against the one it is made from, where differences would show."""

from __future__ import annotations

import pytest
import torch

from voxmetric.encoders.inference.channel_context_attentive import ChannelContextAttentiveForInference
from voxmetric.encoders.pooling.channel_context_attentive import ChannelContextAttentive


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("context", [True, False])
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_few_frames_and_large_scores_give_the_same(unbiased: bool, context: bool, scale: float) -> None:
    torch.manual_seed(0)
    pooling = ChannelContextAttentive(12, bottleneck=8, context=context, unbiased=unbiased).eval()
    with torch.no_grad():
        pooling.scores.weight.mul_(scale)
        pooling.hidden.weight.mul_(3.0)
    frames, lengths = torch.randn(4, 12, 5), torch.tensor([5, 2, 3, 1])
    frames[0, :3] = 0.25  # no deviation at all: what counts is the floor
    prepared = ChannelContextAttentiveForInference(pooling, 12)
    with torch.inference_mode():
        for given in (None, lengths):
            found = prepared(frames.clone(), given)
            torch.testing.assert_close(found, pooling(frames.clone(), given), atol=1e-5, rtol=1e-4)
            assert found.isfinite().all()
