"""Speaker encoders: modules from waveforms to embeddings, the front-end inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from voxmetric.encoders.summary import EncoderEntry, EncoderSummary
from voxmetric.errors import InputError
from voxmetric.registry import Registry

if TYPE_CHECKING:
    from voxmetric.encoders.description import Description
    from voxmetric.encoders.encoder import Encoder

_ENTRIES = {
    "x_vector": EncoderEntry(
        "voxmetric.encoders.x_vector:XVector",
        "time-delay network with statistics pooling (Snyder et al. 2018)",
        parameters=4_252_564,
        multiply_adds_per_second=264_598_442,
    ),
    "sincnet_x_vector": EncoderEntry(
        "voxmetric.encoders.sincnet_x_vector:SincNetXVector",
        "x-vector on learnt filters of the waveform (Coria et al. 2020)",
        parameters=4_342_898,
        multiply_adds_per_second=412_031_460,
    ),
    "ecapa_tdnn": EncoderEntry(
        "voxmetric.encoders.ecapa_tdnn:EcapaTdnn",
        "time-delay network with gated Res2 blocks (Desplanques et al. 2020)",
        parameters=6_190_720,
        multiply_adds_per_second=517_844_760,
    ),
    "fast_resnet34": EncoderEntry(
        "voxmetric.encoders.fast_resnet34:FastResNet34",
        "quarter-width ResNet-34 on mel bands (Chung et al. 2020)",
        parameters=1_437_078,
        multiply_adds_per_second=222_952_394,
    ),
    "thin_resnet34": EncoderEntry(
        "voxmetric.encoders.thin_resnet34:ThinResNet34",
        "quarter-width ResNet-34 on linear spectra (Chung et al. 2020)",
        parameters=1_437_078,
        multiply_adds_per_second=487_218_984,
    ),
    "half_resnet34": EncoderEntry(
        "voxmetric.encoders.half_resnet34:HalfResNet34",
        "half-width ResNet-34 of H/ASP (Heo et al. 2020)",
        parameters=8_028_492,
        multiply_adds_per_second=1_836_001_232,
    ),
    "resnet34": EncoderEntry(
        "voxmetric.encoders.resnet34:ResNet34",
        "half-width ResNet-34 of WeSpeaker (Wang et al. 2023)",
        parameters=6_634_336,
        multiply_adds_per_second=2_260_660_760,
    ),
    "vgg_m_40": EncoderEntry(
        "voxmetric.encoders.vgg_m_40:VggM40",
        "VGG-M on mel bands (Chung et al. 2020)",
        parameters=4_032_448,
        multiply_adds_per_second=280_383_786,
    ),
    "gated_tdnn": EncoderEntry(
        "voxmetric.encoders.gated_tdnn:GatedTdnn",
        "gated convolutions at 50 frames a second, the cheapest here",
        parameters=978_416,
        multiply_adds_per_second=40_255_880,
    ),
    "lstm": EncoderEntry(
        "voxmetric.encoders.lstm:Lstm",
        "recurrent network over windows of 1.6 s (Wan et al. 2018, Resemblyzer)",
        parameters=1_423_616,
        multiply_adds_per_second=217_461_946,
    ),
    "transformer": EncoderEntry(
        "voxmetric.encoders.transformer:Transformer",
        "self-attention over two-second windows (Narayanaswamy et al. 2019)",
        parameters=989_440,
        multiply_adds_per_second=168_994_788,
    ),
    "ensemble": EncoderEntry(
        "voxmetric.encoders.ensemble:Ensemble",
        "several encoders side by side, by default the gated and the residual one",
        parameters=2_415_494,
        multiply_adds_per_second=263_208_274,
    ),
    "wav2vec": EncoderEntry(
        "voxmetric.encoders.wav2vec:Wav2Vec",
        "self-supervised network of a local folder (wav2vec 2.0, HuBERT, WavLM)",
        parameters=95_355_789,
        multiply_adds_per_second=7_146_722_944,
    ),
}
trunks = Registry("encoder", _ENTRIES)

_CONFIGURATION = ("name", "embedding_size", "front_end", "pooling", "options")


def available() -> dict[str, EncoderSummary]:
    """Names of the encoders with what each is, its parameters, and its multiply-adds for a second of audio."""
    return {name: entry.described() for name, entry in _ENTRIES.items()}


def describe(name: str, **options: Any) -> Description:
    """Parameters and multiply-adds of the encoder `name`, built as `create` would with these options."""
    from voxmetric.encoders.description import description

    return description(create(name, **options))


def create(
    name: str,
    embedding_size: int | None = None,
    front_end: Mapping[str, Any] | None = None,
    pooling: str | Mapping[str, Any] | None = None,
    **options: Any,
) -> Encoder:
    """Build the encoder `name` with random weights.

    Args:
        name: one of `available()`.
        embedding_size: components of an embedding; None: as published.
        front_end: options laid over the encoder's own front-end, such as `{"num_mels": 80}`; with another `"name"`
            that front-end's defaults hold instead.
        pooling: a pooling's name, or a mapping of its name and options; None: as published.
        options: the encoder's own.

    Raises:
        InputError: for an unknown name or option, or a value out of range.
    """
    from voxmetric.encoders.encoder import assemble

    return assemble(name, embedding_size, front_end, pooling, options)


def from_configuration(configuration: Mapping[str, Any]) -> Encoder:
    """The encoder, with random weights, whose `Encoder.configuration` this is.

    Raises:
        InputError: if a key is missing or unknown, or a value out of range.
    """
    configuration = dict(configuration)
    layers = configuration.pop("layers", None)
    if sorted(configuration) != sorted(_CONFIGURATION):
        raise InputError(
            f"an encoder's configuration has the keys {', '.join(_CONFIGURATION)}; "
            f"found {', '.join(map(str, configuration)) or 'none'}; take it from a saved model"
        )
    encoder = create(
        configuration["name"],
        configuration["embedding_size"],
        configuration["front_end"],
        configuration["pooling"],
        **configuration["options"],
    )
    if layers is None:
        return encoder
    from voxmetric.encoders.appended import layers_from, with_layers

    return with_layers(encoder, layers_from(layers, encoder.embedding_size))
