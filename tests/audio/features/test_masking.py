"""Each item of a batch mirrored by itself."""

from __future__ import annotations

import pytest
import torch

from voxmetric.audio.features.masking import reflect


@pytest.mark.parametrize("behind", [0, 3])
@pytest.mark.parametrize("shape", [(3, 9), (3, 4, 9)])
def test_each_item_is_mirrored_around_its_own_ends(shape: tuple[int, ...], behind: int) -> None:
    values = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    for lengths in (None, torch.tensor([9, 5, 7]), torch.tensor([5, 5, 6])):
        found = reflect(values, lengths, 4, 3, behind)
        assert found.shape == (*shape[:-1], 4 + shape[-1] + 3 + behind)
        assert found.isfinite().all()
        for row in range(3):
            end = shape[-1] if lengths is None else int(lengths[row])
            one = values[row, ..., :end].reshape(1, -1, end)
            expected = torch.nn.functional.pad(one, (4, 3), mode="reflect").reshape(*shape[1:-1], -1)
            torch.testing.assert_close(found[row, ..., : 4 + end + 3], expected, atol=0, rtol=0)
        assert torch.autograd.gradcheck(lambda given, ends=lengths: reflect(given, ends, 4, 3, behind), values)
