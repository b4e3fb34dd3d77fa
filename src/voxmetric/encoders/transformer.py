"""The attention network of Narayanaswamy et al. 2019 ("Designing an effective metric learning pipeline ...")."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.masking import padding_mask
from voxmetric.encoders.trunk import Published, Trunk
from voxmetric.errors import InputError


class AttentionBlock(nn.Module):
    """Multi-head self-attention and a feed-forward layer, each with a shortcut and then layer normalisation.

    Queries, keys and values pass a ReLU; the heads are joined without a further projection.
    """

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.projections = nn.Linear(width, 3 * width)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))
        self.feed_forward_norm = nn.LayerNorm(width)

    def forward(self, frames: Tensor, allowed: Tensor | None) -> Tensor:
        """Frames (W, T, D), and (W, 1, 1, T) bool, true where a frame may be attended to -> (W, T, D)."""
        num_windows, num_frames, width = frames.shape
        projected = F.relu(self.projections(frames)).view(num_windows, num_frames, 3, self.heads, width // self.heads)
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(
            query, key, value, attn_mask=allowed, dropout_p=self.dropout if self.training else 0.0
        )
        frames = self.attention_norm(frames + attended.transpose(1, 2).flatten(2))
        normalized: Tensor = self.feed_forward_norm(frames + self.feed_forward(frames))
        return normalized


class Transformer(Trunk):
    """Post-norm attention blocks with learnt positions over windows of two seconds.

    Positions are learnt for one window; longer input is cut into windows that do not see each other, the last one
    shorter, and the mean over all frames weighs them by their lengths. 989,440 parameters.

    Args:
        num_features: rows of the front-end.
        width: of the layers, a multiple of `heads`, and the number of components of an embedding.
        heads, blocks: of the attention.
        hidden: width inside the feed-forward layers.
        dropout: of attention weights, in [0, 1).
        window_frames: frames with a position.
    """

    published = Published(
        {
            "name": "mfcc",
            "sample_rate": 8000,
            "fft_size": 256,
            "num_mels": 24,
            "low_frequency": 120.0,
            "high_frequency": 3800.0,
            "normalization": "mean_variance",
            "normalization_frames": 150,
        },
        "average",
        256,
    )

    def __init__(
        self,
        num_features: int,
        width: int = 256,
        heads: int = 8,
        blocks: int = 2,
        hidden: int = 512,
        dropout: float = 0.5,
        window_frames: int = 198,
    ) -> None:
        if heads < 1 or width % heads:
            raise InputError(f"a width of {width} cannot be shared by {heads} heads: choose a divisor")
        super().__init__(width, minimum_frames=1)
        self.window_frames = window_frames
        self.input = nn.Linear(num_features, width)
        self.input_norm = nn.LayerNorm(width)
        self.positions = nn.Parameter(nn.init.xavier_uniform_(torch.empty(window_frames, width)))
        self.blocks = nn.ModuleList(AttentionBlock(width, heads, hidden, dropout) for _ in range(blocks))

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        num_items, _, num_frames = features.shape
        window = min(self.window_frames, num_frames)
        missing = -num_frames % window
        allowed = None
        if lengths is not None or missing:
            ends = torch.full((num_items,), num_frames) if lengths is None else lengths
            allowed = ~padding_mask(ends.to(features.device), num_frames + missing)
            allowed = allowed.view(-1, 1, 1, window).clone()
            allowed[..., 0] = True  # a window of padding alone must not be an empty sum
        frames = F.relu(self.input(F.pad(features, (0, missing)).transpose(1, 2)))
        frames = self.input_norm(frames).reshape(-1, window, frames.shape[-1]) + self.positions[:window]
        for block in self.blocks:
            frames = block(frames, allowed)
        return frames.reshape(num_items, num_frames + missing, -1)[:, :num_frames].transpose(1, 2), lengths

    @staticmethod
    def projection(pooled_size: int, embedding_size: int) -> nn.Module:
        if embedding_size == pooled_size:
            return nn.Identity()
        return nn.Linear(pooled_size, embedding_size)
