"""Converted checkpoints beside the tools' own code: embeddings of the same recordings, for the packages installed here.

    pip install --no-deps resemblyzer wespeaker-unofficial speechbrain hyperpyyaml ruamel.yaml kaldi-native-fbank
    pip install librosa huggingface-hub sentencepiece joblib
    python benchmarks/checkpoints.py RECORDING...

Resemblyzer's package carries its released weights; the networks of WeSpeaker and SpeechBrain get random ones. Their
front-ends are librosa (through Resemblyzer), kaldi-native-fbank and SpeechBrain's. Printed are the smallest cosine
between an embedding of the tool and ours, and the largest difference of a component.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from torch import Tensor, nn

from voxmetric import interop
from voxmetric.audio.reading import read

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
    channels: [1024, 1024, 1024, 1024, 3072]
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
    """ECAPA-TDNN of 1,024 channels."""
    from speechbrain.lobes.features import Fbank
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN

    bank = Fbank(n_mels=80)
    network = with_random_weights(
        ECAPA_TDNN(
            80,
            lin_neurons=192,
            channels=[1024, 1024, 1024, 1024, 3072],
            kernel_sizes=[5, 3, 3, 3, 1],
            dilations=[1, 2, 3, 4, 1],
            attention_channels=128,
        )
    )
    torch.save(network.state_dict(), folder / "embedding_model.ckpt")
    (folder / "hyperparams.yaml").write_text(HYPERPARAMS)

    def embed(waveform: Waveform) -> NDArray[np.float32]:
        frames = bank(torch.from_numpy(waveform).unsqueeze(0))
        row: NDArray[np.float32] = network(frames - frames.mean(1, keepdim=True))[0, 0].numpy()
        return row

    yield "SpeechBrain, ECAPA-TDNN", folder, embed


@torch.no_grad()
def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=Path)
    waveforms = [read(path, sample_rate=16_000) for path in parser.parse_args().recordings]
    for name in NOT_NEEDED:
        try:
            __import__(name)
        except ImportError:
            stand_in(name)
    print(f"| network ({len(waveforms)} recordings) | smallest cosine | largest difference |\n| --- | --- | --- |")
    for tool in (resemblyzer, wespeaker, speechbrain):
        with tempfile.TemporaryDirectory() as folder:
            try:
                for name, checkpoint, embed in tool(Path(folder)):
                    ours = interop.convert(checkpoint).model.embed_waveforms(waveforms)
                    theirs = np.stack([embed(waveform) for waveform in waveforms]).astype(np.float64)
                    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
                    cosine, difference = (ours * theirs).sum(1).min(), np.abs(ours - theirs).max()
                    print(f"| {name} | {cosine:.7f} | {difference:.1e} |", flush=True)
            except ImportError as missing:
                print(f"| {tool.__name__} | not installed: {missing} | |", flush=True)


if __name__ == "__main__":
    main()
