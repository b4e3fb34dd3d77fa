"""Other tools' layouts with random weights, and their networks written straight from dictionaries of tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric import encoders
from voxmetric.interop.conversion import Conversion
from voxmetric.interop.onnx_agreement import Agreement
from voxmetric.speaker_model import Card, SpeakerModel

BLOCKS = (3, 4, 6, 3)


class Layout:
    """A state dictionary in the making: layers that keep the scale of what goes through them."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.generator = torch.Generator().manual_seed(0)

    def normal(self, name: str, *shape: int, scale: float = 1.0) -> None:
        self.tensors[name] = scale * torch.randn(*shape, generator=self.generator)

    def layer(self, name: str, *shape: int, bias: bool = True) -> None:
        """A convolution or linear layer of that weight's shape."""
        self.normal(f"{name}.weight", *shape, scale=math.sqrt(2 / math.prod(shape[1:])))
        if bias:
            self.normal(f"{name}.bias", shape[0], scale=0.1)

    def norm(self, name: str, size: int) -> None:
        for part in ("weight", "running_var"):
            self.tensors[f"{name}.{part}"] = 0.5 + torch.rand(size, generator=self.generator)
        for part in ("bias", "running_mean"):
            self.normal(f"{name}.{part}", size, scale=0.2)
        self.tensors[f"{name}.num_batches_tracked"] = torch.tensor(100)

    def stages(self, prefix: str, channels: Sequence[int], strides: Sequence[int], shortcut: str, gated: bool) -> None:
        """Four stages of basic residual blocks."""
        before = channels[0]
        for stage, (width, depth, stride) in enumerate(zip(channels, BLOCKS, strides, strict=True), start=1):
            for block in range(depth):
                name = f"{prefix}{stage}.{block}"
                self.layer(f"{name}.conv1", width, before, 3, 3, bias=False)
                self.norm(f"{name}.bn1", width)
                self.layer(f"{name}.conv2", width, width, 3, 3, bias=False)
                self.norm(f"{name}.bn2", width)
                if gated:
                    self.layer(f"{name}.se.fc.0", width // 8, width)
                    self.layer(f"{name}.se.fc.2", width, width // 8)
                if block == 0 and (stride != 1 or before != width):
                    self.layer(f"{name}.{shortcut}.0", width, before, 1, 1, bias=False)
                    self.norm(f"{name}.{shortcut}.1", width)
                before = width

    def speechbrain_tree(self, prefix: str, num_mels: int, channels: int, output: int, size: int, norm: str) -> None:
        """SpeechBrain's ECAPA-TDNN; `norm` is what its normalisations are called."""

        def time_delay(name: str, after: int, before: int, kernel: int) -> None:
            self.layer(f"{prefix}{name}.conv.conv", after, before, kernel)
            self.norm(f"{prefix}{name}.{norm}", after)

        time_delay("blocks.0", channels, num_mels, 5)
        for block in (1, 2, 3):
            time_delay(f"blocks.{block}.tdnn1", channels, channels, 1)
            for layer in range(7):
                time_delay(f"blocks.{block}.res2net_block.blocks.{layer}", channels // 8, channels // 8, 3)
            time_delay(f"blocks.{block}.tdnn2", channels, channels, 1)
            self.layer(f"{prefix}blocks.{block}.se_block.conv1.conv", 128, channels, 1)
            self.layer(f"{prefix}blocks.{block}.se_block.conv2.conv", channels, 128, 1)
        time_delay("mfa", output, 3 * channels, 1)
        time_delay("asp.tdnn", 128, 3 * output, 1)
        self.layer(f"{prefix}asp.conv.conv", output, 128, 1)
        self.norm(f"{prefix}asp_bn{norm.removeprefix('norm')}", 2 * output)
        self.layer(f"{prefix}fc.conv", size, 2 * output, 1)


class Network:
    """Networks written with functions alone, in double precision, from a dictionary of tensors."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = {name: tensor.double() for name, tensor in tensors.items()}

    def norm(self, x: Tensor, name: str) -> Tensor:
        mean, variance, weight, bias = (
            self.tensors[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias)

    def linear(self, x: Tensor, name: str) -> Tensor:
        return x @ self.tensors[f"{name}.weight"].flatten(1).T + self.tensors[f"{name}.bias"]

    def conv1d(self, x: Tensor, name: str, dilation: int = 1, mode: str = "constant") -> Tensor:
        weight = self.tensors[f"{name}.weight"]
        margin = dilation * (weight.shape[-1] - 1) // 2
        padded = F.pad(x, (margin, margin), mode=mode) if margin else x
        return F.conv1d(padded, weight, self.tensors[f"{name}.bias"], dilation=dilation)

    def conv2d(self, x: Tensor, name: str, stride: int | tuple[int, int] = 1) -> Tensor:
        weight = self.tensors[f"{name}.weight"]
        return F.conv2d(x, weight, self.tensors.get(f"{name}.bias"), stride=stride, padding=weight.shape[-1] // 2)

    def stages(self, x: Tensor, prefix: str, strides: Sequence[int], shortcut: str, relu_first: bool) -> Tensor:
        for stage, (depth, stride) in enumerate(zip(BLOCKS, strides, strict=True), start=1):
            for block in range(depth):
                name = f"{prefix}{stage}.{block}"
                y = self.conv2d(x, f"{name}.conv1", stride if block == 0 else 1)
                y = self.norm(y.relu(), f"{name}.bn1") if relu_first else self.norm(y, f"{name}.bn1").relu()
                y = self.norm(self.conv2d(y, f"{name}.conv2"), f"{name}.bn2")
                if f"{name}.se.fc.0.weight" in self.tensors:
                    gates = self.linear(y.mean((2, 3)), f"{name}.se.fc.0").relu()
                    y = y * self.linear(gates, f"{name}.se.fc.2").sigmoid()[:, :, None, None]
                if f"{name}.{shortcut}.0.weight" in self.tensors:
                    x = self.norm(self.conv2d(x, f"{name}.{shortcut}.0", stride), f"{name}.{shortcut}.1")
                x = (x + y).relu()
        return x

    def speechbrain_tree(self, features: Tensor, prefix: str, norm: str) -> Tensor:
        def time_delay(x: Tensor, name: str, dilation: int = 1) -> Tensor:
            name = prefix + name
            return self.norm(self.conv1d(x, f"{name}.conv.conv", dilation, "reflect").relu(), f"{name}.{norm}")

        x = time_delay(features, "blocks.0")
        outputs = []
        for block in (1, 2, 3):
            name = f"blocks.{block}"
            groups = list(time_delay(x, f"{name}.tdnn1").chunk(8, dim=1))
            for layer in range(7):
                entering = groups[layer + 1] + groups[layer] if layer else groups[1]
                groups[layer + 1] = time_delay(entering, f"{name}.res2net_block.blocks.{layer}", block + 1)
            y = time_delay(torch.cat(groups, dim=1), f"{name}.tdnn2")
            gates = self.conv1d(y.mean(-1, keepdim=True), f"{prefix}{name}.se_block.conv1.conv").relu()
            x = x + y * self.conv1d(gates, f"{prefix}{name}.se_block.conv2.conv").sigmoid()
            outputs.append(x)
        x = time_delay(torch.cat(outputs, dim=1), "mfa")
        deviation = x.var(-1, keepdim=True, unbiased=False).clamp(min=1e-12).sqrt()
        seen = torch.cat([x, x.mean(-1, keepdim=True).expand_as(x), deviation.expand_as(x)], dim=1)
        weights = self.conv1d(time_delay(seen, "asp.tdnn").tanh(), f"{prefix}asp.conv.conv").softmax(-1)
        mean = (weights * x).sum(-1)
        spread = (weights * (x - mean[..., None]).square()).sum(-1).clamp(min=1e-12).sqrt()
        pooled = self.norm(torch.cat([mean, spread], dim=1), f"{prefix}asp_bn{norm.removeprefix('norm')}")
        return self.linear(pooled, f"{prefix}fc.conv")


def triangles(num_mels: int, low: float, high: float, bins: Tensor) -> Tensor:
    """HTK's mel filters, straight in hertz, (bins, num_mels)."""
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), num_mels + 2)
    points = 700 * (10 ** (mels / 2595) - 1)
    filters = [np.interp(bins, points[i : i + 3], [0, 1, 0], left=0, right=0) for i in range(num_mels)]
    return torch.from_numpy(np.stack(filters, axis=1))


def torchaudio_mel(
    waveforms: Tensor,
    num_mels: int,
    low: float = 0.0,
    high: float = 8000.0,
    window: Callable[..., Tensor] = torch.hamming_window,
) -> Tensor:
    """Log-mel energies (B, num_mels, N) of torchaudio's MelSpectrogram, raised by 1e-6."""
    own = window(400, dtype=torch.float64)
    spectra = torch.stft(waveforms, 512, 160, 400, own, return_complex=True).abs().square()
    filters = triangles(num_mels, low, high, torch.linspace(0, 8000, 257, dtype=torch.float64))
    return (filters.T @ spectra + 1e-6).log()


def torchaudio_buffers(prefix: str, num_mels: int, low: float = 0.0, high: float = 8000.0) -> dict[str, Tensor]:
    """What MelSpectrogram leaves in a state dictionary."""
    filters = triangles(num_mels, low, high, torch.linspace(0, 8000, 257, dtype=torch.float64))
    return {f"{prefix}.spectrogram.window": torch.hamming_window(400), f"{prefix}.mel_scale.fb": filters.float()}


def kaldi_mel(waveforms: Tensor, num_mels: int, window: Tensor, scale: float) -> Tensor:
    """Kaldi's log-mel energies (B, num_mels, N), less their mean over time."""
    frames = (scale * waveforms).unfold(1, 400, 160)
    frames = frames - frames.mean(-1, keepdim=True)
    frames = frames - 0.97 * torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
    spectra = torch.fft.rfft(frames * window, 512).abs().square()[..., :256]
    centres = np.linspace(1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700), num_mels + 2)
    bins = 1127 * np.log(1 + np.arange(256) * 31.25 / 700)
    filters = [np.interp(bins, centres[i : i + 3], [0, 1, 0], left=0, right=0) for i in range(num_mels)]
    energies = (spectra @ torch.from_numpy(np.stack(filters, axis=1))).clamp(min=1.1920929e-07).log()
    return (energies - energies.mean(1, keepdim=True)).transpose(1, 2)


@pytest.fixture
def layout() -> Layout:
    return Layout()


@pytest.fixture(scope="session")
def network() -> type[Network]:
    return Network


@pytest.fixture(scope="session")
def torchaudio() -> Callable[..., Tensor]:
    return torchaudio_mel


@pytest.fixture(scope="session")
def torchaudio_state() -> Callable[..., dict[str, Tensor]]:
    return torchaudio_buffers


@pytest.fixture(scope="session")
def kaldi() -> Callable[..., Tensor]:
    return kaldi_mel


@pytest.fixture(scope="session")
def mel_triangles() -> Callable[..., Tensor]:
    return triangles


@pytest.fixture(scope="session")
def waveforms() -> Tensor:
    """Two seconds and a half of something like speech, in two items (2, T) in double precision."""
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(2, 9700, generator=generator, dtype=torch.float64)
    level = torch.sin(torch.arange(9700) / 900).square() + 0.01
    return 0.05 * level * (noise + 0.3 * noise.cumsum(1).sub(noise.cumsum(1).mean(1, keepdim=True)))


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Write a dictionary with torch.save."""

    def save(contents: object, name: str = "some.model") -> Path:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.save(contents, target)
        return target

    return save


@pytest.fixture(scope="session")
def same_embeddings() -> Callable[[Conversion, Tensor, Tensor], None]:
    def check(conversion: Conversion, waveforms: Tensor, expected: Tensor) -> None:
        assert conversion.report.fits
        with torch.no_grad():
            found = conversion.model.encoder.double()(waveforms)
        assert found.shape == expected.shape
        assert float(expected.std(0).max()) > 1e-3  # the recordings are told apart
        assert float((found - expected).abs().max() / expected.abs().max()) < 1e-5

    return check


@pytest.fixture(scope="session")
def exported_x_vector(tmp_path_factory: pytest.TempPathFactory) -> tuple[SpeakerModel, Path, Agreement]:
    """A small model, its export to ONNX, and how far they were from each other."""
    from voxmetric.interop.onnx_export import export

    torch.manual_seed(0)
    encoder = encoders.create("x_vector", embedding_size=8, channels=(8, 8, 8, 8, 12))
    model = SpeakerModel(encoder, Card(name="tiny", results={"eer": 0.25}))
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    return model, path, export(model, path)
