"""The recurrent network of Wan et al. 2018 ("Generalized end-to-end loss for speaker verification")."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio import features as front_ends
from voxmetric.audio.features.masking import mean_over_time
from voxmetric.encoders.time_span import TimeSpan
from voxmetric.encoders.trunk import Published, Trunk

_FRAME_SECONDS, _HOP_SECONDS = 0.025, 0.010
# In frames: a window, and from one window to the next (1.3 windows a second).
_WINDOW, _STEP = 160, 77
# A further window counts where the recording reaches so far into it.
_COVERED = TimeSpan(120, _STEP)
_SILENCE = 1e-10


class Lstm(Trunk):
    """Windows of 1.6 s through a recurrent network; a recording's embedding is the mean of their unit vectors.

    Front-end, windows and sizes are those of Resemblyzer: the level of a quiet recording is raised, mel energies are
    taken without a logarithm, and a window gives the normalised ReLU of a linear layer on the last state. Windows
    start every 0.77 s; one behind the first counts where the recording fills 1.2 s of it, and zeros the rest.
    1,423,616 parameters. Train on crops of 1.6 s: they are one window each, as published.

    Args:
        num_features: 1, the waveform.
        sample_rate: Hz of the waveform.
        num_mels: bands, of librosa's filter bank (Slaney's).
        hidden, layers: of the recurrent network.
        output_size: of the linear layer, and the number of components of an embedding where no other is asked for.
        minimum_level: a recording of a lower root mean square is scaled up to this level, dB below full scale.
    """

    published = Published({"name": "waveform"}, "average", 256)

    def __init__(
        self,
        num_features: int,
        sample_rate: int,
        num_mels: int = 40,
        hidden: int = 256,
        layers: int = 3,
        output_size: int = 256,
        minimum_level: float = -30.0,
    ) -> None:
        frame_length = round(_FRAME_SECONDS * sample_rate)
        super().__init__(output_size, minimum_frames=num_features * frame_length)
        self.mel_energies = front_ends.create(
            "log_mel",
            sample_rate=sample_rate,
            frame_seconds=_FRAME_SECONDS,
            hop_seconds=_HOP_SECONDS,
            fft_size=frame_length,
            window="hann",
            edges="zeros",
            num_mels=num_mels,
            mel_filters="slaney",
            log="none",
            normalization="none",
        )
        self.hop = round(_HOP_SECONDS * sample_rate)
        self.minimum_amplitude = 10 ** (minimum_level / 20)
        self.lstm = nn.LSTM(num_mels, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, output_size)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        waveforms = self._raised(features.squeeze(1), lengths)
        mels, _ = self.mel_energies(F.pad(waveforms, (0, _WINDOW * self.hop)))
        most = _COVERED.after(torch.sym_max(_COVERED.reach, waveforms.shape[-1] // self.hop))
        windows = mels.unfold(-1, _WINDOW, _STEP)[:, :, :most]
        _, (states, _) = self.lstm(windows.permute(0, 2, 3, 1).flatten(0, 1))
        embedded = F.normalize(F.relu(self.linear(states[-1])))
        frames = embedded.unflatten(0, (waveforms.shape[0], most)).transpose(1, 2)
        if lengths is None:
            return frames, None
        return frames, _COVERED.after((lengths // self.hop).clamp(min=_COVERED.reach))

    @staticmethod
    def projection(pooled_size: int, embedding_size: int) -> nn.Module:
        if embedding_size == pooled_size:
            return nn.Identity()
        return nn.Linear(pooled_size, embedding_size)

    def _raised(self, waveforms: Tensor, lengths: Tensor | None) -> Tensor:
        amplitude = mean_over_time(waveforms.square(), lengths).sqrt().clamp(min=_SILENCE)
        return waveforms * (self.minimum_amplitude / amplitude).clamp(min=1)
