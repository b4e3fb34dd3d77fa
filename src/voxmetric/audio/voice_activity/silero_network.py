"""Silero's network for voice activity, with the weights of the package `silero-vad`, over many frames at once.

Only the recurrent layer depends on earlier frames; everything before it is computed for all frames of a block together.
The package itself is not imported: doing so would set the number of torch's threads to one. Its safetensors file holds
other, apparently older weights than its TorchScript file, which its own functions use.
"""

from __future__ import annotations

import functools
import warnings
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError

SAMPLE_RATE = 16000
FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64
"""What each frame sees of the one before."""

_EDGE_SAMPLES = 64
_WEIGHTS = "data/silero_vad.jit"

State = tuple[Tensor, Tensor]


class SileroNetwork(nn.Module):
    """Speech probabilities of frames of 512 samples at 16 kHz, in order of time.

    Source:
        github.com/snakers4/silero-vad, MIT licence, version 6.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 258, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(129, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, 128, 3, padding=1)
        self.lstm = nn.LSTM(128, 128, batch_first=True)
        self.final_conv = nn.Conv1d(128, 1, 1)

    def features(self, frames: Tensor) -> Tensor:
        """What the recurrent layer sees: (F, 128) of frames (F, 64 + 512), each after the end of the one before it."""
        padded = nn.functional.pad(frames, (0, _EDGE_SAMPLES), mode="reflect").unsqueeze(1)
        real, imaginary = self.stft_conv(padded).chunk(2, dim=1)
        hidden = (real.square() + imaginary.square()).sqrt()
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            hidden = layer(hidden).relu()
        last: Tensor = hidden.squeeze(-1)
        return last

    def probabilities(self, features: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Probabilities (B, F) of B sequences of features (B, F, 128), and the state (1, B, 128) twice after them."""
        hidden, state = self.lstm(features, state)
        return self.final_conv(hidden.relu().transpose(1, 2)).sigmoid().squeeze(1), state


@functools.cache
def load_network() -> SileroNetwork:
    """The network with the packaged weights, ready to use.

    Raises:
        InputError: if the package is missing, or its weights are not those of version 6.
    """
    package = find_spec("silero_vad")
    if package is None or not package.submodule_search_locations:
        raise InputError("voice activity by `silero` needs the package silero-vad: install it, or use `energy`")
    path = Path(package.submodule_search_locations[0]) / _WEIGHTS
    network = SileroNetwork()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of torch.jit, whose place in the package is not ours
            packaged = torch.jit.load(str(path)).state_dict()
        network.load_state_dict({own: packaged[f"_model.{theirs}"] for own, theirs in _names().items()})
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path} does not hold the weights of silero-vad 6 ({reason}): reinstall it") from error
    return network.eval().requires_grad_(False)


def _names() -> dict[str, str]:
    """What the package calls our tensors."""
    names = {"stft_conv.weight": "stft.forward_basis_buffer"}
    for kind in ("weight", "bias"):
        names |= {f"conv{number + 1}.{kind}": f"encoder.{number}.reparam_conv.{kind}" for number in range(4)}
        names |= {f"lstm.{kind}_{side}_l0": f"decoder.rnn.{kind}_{side}" for side in ("ih", "hh")}
        names[f"final_conv.{kind}"] = f"decoder.decoder.2.{kind}"
    return names
