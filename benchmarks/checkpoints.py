"""Converted checkpoints beside the tools' own code: embeddings of the same recordings, for the packages installed here.

    pip install --no-deps resemblyzer wespeaker-unofficial speechbrain hyperpyyaml ruamel.yaml kaldi-native-fbank
    pip install librosa huggingface-hub sentencepiece joblib
    python benchmarks/checkpoints.py RECORDING...

Resemblyzer's package carries its released weights; the networks of WeSpeaker and SpeechBrain get random ones. Their
front-ends are librosa (through Resemblyzer), kaldi-native-fbank and SpeechBrain's. Printed are the smallest cosine
between an embedding of the tool and ours, the largest difference of a component, and the real-time factors: of the
tool's network on file after file, and of `SpeakerModel.embed` with the list. Both get the same threads and take turns;
the best of the rounds counts, behind one that warms up.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor, nn

from voxmetric import interop
from voxmetric.speaker_model import SpeakerModel

Waveform = NDArray[np.float32]
Tool = Callable[[Waveform], NDArray[np.float32]]

# Imported at the head of the tools' modules, for work that is not done here.
NOT_NEEDED = ("webrtcvad", "torchaudio", "scipy.ndimage.morphology")

HYPERPARAMS = """
n_mels: 80
compute_features: !new:speechbrain.lobes.features.Fbank
    n_mels: !ref <n_mels>
mean_var_norm: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
    std_norm: False
embedding_model: !new:speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN
    input_size: !ref <n_mels>
    channels: CHANNELS
    kernel_sizes: [5, 3, 3, 3, 1]
    dilations: [1, 2, 3, 4, 1]
    attention_channels: 128
    lin_neurons: 192
"""


def stand_in(name: str) -> None:
    """Let a module that is not installed be imported."""
    module = types.ModuleType(name)
    module.__dict__["binary_dilation"] = None
    sys.modules[name] = module


def with_random_weights(network: nn.Module) -> nn.Module:
    """The same in evaluation mode, its normalisations not neutral."""
    torch.manual_seed(0)
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0.0, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    return network.eval()


def resemblyzer(folder: Path) -> Iterator[tuple[str, Path, Tool]]:  # noqa: ARG001
    """The network of GE2E with its released weights; long silences stay in, as they do here."""
    import resemblyzer
    from resemblyzer import audio

    encoder = resemblyzer.VoiceEncoder("cpu", verbose=False)

    def embed(waveform: Waveform) -> NDArray[np.float32]:
        found: NDArray[np.float32] = encoder.embed_utterance(audio.normalize_volume(waveform, -30, increase_only=True))
        return found

    yield "Resemblyzer, released weights", Path(resemblyzer.__file__).parent / "pretrained.pt", embed


def wespeaker(folder: Path) -> Iterator[tuple[str, Path, Tool]]:
    """ResNet-34 and ECAPA-TDNN, without and with global context."""
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither, options.frame_opts.window_type, options.mel_opts.num_bins = 0.0, "hamming", 80

    def features(waveform: Waveform) -> Tensor:
        filters = kaldi_native_fbank.OnlineFbank(options)
        filters.accept_waveform(16_000, (waveform * 32768).tolist())
        filters.input_finished()
        frames = np.stack([filters.get_frame(frame) for frame in range(filters.num_frames_ready)])
        return torch.from_numpy(frames - frames.mean(0)).unsqueeze(0)

    # The package as a whole imports its command line; the networks need none of it.
    spec = importlib.util.find_spec("wespeaker")
    assert spec is not None
    package = types.ModuleType("wespeaker")
    package.__path__ = list(spec.submodule_search_locations or [])
    sys.modules["wespeaker"] = package
    from wespeaker.models import ecapa_tdnn, resnet

    both = {"feat_dim": 80, "embed_dim": 192}
    for name, make, pooling in (
        ("ResNet34", resnet.ResNet34, {"pooling_func": "TSTP", "two_emb_layer": False}),
        ("ECAPA_TDNN_c512", ecapa_tdnn.ECAPA_TDNN_c512, {"pooling_func": "ASTP"}),
        ("ECAPA_TDNN_GLOB_c512", ecapa_tdnn.ECAPA_TDNN_GLOB_c512, {"pooling_func": "ASTP"}),
    ):
        network = with_random_weights(make(**both, **pooling))
        place = folder / name
        place.mkdir()
        torch.save(network.state_dict(), place / "avg_model.pt")
        bank = {"num_mel_bins": 80, "frame_shift": 10, "frame_length": 25, "dither": 1.0}
        settings = {"model": name, "model_args": both | pooling, "dataset_args": {"fbank_args": bank}}
        (place / "config.yaml").write_text(yaml.safe_dump(settings))

        def embed(waveform: Waveform, network: nn.Module = network) -> NDArray[np.float32]:
            found = network(features(waveform))
            row: NDArray[np.float32] = (found[-1] if isinstance(found, tuple) else found)[0].numpy()
            return row

        yield f"WeSpeaker, {name}", place, embed


def speechbrain(folder: Path) -> Iterator[tuple[str, Path, Tool]]:
    """ECAPA-TDNN of 512 and 1,024 channels."""
    from speechbrain.lobes.features import Fbank
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN

    bank = Fbank(n_mels=80)
    for width, joined in ((512, 1536), (1024, 3072)):
        channels = [width] * 4 + [joined]
        network = with_random_weights(
            ECAPA_TDNN(
                80,
                lin_neurons=192,
                channels=channels,
                kernel_sizes=[5, 3, 3, 3, 1],
                dilations=[1, 2, 3, 4, 1],
                attention_channels=128,
            )
        )
        place = folder / str(width)
        place.mkdir()
        torch.save(network.state_dict(), place / "embedding_model.ckpt")
        (place / "hyperparams.yaml").write_text(HYPERPARAMS.replace("CHANNELS", str(channels)))

        def embed(waveform: Waveform, network: nn.Module = network) -> NDArray[np.float32]:
            frames = bank(torch.from_numpy(waveform).unsqueeze(0))
            row: NDArray[np.float32] = network(frames - frames.mean(1, keepdim=True))[0, 0].numpy()
            return row

        yield f"SpeechBrain, ECAPA-TDNN, {width} channels", place, embed


def measure(paths: list[str], ours: SpeakerModel, theirs: Tool, rounds: int) -> tuple[float, float, float, float]:
    """Smallest cosine, largest difference, and the seconds of their loop and of our list for a second of audio."""

    def loop() -> NDArray[np.float64]:
        found = [theirs(soundfile.read(path, dtype="float32")[0]) for path in paths]
        rows = np.stack(found).astype(np.float64)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    best = {"loop": np.inf, "embed": np.inf}
    found: dict[str, NDArray[np.floating]] = {}
    for number in range(rounds + 1):
        for name, way in (("loop", loop), ("embed", lambda: ours.embed(paths))):
            start = time.perf_counter()
            found[name] = way()
            if number:
                best[name] = min(best[name], time.perf_counter() - start)
    seconds = sum(soundfile.info(path).duration for path in paths)
    difference = np.abs(found["loop"] - found["embed"]).max()
    cosine = (found["loop"] * found["embed"]).sum(1).min()
    return cosine, difference, best["loop"] / seconds, best["embed"] / seconds


@torch.no_grad()
def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", help="at 16 kHz, mono")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for name in NOT_NEEDED:
        try:
            __import__(name)
        except ImportError:
            stand_in(name)
    print(f"| network ({len(given.recordings)} recordings) | smallest cosine | largest difference ", end="")
    print("| loop RTF | embed RTF | ratio |\n| --- | --- | --- | --- | --- | --- |")
    for tool in (resemblyzer, wespeaker, speechbrain):
        with tempfile.TemporaryDirectory() as folder:
            try:
                for name, checkpoint, embed in tool(Path(folder)):
                    model = interop.convert(checkpoint).model
                    cosine, difference, theirs, ours = measure(given.recordings, model, embed, given.rounds)
                    print(f"| {name} | {cosine:.7f} | {difference:.1e} ", end="")
                    print(f"| {theirs:.5f} | {ours:.5f} | {theirs / ours:.2f} |", flush=True)
            except ImportError as missing:
                print(f"| {tool.__name__} | not installed: {missing} | | | | |", flush=True)


if __name__ == "__main__":
    main()
