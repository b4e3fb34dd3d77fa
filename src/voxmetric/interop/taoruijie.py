"""Checkpoints of TaoRuijie's ECAPA-TDNN."""

from __future__ import annotations

from voxmetric.interop.checkpoint import Checkpoint
from voxmetric.interop.checkpoint_format import Translation
from voxmetric.interop.folding import fold_normalization
from voxmetric.interop.renaming import Rule, rename
from voxmetric.interop.torchaudio_front_end import mel_spectrogram_options, mel_spectrogram_rules

_PREFIX = r"speaker_encoder\."
_RULES: list[Rule] = [
    (r"speaker_loss\..+", None),
    (rf"{_PREFIX}torchfbank\.0\.flipped_filter", None),
    *mel_spectrogram_rules(rf"{_PREFIX}torchfbank\.1"),
    (rf"{_PREFIX}conv1\.(\w+)", r"trunk.first.convolution.\1"),
    (rf"{_PREFIX}bn1\.(\w+)", r"trunk.first.normalization.\1"),
    (rf"{_PREFIX}layer4\.(\w+)", r"trunk.join.convolution.\1"),
    (rf"{_PREFIX}attention\.0\.(\w+)", r"pooling.hidden.\1"),
    (rf"{_PREFIX}attention\.2\.(\w+)", r"pooling.hidden_normalization.1.\1"),
    (rf"{_PREFIX}attention\.4\.(\w+)", r"pooling.scores.\1"),
    (rf"{_PREFIX}bn5\.(\w+)", r"projection.0.\1"),
    (rf"{_PREFIX}fc6\.(\w+)", r"projection.1.\1"),
]
for _block in range(3):
    _theirs, _ours = rf"{_PREFIX}layer{_block + 1}", f"trunk.blocks.{_block}"
    _RULES += [
        (rf"{_theirs}\.conv1\.(\w+)", rf"{_ours}.narrow.convolution.\1"),
        (rf"{_theirs}\.bn1\.(\w+)", rf"{_ours}.narrow.normalization.\1"),
        (rf"{_theirs}\.convs\.(\d)\.(\w+)", rf"{_ours}.res2.layers.\1.convolution.\2"),
        (rf"{_theirs}\.bns\.(\d)\.(\w+)", rf"{_ours}.res2.layers.\1.normalization.\2"),
        (rf"{_theirs}\.conv3\.(\w+)", rf"{_ours}.widen.convolution.\1"),
        (rf"{_theirs}\.bn3\.(\w+)", rf"{_ours}.widen.normalization.\1"),
        (rf"{_theirs}\.se\.se\.1\.(\w+)", rf"{_ours}.squeeze.\1"),
        (rf"{_theirs}\.se\.se\.3\.(\w+)", rf"{_ours}.excite.\1"),
    ]


class TaoRuijie:
    """Files `*.model`, state dictionaries of encoder and loss together.

    The batch normalisation behind the last layer (`bn6`) becomes part of it.
    """

    origin = "https://github.com/TaoRuijie/ECAPA-TDNN"

    def recognises(self, checkpoint: Checkpoint) -> bool:
        return "speaker_encoder.layer1.convs.0.weight" in checkpoint.tensors

    def translate(self, checkpoint: Checkpoint) -> Translation:
        channels, num_mels, _ = checkpoint.shape("speaker_encoder.conv1.weight")
        front_end = mel_spectrogram_options(
            checkpoint,
            "speaker_encoder.torchfbank.1",
            num_mels=num_mels,
            low_frequency=20.0,
            high_frequency=7600.0,
            pre_emphasis=0.97,
            normalization="mean",
        )
        encoder = {
            "name": "ecapa_tdnn",
            "embedding_size": checkpoint.shape("speaker_encoder.fc6.weight")[0],
            "front_end": front_end,
            "pooling": {
                "name": "channel_context_attentive",
                "bottleneck": checkpoint.shape("speaker_encoder.attention.0.weight")[0],
                "hidden_normalization": True,
                "variance_floor": 1e-4,
            },
            "channels": channels,
            "output_channels": checkpoint.shape("speaker_encoder.layer4.weight")[0],
            "summed_inputs": True,
        }
        tensors = fold_normalization(checkpoint.tensors, "speaker_encoder.fc6", "speaker_encoder.bn6")
        return Translation("ECAPA-TDNN", encoder, rename(tensors, _RULES))
