"""What holds for every front-end: frames that its lengths announce, and items that do not see each other's padding."""

from __future__ import annotations

import json

import pytest
import torch

from voxmetric.audio import features

NAMES = features.available()


def noise(*shape: int) -> torch.Tensor:
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("edges", ["reflect", "zeros", "snip"])
@pytest.mark.parametrize("name", NAMES)
def test_the_shortest_waveform_of_so_many_frames(name: str, edges: str) -> None:
    front_end = features.create(name) if name == "waveform" else features.create(name, edges=edges)
    for num_frames in (1, 2, 7):
        shortest = front_end.samples_for(num_frames)
        found = front_end(noise(1, shortest))[0]
        assert found.shape[:2] == (1, front_end.num_features)
        if shortest > front_end.minimum_samples:
            assert found.shape[-1] == num_frames
            assert front_end(noise(1, shortest - 1))[0].shape[-1] == num_frames - 1
        else:  # the shortest that can be mirrored, which may give more
            assert found.shape[-1] == num_frames or (edges == "reflect" and found.shape[-1] > num_frames)
    assert front_end.minimum_samples == front_end.samples_for(1)


@pytest.mark.parametrize("name", NAMES)
def test_an_item_in_a_batch_is_what_it_is_alone(name: str) -> None:
    front_end = features.create(name)
    lengths = torch.tensor([8000, 5000, 1600])
    waveforms = noise(3, 8000)  # also behind the items, where nothing may look
    found, frames = front_end(waveforms, lengths)
    assert frames is not None
    assert found.shape == (3, front_end.num_features, int(frames.max()))
    for row, (length, num_frames) in enumerate(zip(lengths.tolist(), frames.tolist(), strict=True)):
        alone = front_end(waveforms[row : row + 1, :length])[0][0]
        assert alone.shape[-1] == num_frames
        torch.testing.assert_close(found[row, :, :num_frames], alone, atol=1e-4, rtol=1e-4)
        assert not found[row, :, num_frames:].any()


@pytest.mark.parametrize("name", NAMES)
def test_options_survive_json(name: str) -> None:
    front_end = features.create(name, sample_rate=8000)
    options = json.loads(json.dumps(front_end.options()))
    assert options["name"] == front_end.name == name
    again = features.create(**options)
    assert (again.sample_rate, again.num_features) == (8000, front_end.num_features)
    assert torch.equal(again(noise(1, 4000))[0], front_end(noise(1, 4000))[0])
