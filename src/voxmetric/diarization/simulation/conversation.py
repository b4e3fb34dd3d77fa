"""A conversation made of labelled utterances, piece by piece, with the truth of who spoke when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.augmentation.reverberation import convolve
from voxmetric.data.turns import Turns
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation.background import Background, draw_background
from voxmetric.diarization.simulation.rooms import Response, draw_room
from voxmetric.diarization.simulation.settings import ConversationSettings
from voxmetric.diarization.simulation.speech import LONGEST_PAUSE
from voxmetric.diarization.simulation.turn_taking import Floor, Order
from voxmetric.diarization.simulation.voice import Utterance, Voice
from voxmetric.errors import InputError

if TYPE_CHECKING:
    from pyannote.core import Annotation

_SILENCE_AT_THE_END = 300  # milliseconds, where a conversation ends because nothing is left to say


@dataclass(frozen=True)
class Facts:
    """What became of the settings in one conversation.

    Attributes:
        seconds: length.
        speakers: names of those who are heard, in order of appearance.
        num_turns: turns taken; each is one stretch of speech or several.
        speech_share: share of the time in which anyone speaks.
        overlap_wanted: share of that in which two were to speak.
        overlap_share: share of that in which two do.
        repeated: speakers who said things again.
        snr: power of speech over noise in dB; None without noise.
        clipped: share of the samples that were beyond full scale and cut off there.
        audio_sha256: hash of the samples as 16-bit integers.
    """

    seconds: float
    speakers: list[str]
    num_turns: int
    speech_share: float
    overlap_wanted: float
    overlap_share: float
    repeated: list[str]
    snr: float | None
    clipped: float
    audio_sha256: str


@dataclass(frozen=True)
class Conversation:
    """A simulated conversation.

    Attributes:
        waveform: (T,) float32, full scale at -1 and 1.
        sample_rate: in Hz.
        reference: who spoke when; stretches of speech of one speaker are more than 0.3 s apart.
        facts: what became of the settings.
    """

    waveform: NDArray[np.float32]
    sample_rate: int
    reference: Annotation
    facts: Facts


def simulate(
    table: UtteranceTable, settings: ConversationSettings | None = None, *, seed: int = 0, number: int = 0
) -> Conversation:
    """Make one conversation of the utterances in a table.

    It depends on the table, the settings, the seed and the number alone: it is the same in any process, and
    conversation `number` is the same however many others are made.

    Args:
        table: utterances with speakers; each is taken to hold speech of that one person.
        settings: what the conversation is like; None: the defaults of `ConversationSettings`.
        seed: of everything that is drawn.
        number: of the conversation among those of the seed.

    Raises:
        InputError: if the table has too few speakers or an utterance cannot be read, and for rooms or noises that
            cannot be.
    """
    simulation = Simulation(table, settings or ConversationSettings(), seed, number)
    waveform = np.concatenate(list(simulation.blocks()))
    reference = simulation.turns.to_annotation(f"conversation-{number:04d}")
    return Conversation(waveform, simulation.settings.sample_rate, reference, simulation.facts())


class Simulation:
    """One conversation in the making: `blocks` gives its sound in order and holds no more than a turn in memory.

    Args: as of `simulate`.
    """

    def __init__(self, table: UtteranceTable, settings: ConversationSettings, seed: int, number: int) -> None:
        self.settings = settings
        rng = np.random.default_rng([seed, number])
        names, codes = table.speaker_codes()
        fewest, most = settings.speakers
        count = fewest + number % (most - fewest + 1)
        if count > len(names):
            raise InputError(
                f"a conversation of {count} speakers needs as many, found {len(names)} in the table: ask for fewer"
            )
        self._seconds = rng.uniform(*settings.seconds)
        self._overlap = rng.uniform(*settings.overlap)
        snr = rng.uniform(*settings.snr)
        # Draws that depend on how far another part got would make parts depend on each other: each has its own.
        voices, order, floor, room, noise = rng.spawn(5)
        chosen = voices.choice(len(names), count, replace=False)
        self._voices = [
            Voice(table, np.flatnonzero(codes == code), settings.sample_rate, settings.repeat, one)
            for code, one in zip(chosen, voices.spawn(count), strict=True)
        ]
        self._order = Order(settings, count, self._seconds, order)
        self._floor = Floor(settings, self._overlap, floor)
        levels = settings.level + settings.level_spread * rng.standard_normal(count)
        self._gains = 10.0 ** (levels / 20.0)
        self._responses: list[Response | None] = draw_room(settings.room, count, settings.sample_rate, room)
        self._background: Background | None = draw_background(settings.noise, settings.sample_rate, noise)
        self._noise_gain = float(np.sqrt(np.mean(np.square(self._gains))) * 10.0 ** (-snr / 20.0))
        self._snr = None if self._background is None else snr
        self._turns: list[tuple[int, NDArray[np.int64]]] = []  # speaker, and stretches of speech in milliseconds
        self._ends_early = False  # because nothing is left to say
        self._num_samples = self._num_clipped = 0
        self._hash = hashlib.sha256()

    @property
    def turns(self) -> Turns:
        """Stretches of speech so far, exact to the millisecond, in order."""
        spans = np.concatenate([np.zeros((0, 2), np.int64), *(spans for _, spans in self._turns)])
        counts = [len(spans) for _, spans in self._turns]
        speakers = np.repeat(np.array([speaker for speaker, _ in self._turns], np.int64), counts)
        order = np.lexsort((spans[:, 0], speakers))
        spans, speakers = spans[order], speakers[order]
        begins = np.ones(len(spans), np.bool_)
        begins[1:] = (np.diff(speakers) != 0) | (spans[1:, 0] - spans[:-1, 1] > LONGEST_PAUSE)
        start, end, speakers = spans[begins, 0], spans[np.roll(begins, -1), 1], speakers[begins]
        order = np.argsort(start, kind="stable")
        names = [self._voices[speaker].name for speaker in speakers[order].tolist()]
        return Turns.of_names(start[order] / 1000.0, end[order] / 1000.0, names)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The waveform in order, blocks of float32 of various lengths; once, for voices go on from where they are."""
        per_millisecond = self.settings.sample_rate // 1000
        unfinished, begun = np.zeros(0, np.float32), 0  # sound that later turns may add to, and its first sample
        last = round(1000 * self._seconds)
        for start, speaker, utterance in self._placed(last):
            finished = start * per_millisecond - begun
            if finished > 0:
                unfinished = _of_length(unfinished, max(len(unfinished), finished))
                yield self._finish(unfinished[:finished])
                unfinished, begun = unfinished[finished:], begun + finished
            sound = self._heard(speaker, utterance)
            offset = start * per_millisecond - begun
            unfinished = _of_length(unfinished, max(len(unfinished), offset + len(sound)))
            unfinished[offset : offset + len(sound)] += sound
        if self._ends_early:
            last = min(last, self._floor.end + _SILENCE_AT_THE_END)
        yield self._finish(_of_length(unfinished, last * per_millisecond - begun))

    def facts(self) -> Facts:
        """What became of the settings, once all blocks were taken."""
        turns = self.turns
        seconds = self._num_samples / self.settings.sample_rate
        spoken = float((turns.end - turns.start).sum())
        either = _length_of_union(turns.start, turns.end)
        return Facts(
            seconds=round(seconds, 3),
            speakers=list(turns.speakers),
            num_turns=len(self._turns),
            speech_share=round(either / seconds, 4),
            overlap_wanted=round(self._overlap, 4),
            overlap_share=round((spoken - either) / either, 4) if either else 0.0,
            repeated=sorted(voice.name for voice in self._voices if voice.repeats),
            snr=None if self._snr is None else round(self._snr, 2),
            clipped=round(self._num_clipped / max(1, self._num_samples), 6),
            audio_sha256=self._hash.hexdigest(),
        )

    def _placed(self, last: int) -> Iterator[tuple[int, int, Utterance]]:
        """Start in milliseconds, speaker and content of each turn, in order of their starts, none from `last` on."""
        while True:
            able = [speaker for speaker, voice in enumerate(self._voices) if not voice.is_finished]
            if not able:
                self._ends_early = True
                return
            if len(able) == 1 < len(self._voices) and able[0] not in self._order.unheard:
                self._ends_early = True
                return
            speaker = self._order.speaker(self._floor.end / 1000.0, able)
            utterance = self._voices[speaker].say(self._order.turn_seconds())
            assert utterance is not None
            start = self._floor.place(speaker, utterance.spans)
            if start >= last:
                return
            spans = np.minimum(utterance.spans + start, last)
            self._turns.append((speaker, spans[spans[:, 1] > spans[:, 0]]))
            yield start, speaker, utterance

    def _heard(self, speaker: int, utterance: Utterance) -> NDArray[np.float32]:
        """A turn as the microphone has it, with what the room adds after its end."""
        sound = utterance.waveform * np.float32(self._gains[speaker])
        response = self._responses[speaker]
        return sound if response is None else convolve(_of_length(sound, len(sound) + len(response)), response)

    def _finish(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._background is not None:
            sound = sound + np.float32(self._noise_gain) * self._background.take(len(sound))
        clipped = np.clip(sound, -1.0, 1.0)
        self._num_clipped += int(np.count_nonzero(clipped != sound))
        self._num_samples += len(sound)
        self._hash.update(np.rint(32767.0 * clipped).astype("<i2").tobytes())
        return clipped


def _of_length(sound: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """The sound cut, or lengthened by silence; never the array itself."""
    result = np.zeros(length, np.float32)
    kept = min(length, len(sound))
    result[:kept] = sound[:kept]
    return result


def _length_of_union(start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    """Time covered by stretches that are in order of their starts."""
    if not len(start):
        return 0.0
    covered = np.maximum.accumulate(end)
    before = np.concatenate([[start[0]], covered[:-1]])
    return float(np.maximum(covered - np.maximum(start, before), 0.0).sum())
