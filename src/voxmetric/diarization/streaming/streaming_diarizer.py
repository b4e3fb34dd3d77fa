"""Who speaks, while it is being said: sound goes in bit by bit, turns come out some seconds later, for good."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.live.resampled import Resampled
from voxmetric.audio.voice_activity import SAMPLE_RATE as SPEECH_RATE
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.frames import Frames, frame_scores, posteriors
from voxmetric.diarization.same_voice import same_voice_distance
from voxmetric.diarization.streaming.online_clustering import OnlineClustering
from voxmetric.diarization.streaming.recent_sound import RecentSound
from voxmetric.diarization.streaming.settings import StreamSettings
from voxmetric.diarization.streaming.speaking_turns import SILENCE, SpeakingTurns, Turn
from voxmetric.diarization.streaming.speech_so_far import FRAME_SECONDS, SpeechSoFar

if TYPE_CHECKING:
    from voxmetric.speaker_model import SpeakerModel

Waveform = NDArray[np.float32]

LOOK_BACK = 10.0
"""Seconds of what is settled that the smoothing of later frames still sees."""

SHARPNESS_SECONDS = 0.1
"""What the setting `sharpness` refers to."""


class StreamingDiarizer:
    """Diarizes sound that comes in bit by bit, in bounded memory and time.

    Every `hop_seconds` the window around the last ones that are complete is embedded, if there is speech in them; what
    is older than the delay is settled: its windows by `OnlineClustering`, its frames by their cosines with the means of
    the speakers, smoothed as `voxmetric.diarization.labelling` does.

    Args:
        model: embeds the windows.
        sample_rate: of the sound, Hz.
        settings: how.
    """

    def __init__(self, model: SpeakerModel, sample_rate: int, settings: StreamSettings | None = None) -> None:
        self.settings = settings or StreamSettings()
        self._model = model
        self._for_model = Resampled(sample_rate, model.sample_rate)
        self._for_speech = Resampled(sample_rate, SPEECH_RATE)
        self._sound = RecentSound(model.sample_rate)
        self._step = max(1, round(self.settings.hop_seconds * sample_rate))
        self._speech = SpeechSoFar(self.settings.hysteresis)
        threshold = same_voice_distance(model) if self.settings.threshold is None else self.settings.threshold
        self._clustering = OnlineClustering(
            threshold=threshold, max_speakers=self.settings.max_speakers, support=self.settings.support
        )
        self._turns = SpeakingTurns(
            FRAME_SECONDS,
            shortest_pause=self.settings.shortest_pause,
            longest=self.settings.longest_turn_seconds,
        )
        self._waiting: Waveform = np.empty(0, dtype=np.float32)  # less than a step, at the rate it came in
        self._next_window = 0
        self._settled_frames = 0
        # Windows (W,) that frames are still scored by: where they lie, and their embeddings (W, D).
        self._starts: NDArray[np.float64] = np.empty(0)
        self._ends: NDArray[np.float64] = np.empty(0)
        self._vectors: Waveform | None = None

    @property
    def heard_seconds(self) -> float:
        """How much sound has come in."""
        return self._sound.heard_seconds

    @property
    def settled_seconds(self) -> float:
        """Up to where it is settled who speaks."""
        return self._settled_frames * FRAME_SECONDS

    def add(self, samples: Waveform) -> list[Turn]:
        """Listen to more (T,) in [-1, 1]; the turns that are complete now, in order of time.

        How the sound is cut makes no difference. Non-finite samples count as silence, so that one bad moment does not
        end a long session.
        """
        finite = np.nan_to_num(np.asarray(samples, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        self._waiting = np.concatenate([self._waiting, finite])
        done: list[Turn] = []
        while len(self._waiting) >= self._step:
            self._listen(self._waiting[: self._step])
            self._waiting = self._waiting[self._step :]
            self._embed()
            done += self._settle(int((self.heard_seconds - self.settings.delay_seconds) / FRAME_SECONDS))
        return done

    def finish(self) -> list[Turn]:
        """The turns that are left when there is no more sound."""
        self._listen(self._waiting)
        self._waiting = self._waiting[:0]
        self._sound.add(self._for_model.finish())
        self._speech.add(self._for_speech.finish())
        self._speech.finish()
        self._embed(last=True)
        left = self._settle(self._speech.num_frames) + self._turns.finish()
        return [dataclasses.replace(turn, end=min(turn.end, self.heard_seconds)) for turn in left]

    def _listen(self, samples: Waveform) -> None:
        self._sound.add(self._for_model.add(samples))
        self._speech.add(self._for_speech.add(samples))

    def _embed(self, *, last: bool = False) -> None:
        """Embed the speech in each further window that has been heard whole, with time to tell speech there."""
        settings, heard = self.settings, self.heard_seconds
        half = settings.window_seconds / 2.0
        if last:
            stop = int(np.ceil(heard / settings.hop_seconds))
        else:
            stop = int((heard - half - settings.look_ahead_seconds) / settings.hop_seconds - 0.5)
        windows, starts, ends = [], [], []
        for number in range(self._next_window, stop):  # one at a step, but for the last few
            centre = (number + 0.5) * settings.hop_seconds
            for start, end in self._spoken(max(0.0, centre - half), centre, min(heard, centre + half)):
                window = self._sound.between(start, end)
                if len(window) and np.ptp(window) > 0:
                    windows.append(window)
                    starts.append(start)
                    ends.append(end)
        self._next_window = max(self._next_window, stop)
        if not windows:
            return
        vectors = self._model.embed_waveforms(windows)
        self._clustering.add(vectors)
        self._vectors = vectors if self._vectors is None else np.concatenate([self._vectors, vectors])
        # A stretch may have grown since the window before was cut; both must rise.
        self._starts = np.maximum.accumulate(np.concatenate([self._starts, starts]))
        self._ends = np.maximum.accumulate(np.concatenate([self._ends, ends]))

    def _spoken(self, start: float, centre: float, end: float) -> list[tuple[float, float]]:
        """What lies in a window of each stretch of speech that reaches into the hop around its centre.

        A window ends where a pause begins: behind it somebody else may speak.
        """
        first, stop = int(start / FRAME_SECONDS), min(int(np.ceil(end / FRAME_SECONDS)), self._speech.num_frames)
        speech = np.concatenate([[False], self._speech.frames(first, stop), [False]])
        edges = (first + np.flatnonzero(np.diff(speech.astype(np.int8)))) * FRAME_SECONDS
        half = self.settings.hop_seconds / 2.0
        stretches = zip(np.maximum(edges[::2], start).tolist(), np.minimum(edges[1::2], end).tolist(), strict=True)
        return [(begin, finish) for begin, finish in stretches if begin < centre + half and finish > centre - half]

    def _settle(self, stop: int) -> list[Turn]:
        """Decide on the frames up to `stop`, and the windows over them, for good; the turns that are complete then."""
        stop = min(stop, self._speech.num_frames)
        if stop <= self._settled_frames:
            return []
        until = stop * FRAME_SECONDS
        waiting = self._starts[len(self._starts) - self._clustering.num_waiting :]
        self._clustering.settle(int((waiting < until).sum()))
        first = max(0, self._settled_frames - round(LOOK_BACK / FRAME_SECONDS))
        labels = self._labels(first)
        turns = self._turns.add(labels[self._settled_frames - first : stop - first])
        self._settled_frames = stop
        self._forget()
        return turns

    def _labels(self, first: int) -> Labels:
        """Speakers (F,) of the frames from `first` to the last one heard, as it looks now."""
        is_speech = self._speech.frames(first, self._speech.num_frames)
        labels: Labels = np.full(len(is_speech), SILENCE)
        speech = np.flatnonzero(is_speech) + first
        if not len(speech) or not self._clustering.num_speakers or self._vectors is None:
            return labels
        starts = np.asarray(speech * FRAME_SECONDS, dtype=np.float64)
        frames = Frames(starts, starts + FRAME_SECONDS, np.zeros(len(speech), dtype=np.int64))
        cosines = (self._vectors @ self._clustering.speaker_means.T).astype(np.float64)
        likely = posteriors(
            frame_scores(frames, self._starts, self._ends, cosines),
            self.settings.sharpness * FRAME_SECONDS / SHARPNESS_SECONDS,
            FRAME_SECONDS,
            self.settings.turn_seconds,
        )
        labels[is_speech] = likely.argmax(axis=1)
        return labels

    def _forget(self) -> None:
        """Let go of sound that is embedded and of windows that no frame is scored by any more."""
        self._sound.forget(self._next_window * self.settings.hop_seconds - self.settings.window_seconds)
        settled = len(self._starts) - self._clustering.num_waiting
        # The last one stays: speech after a long pause is scored before its own window is heard whole.
        candidates = self._ends[: min(settled, len(self._ends) - 1)]
        old = int((candidates < self.settled_seconds - LOOK_BACK).sum())
        if old and self._vectors is not None:
            self._starts, self._ends, self._vectors = self._starts[old:], self._ends[old:], self._vectors[old:]
