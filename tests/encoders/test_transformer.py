"""The attention network: published size, attention written out, windows."""

from __future__ import annotations

import math

import pytest
import torch

from voxmetric import encoders
from voxmetric.encoders.transformer import AttentionBlock, Transformer
from voxmetric.errors import InputError


def test_published_size() -> None:
    encoder = encoders.create("transformer")
    assert encoder.num_parameters == 989_440
    assert encoder.sample_rate == 8000
    assert encoder.front_end.num_features == 60
    assert encoder.front_end(torch.randn(1, 16000))[0].shape[-1] == 198


def test_attention_written_out_head_by_head() -> None:
    torch.manual_seed(0)
    block = AttentionBlock(8, heads=2, hidden=6, dropout=0.5).double().eval()
    frames = torch.randn(5, 8, dtype=torch.float64)
    query, key, value = (frames @ block.projections.weight.T + block.projections.bias).relu().split(8, dim=1)
    heads = []
    for head in (slice(0, 4), slice(4, 8)):
        rows = []
        for at in range(5):
            weights = torch.softmax(torch.stack([query[at, head] @ key[to, head] for to in range(5)]) / math.sqrt(4), 0)
            rows.append(sum(weights[to] * value[to, head] for to in range(5)))
        heads.append(torch.stack(rows))  # type: ignore[arg-type]
    attended = block.attention_norm(frames + torch.cat(heads, dim=1))
    expected = block.feed_forward_norm(attended + block.feed_forward(attended))
    torch.testing.assert_close(block(frames[None], None)[0], expected)


def test_long_input_is_the_average_of_its_windows() -> None:
    torch.manual_seed(0)
    trunk = Transformer(6, width=16, heads=2, hidden=8, window_frames=10).double().eval()
    features = torch.randn(1, 6, 27, dtype=torch.float64)
    frames, _ = trunk(features)
    apart = torch.cat([trunk(part)[0] for part in features.split(10, dim=2)], dim=2)
    torch.testing.assert_close(frames, apart)


def test_only_attention_weights_are_dropped() -> None:
    trunk = Transformer(6, width=16, heads=2, hidden=8)
    features = torch.randn(2, 6, 30)
    assert not torch.equal(trunk(features)[0], trunk(features)[0])
    still = Transformer(6, width=16, heads=2, hidden=8, dropout=0.0)
    torch.testing.assert_close(still(features)[0], still(features)[0], atol=0, rtol=0)


def test_another_embedding_size_adds_a_layer() -> None:
    assert encoders.create("transformer", 128).num_parameters == 989_440 + 257 * 128


def test_heads_share_the_width() -> None:
    with pytest.raises(InputError, match="choose a divisor"):
        encoders.create("transformer", heads=7)
