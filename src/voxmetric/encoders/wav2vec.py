"""A self-supervised speech network (wav2vec 2.0, HuBERT or WavLM) as a trunk, through Hugging Face transformers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from voxmetric.audio.features.masking import fill_padding, mean_over_time, padding_mask
from voxmetric.audio.features.normalization import normalize
from voxmetric.encoders.time_span import TimeSpan, frames_needed, lengths_after
from voxmetric.encoders.transformers_network import (
    complete_settings,
    folder_network,
    folder_settings,
    random_network,
)
from voxmetric.encoders.trunk import Published, Trunk
from voxmetric.errors import InputError

_VARIANCE_OFFSET = 1e-7


class OwnFramesNorm(nn.GroupNorm):
    """The normalisation over time behind the first convolution of some networks, over an item's own frames alone.

    Attributes:
        lengths: (B,) frames that count in each item of the next batch, or None.
    """

    lengths: Tensor | None = None

    def forward(self, input: Tensor) -> Tensor:
        """Frames (B, C, T) -> the same shape."""
        normalized = normalize(input, self.lengths, "mean_variance", None)
        return normalized * self.weight[:, None] + self.bias[:, None]


class Wav2Vec(Trunk):
    """Sum of the outputs of all layers, weighted by a softmax of learnt numbers (Yang et al. 2021, SUPERB).

    The network's settings become part of the encoder's configuration, so that a saved model needs its folder no more.

    Args:
        num_features: 1, the waveform.
        sample_rate: Hz of the waveform; the public networks take 16000.
        folder: a local folder that transformers' `save_pretrained` wrote, with `config.json` and `model.safetensors`;
            None: random weights.
        network: the network's settings, as in `config.json`, instead of a folder; without both wav2vec 2.0 Base's.
        normalize: bring a recording to mean zero and variance one; None: as `preprocessor_config.json` says, or true.
        frozen: leave the network as it is, in evaluation mode, and train what is behind it.
    """

    published = Published({"name": "waveform"}, "attentive_statistics", 256)

    def __init__(
        self,
        num_features: int,
        sample_rate: int,
        folder: str | None = None,
        network: Mapping[str, Any] | None = None,
        normalize: bool | None = None,
        frozen: bool = True,
    ) -> None:
        if folder is not None and network is not None:
            raise InputError("wav2vec takes a folder or the settings of a network, not both: leave one out")
        if sample_rate != 16000:
            raise InputError(f"sample_rate is {sample_rate}: wav2vec networks take 16000 Hz")
        do_normalize = True
        if folder is not None:
            settings, do_normalize = folder_settings(folder)
        else:
            settings = complete_settings({"model_type": "wav2vec2"} if network is None else network)
        spans = [TimeSpan(*layer) for layer in zip(settings["conv_kernel"], settings["conv_stride"], strict=True)]
        super().__init__(settings["hidden_size"], num_features * frames_needed(spans))
        self.settings, self.spans, self.frozen = settings, spans, frozen
        self.normalize = do_normalize if normalize is None else normalize
        self.network = random_network(settings) if folder is None else folder_network(folder, settings)
        self.network.requires_grad_(not frozen)
        # In a list, so that it is not registered a second time.
        self._norms = _norms_over_own_frames(self.network)
        self.layer_weights = nn.Parameter(torch.zeros(settings["num_hidden_layers"] + 1))

    def own_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {**given, "folder": None, "network": self.settings, "normalize": self.normalize}

    def train(self, mode: bool = True) -> Wav2Vec:
        super().train(mode)
        if self.frozen:
            self.network.eval()
        return self

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        waveforms = features.squeeze(1)
        if self.normalize:
            centred = waveforms - mean_over_time(waveforms, lengths)
            variance = mean_over_time(centred.square(), lengths)
            waveforms = fill_padding(centred * torch.rsqrt(variance + _VARIANCE_OFFSET), lengths)
        own = None if lengths is None else ~padding_mask(lengths, waveforms.shape[1])
        for norm in self._norms:
            norm.lengths = lengths_after(lengths, self.spans[0])
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen), warnings.catch_warnings():
            # WavLM gives torch's attention a mask of zeros and ones beside one of numbers.
            warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask")
            outputs = self.network(waveforms, attention_mask=own, output_hidden_states=True).hidden_states
        for span in self.spans:
            lengths = lengths_after(lengths, span)
        frames = torch.einsum("lbtc,l->bct", torch.stack(outputs), self.layer_weights.softmax(0))
        return frames, lengths


def _norms_over_own_frames(network: nn.Module) -> list[OwnFramesNorm]:
    """Put an `OwnFramesNorm` in the place of the normalisation over time, where the network has one."""
    first = network.get_submodule("feature_extractor.conv_layers.0")
    norm = getattr(first, "layer_norm", None)
    if not isinstance(norm, nn.GroupNorm):
        return []
    own = OwnFramesNorm(norm.num_groups, norm.num_channels, norm.eps)
    own.load_state_dict(norm.state_dict())
    first.layer_norm = own
    return [own]
