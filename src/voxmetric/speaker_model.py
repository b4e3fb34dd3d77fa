"""A trained speaker encoder with its card: the object that users load, call and save."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from voxmetric import encoders, shipped
from voxmetric.bulk_embedding import Recording, embed_recordings, file_recording
from voxmetric.encoders.encoder import Encoder
from voxmetric.encoders.inference import for_inference
from voxmetric.errors import InputError
from voxmetric.files import replacing, write_text
from voxmetric.precision import Precision, Request, resolve

if TYPE_CHECKING:
    from voxmetric.scoring.model_calibration import ModelCalibration
    from voxmetric.scoring.verification import Verification

Waveform = NDArray[np.float32]
Source = str | os.PathLike[str] | NDArray[Any] | torch.Tensor

WEIGHTS, DESCRIPTION, CALIBRATION = "model.safetensors", "model.json", "calibration.json"
FORMAT = 1


@dataclass(frozen=True)
class Card:
    """What a user should know of a model before trusting it.

    Attributes:
        name: of the model or the recipe that made it.
        summary: one line.
        training_data: what it was trained on, in words and counts.
        licence: of the weights.
        synthetic: whether the training voices were synthetic.
        recipe: the resolved recipe, where it was trained here.
        results: measured figures, with their trials and intervals.
        unfit_for: uses that nothing speaks for, in words.
        versions: of the software that trained it.
    """

    name: str = "untitled"
    summary: str = ""
    training_data: dict[str, Any] = field(default_factory=dict)
    licence: str = "unknown"
    synthetic: bool = False
    recipe: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    unfit_for: str = ""
    versions: dict[str, str] = field(default_factory=dict)


class SpeakerModel:
    """An encoder in evaluation mode with its card.

    It may be trained further, copied and pickled. Weights that have changed are noticed at the next embedding, unless
    they were changed behind torch's back, through `.data` or in inference mode.

    Args:
        encoder: any of `voxmetric.encoders`; it is moved to `device` and put in evaluation mode.
        card: what is known of it.
        device: where to compute.
        precision: `bfloat16` embeds in less time where the device is faster in it and gives slightly other embeddings;
            `auto` is bfloat16 there and float32 elsewhere. The weights stay float32.

    Attributes:
        precision: `float32` or `bfloat16`.
        calibration: from scores to log-likelihood ratios, with what it was fitted on; None where there is none.
    """

    def __init__(
        self,
        encoder: Encoder,
        card: Card | None = None,
        device: str | torch.device = "cpu",
        precision: Request = "float32",
    ) -> None:
        """Take over the encoder.

        Raises:
            InputError: for an unknown precision, or bfloat16 on a device that is no faster in it.
        """
        self.device = torch.device(device)
        self.precision: Precision = resolve(precision, self.device)
        self.encoder = encoder.to(device).eval()
        self.card = card or Card()
        self.calibration: ModelCalibration | None = None
        self._fast: tuple[list[tuple[int, int]], Encoder] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without the fast form, whose weights in oneDNN's layout can be neither copied nor written."""
        return {**self.__dict__, "_fast": None}

    @property
    def sample_rate(self) -> int:
        """Samples per second that the encoder expects; other recordings are resampled on reading."""
        return self.encoder.sample_rate

    @property
    def embedding_size(self) -> int:
        """Length D of an embedding."""
        return self.encoder.embedding_size

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the configuration and weights, whatever the folder's name and the precision computed in."""
        digest = hashlib.sha256(json.dumps(self.encoder.configuration(), sort_keys=True).encode())
        for name, tensor in sorted(self.encoder.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    @overload
    def embed(self, source: Source, *, sample_rate: int | None = None) -> Waveform: ...
    @overload
    def embed(self, source: Sequence[Source], *, sample_rate: int | None = None) -> Waveform: ...
    def embed(self, source: Source | Sequence[Source], *, sample_rate: int | None = None) -> Waveform:
        """Embed one recording or several.

        Args:
            source: a path, or samples (T,) in [-1, 1] as an array or tensor, or a list of either.
            sample_rate: of samples given as arrays; by default the model's own.

        Returns:
            (D,) float32 of unit length, or (N, D) for a list. Recordings longer than a minute are read and embedded in
            pieces of at most that, and averaged by their lengths; a piece of digital silence does not count. Ones
            shorter than the encoder's minimum are repeated to reach it.

        Raises:
            InputError: if a recording cannot be read, or has no samples, none but equal ones (digital silence), or any
                that are not finite or beyond 1e10.
        """
        if isinstance(source, str | os.PathLike | np.ndarray | torch.Tensor):
            one: Waveform = self._embed([self._recording("the recording", source, sample_rate)])[0]
            return one
        if not isinstance(source, Iterable):
            raise _no_recording("the source", source)
        return self._embed(
            [self._recording(f"recording {number}", each, sample_rate) for number, each in enumerate(source)]
        )

    def embed_waveforms(self, waveforms: Sequence[Waveform]) -> Waveform:
        """Unit-length embeddings (N, D) of waveforms (T_i,) at the model's sample rate, batched by length.

        Raises:
            InputError: as `embed`.
        """
        return self._embed([_in_memory(f"recording {number}", each) for number, each in enumerate(waveforms)])

    def verify(
        self,
        a: Source | Sequence[Source],
        b: Source | Sequence[Source],
        *,
        threshold: float | None = None,
        sample_rate: int | None = None,
    ) -> Verification:
        """Whether two voices, each heard in one recording or several, are one speaker's; see `scoring.verification`.

        Args:
            a: a path, or samples (T,) in [-1, 1], or a list of either.
            b: likewise, of the other voice.
            threshold: a log-likelihood ratio where the model is calibrated, else a cosine; by default the one kept with
                the model. Without a calibration and a threshold nothing is decided.
            sample_rate: of samples given as arrays; by default the model's own.

        Raises:
            InputError: as `embed`.
        """
        from voxmetric.scoring.verification import verify

        return verify(self, a, b, threshold=threshold, sample_rate=sample_rate)

    @torch.no_grad()
    def save(self, folder: str | os.PathLike[str], *, half_precision: bool = False) -> Path:
        """Write the model's files, and its calibration if it has one, into `folder`, each in one step; returns it.

        Args:
            folder: where to.
            half_precision: round the weights of matrices and convolutions, in this model as well, to float16 and keep
                them so, in half the space; they are computed with in float32 as before.
        """
        target = Path(folder)
        (target / CALIBRATION).unlink(missing_ok=True)  # one of other weights must not outlive them
        halved = {name for name, weight in self.encoder.named_parameters() if half_precision and weight.dim() > 1}
        for name in halved:
            weight = self.encoder.get_parameter(name)
            weight.copy_(weight.half())
        weights = {
            name: (tensor.half() if name in halved else tensor).detach().cpu().contiguous()
            for name, tensor in self.encoder.state_dict().items()
        }
        with replacing(target / WEIGHTS) as beside:
            beside.write_bytes(save(weights, metadata={"format": "pt"}))
        description = {
            "format": FORMAT,
            "encoder": self.encoder.configuration(),
            "fingerprint": self.fingerprint,
            "card": dataclasses.asdict(self.card),
        }
        write_text(target / DESCRIPTION, json.dumps(description, indent=2) + "\n")
        if self.calibration is not None:
            self.calibration.write(target)
        return target

    def _embed(self, recordings: list[Recording]) -> Waveform:
        self.encoder.eval()  # whatever it was put into since, such as training mode
        vectors, _ = embed_recordings(
            recordings,
            self._forward,
            sample_rate=self.sample_rate,
            embedding_size=self.embedding_size,
            shortest=self.encoder.minimum_samples,
        )
        return vectors

    def _recording(self, name: str, source: Source, sample_rate: int | None) -> Recording:
        if isinstance(source, str | os.PathLike):
            return file_recording(os.fspath(source), sample_rate=self.sample_rate)
        if isinstance(source, torch.Tensor):
            source = source.detach().cpu()
            source = (source.float() if source.dtype == torch.bfloat16 else source).numpy()
        if not isinstance(source, np.ndarray):
            raise _no_recording(name, source)
        if source.ndim != 1 or not np.issubdtype(source.dtype, np.floating):
            raise InputError(
                f"expected float samples of shape (T,) in [-1, 1], found {source.dtype} of shape {source.shape}"
            )
        samples = source.astype(np.float32, copy=False)
        if sample_rate is not None and sample_rate != self.sample_rate:
            import soxr

            samples = soxr.resample(samples, sample_rate, self.sample_rate)
        return _in_memory(name, samples)

    @torch.inference_mode()
    def _forward(self, waveforms: list[Waveform]) -> Waveform:
        shortest = self.encoder.minimum_samples
        waveforms = [np.resize(each, shortest) if len(each) < shortest else each for each in waveforms]
        lengths = torch.tensor([len(waveform) for waveform in waveforms])
        batch = torch.zeros(len(waveforms), int(lengths.max()))
        for row, waveform in zip(batch, waveforms, strict=True):
            row[: len(waveform)] = torch.from_numpy(np.ascontiguousarray(waveform))
        with torch.autocast(self.device.type, enabled=False):  # the precision is the model's own
            embeddings = self._prepared()(batch.to(self.device), lengths.to(self.device))
        result: Waveform = embeddings.float().cpu().numpy()
        return result

    def _prepared(self) -> Encoder:
        """The encoder in its fast form, made again when a weight has changed since."""
        tensors = itertools.chain(self.encoder.parameters(), self.encoder.buffers())
        state = [(each.data_ptr(), 0 if each.is_inference() else each._version) for each in tensors]
        if self._fast is None or self._fast[0] != state:
            self._fast = (state, for_inference(self.encoder, self.precision))
        return self._fast[1]


def load_model(
    path: str | os.PathLike[str], *, device: str | torch.device = "cpu", precision: Request = "float32"
) -> SpeakerModel:
    """Load a model folder written by `train` or `convert`, or a shipped model by its name.

    Nothing in it is executed and nothing is downloaded. Of a shipped model the card's summary is printed on the
    standard error: what a model was trained on decides what it is good for.

    Args:
        path: the folder or the name.
        device: where to compute.
        precision: see `SpeakerModel`.

    Raises:
        InputError: if the folder or one of its files is missing, damaged, or of a newer format, if its calibration
            belongs to another model, or the device is no faster in bfloat16.
    """
    folder = shipped.locate(path)
    model = read_model(folder, device=device, precision=precision)
    if shipped.is_shipped(folder):
        print(f"{model.card.name}: {model.card.summary}", file=sys.stderr)
    return model


def read_model(folder: Path, *, device: str | torch.device = "cpu", precision: Request = "float32") -> SpeakerModel:
    """The model in a folder, as `load_model` gives it, without a word about it; raises as that."""
    if not (folder / DESCRIPTION).is_file() or not (folder / WEIGHTS).is_file():
        raise InputError(
            f"{folder} is not a model folder: expected {DESCRIPTION} and {WEIGHTS} in it, or the name of a shipped "
            f"model ({', '.join(shipped.available())})"
        )
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        if description["format"] > FORMAT:
            raise InputError(
                f"{folder} was written by a newer voxmetric (format {description['format']}): upgrade to read it"
            )
        encoder = encoders.from_configuration(description["encoder"])
        card = msgspec.convert(description["card"], Card)
        encoder.load_state_dict(load_file(folder / WEIGHTS))
    except InputError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder / DESCRIPTION} is damaged ({error}): copy or train the model again") from error
    except (SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{folder / WEIGHTS} does not fit its description: {reason[:300]}") from error
    model = SpeakerModel(encoder, card, device, precision)
    if (folder / CALIBRATION).exists():
        from voxmetric.scoring.model_calibration import read_calibration

        model.calibration = read_calibration(folder, model.fingerprint)
    return model


def _no_recording(name: str, found: object) -> InputError:
    return InputError(f"{name}: expected a path or an array of samples, found {type(found).__name__}")


def _in_memory(name: str, samples: Waveform) -> Recording:
    def part(first: int, stop: int) -> Waveform:
        if len(samples) == 0:
            raise InputError(f"{name}: cannot embed a recording without samples")
        if not np.isfinite(samples[first:stop]).all():
            raise InputError(f"{name}: cannot embed a recording with samples that are not finite numbers")
        return samples[first:stop]

    return Recording(name, len(samples), part)
