"""Derivatives against the regression written out, and of straight lines and parabolas."""

from __future__ import annotations

import torch

from voxmetric.audio.features.deltas import append_deltas


def test_slopes_of_a_line_and_a_parabola() -> None:
    time = torch.arange(20.0)
    line, slope, curvature = append_deltas((3 * time)[None, None], None, 2)[0]
    torch.testing.assert_close(line, 3 * time)
    torch.testing.assert_close(slope[2:-2], torch.full((16,), 3.0))
    torch.testing.assert_close(curvature[4:-4], torch.zeros(12))
    parabola = append_deltas(time.square()[None, None], None, 2)[0]
    torch.testing.assert_close(parabola[2, 4:-4], torch.full((12,), 2.0))


def test_regression_written_out_with_ends_repeated() -> None:
    values = torch.randn(2, 3, 11, dtype=torch.float64)
    lengths = torch.tensor([11, 6])
    found = append_deltas(values, lengths, 1)
    for item, length in enumerate(lengths.tolist()):
        for frame in range(length):
            at = [values[item, :, min(max(frame + step, 0), length - 1)] for step in (-2, -1, 1, 2)]
            expected = (-2 * at[0] - at[1] + at[2] + 2 * at[3]) / 10
            torch.testing.assert_close(found[item, 3:, frame], expected)
