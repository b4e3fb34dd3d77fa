"""A large batch on small memory: embeddings chunk by chunk, with the gradients of the whole batch.

A loss over a whole batch needs all embeddings at once, but not all activations that made them. Each chunk is embedded
without keeping its activations; once the loss has given the gradient at the embeddings, each chunk is embedded again,
with the same dropout masks, and the gradient passed on (Gao et al. 2021, "Scaling deep contrastive learning batch size
under memory limited setup"). Two forward passes instead of one, memory of one chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


def embed_in_chunks(encoder: nn.Module, waveforms: Tensor, chunk_size: int) -> Tensor:
    """Embeddings (B, D) of `waveforms` (B, T), of which at most `chunk_size` are in memory with their activations.

    Gradients are those of the chunks computed in one graph. Batch normalisation takes the statistics of each chunk,
    and adds each to its running ones once.
    """
    chunks = split_evenly(waveforms, chunk_size)
    if len(chunks) == 1:
        embeddings: Tensor = encoder(waveforms)
        return embeddings
    return torch.cat(
        [
            checkpoint(
                encoder, chunk, use_reentrant=False, context_fn=lambda: (nullcontext(), _constant_statistics(encoder))
            )
            for chunk in chunks
        ]
    )


def split_evenly(rows: Tensor, chunk_size: int) -> tuple[Tensor, ...]:
    """As few parts of at most `chunk_size` rows as there can be, of equal sizes or one apart; 0 does not split."""
    number = -(-len(rows) // chunk_size) if chunk_size else 1
    return rows.tensor_split(number)


@contextmanager
def _constant_statistics(module: nn.Module) -> Iterator[None]:
    """Batch normalisations compute as in training, but what they add to their running statistics is dropped."""
    kept = {
        one: dict(one.named_buffers()) for one in module.modules() if isinstance(one, nn.modules.batchnorm._NormBase)
    }
    for one, buffers in kept.items():
        one._buffers.update({name: buffer.clone() for name, buffer in buffers.items()})
    try:
        yield
    finally:
        for one, buffers in kept.items():
            one._buffers.update(buffers)
