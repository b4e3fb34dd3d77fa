from __future__ import annotations

import torch

from voxmetric.audio import features


def test_samples_stay_and_what_is_behind_an_item_is_silenced() -> None:
    front_end = features.create("waveform", sample_rate=8000)
    waveforms = torch.tensor([[0.5, -0.25, 1.0, 0.125], [0.5, -0.75, 0.25, -1.0]])
    found, lengths = front_end(waveforms)
    assert lengths is None
    assert torch.equal(found, waveforms[:, None])
    found, lengths = front_end(waveforms, torch.tensor([4, 2]))
    assert lengths is not None
    assert lengths.tolist() == [4, 2]
    assert found.tolist() == [[[0.5, -0.25, 1.0, 0.125]], [[0.5, -0.75, 0.0, 0.0]]]
    assert waveforms[1].tolist() == [0.5, -0.75, 0.25, -1.0]  # the caller's are left alone


def test_a_frame_a_sample() -> None:
    front_end = features.create("waveform")
    assert (front_end.sample_rate, front_end.num_features, front_end.minimum_samples) == (16000, 1, 1)
    assert [front_end.samples_for(number) for number in (1, 5, 16000)] == [1, 5, 16000]
    assert front_end.options() == {"name": "waveform", "sample_rate": 16000}
