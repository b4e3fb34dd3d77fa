"""Which recordings can be read: a tone is really encoded and decoded, in memory."""

from __future__ import annotations

import importlib
import io
from functools import partial
from typing import TYPE_CHECKING, Any

from voxmetric.diagnosis.finding import Finding, attempt
from voxmetric.diagnosis.packages import install_command

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg vorbis": ("OGG", "VORBIS"),
    "ogg opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
SAMPLE_RATE = 16000
FREQUENCY = 440.0


def codecs() -> list[Finding]:
    """Every format of the base through libsndfile, and m4a through the extra `av`."""
    base = [
        attempt(name, partial(_through_libsndfile, *coding), mend=install_command(""))
        for name, coding in FORMATS.items()
    ]
    return [*base, attempt("m4a", _through_ffmpeg, required=False, mend=install_command("av"))]


def _through_libsndfile(container: str, coding: str) -> str:
    import soundfile

    memory = io.BytesIO()
    soundfile.write(memory, _tone(), SAMPLE_RATE, format=container, subtype=coding)
    memory.seek(0)
    decoded, rate = soundfile.read(memory, dtype="float32")
    _check(decoded, rate)
    return f"libsndfile {soundfile.__libsndfile_version__}"


def _through_ffmpeg() -> str:
    import numpy as np

    av: Any = importlib.import_module("av")
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(_tone()[None], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    memory.seek(0)
    with av.open(memory) as container:
        decoded = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    _check(decoded, SAMPLE_RATE)
    return f"av {av.__version__}"


def _tone() -> NDArray[np.float32]:
    """One second of a tone."""
    import numpy as np

    return (0.5 * np.sin(2 * np.pi * FREQUENCY * np.arange(SAMPLE_RATE) / SAMPLE_RATE)).astype(np.float32)


def _check(decoded: NDArray[np.float32], rate: int) -> None:
    """Raise unless `decoded` is about a second of the tone."""
    import numpy as np

    seconds = len(decoded) / rate
    loudest = np.argmax(np.abs(np.fft.rfft(decoded))) / seconds
    if abs(seconds - 1) > 0.2 or abs(loudest - FREQUENCY) > 5:
        raise ValueError(f"expected 1 s of {FREQUENCY:g} Hz, decoded {seconds:.2f} s of {loudest:.0f} Hz")
