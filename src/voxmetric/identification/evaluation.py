"""How well a gallery does on recordings whose speakers are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.identification.decision import Calibration, Identification
from voxmetric.identification.gallery import Gallery
from voxmetric.identification.stores.store import Pooling
from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.confidence import FEW_SPEAKERS
from voxmetric.metrics.identification import SearchOutcomes
from voxmetric.metrics.identification_intervals import IdentificationBootstrap
from voxmetric.scoring.embeddings import EmbeddingSet

CANDIDATES = 20
TOP_K = (1, 5, 20)
FALSE_ALARM_RATES = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class GalleryEvaluation:
    """The figures of a gallery.

    Attributes:
        num_enrolled: people in the gallery.
        num_speakers: enrolled people with probes.
        num_probes: their probes.
        num_strangers: people who are not enrolled, with probes.
        num_stranger_probes: their probes.
        accuracy: top-k accuracy by k, the strangers left out.
        detection_identification: by false-alarm rate, the detection and identification rate at rank 1.
        threshold: what the gallery decided by; None where it could not reject.
        false_alarm: share of the strangers accepted at that threshold.
        detection: share of the enrolled identified at that threshold.
        notes: what a reader must know.
    """

    num_enrolled: int
    num_speakers: int
    num_probes: int
    num_strangers: int
    num_stranger_probes: int
    accuracy: dict[int, Interval]
    detection_identification: dict[float, Interval]
    threshold: float | None
    false_alarm: Interval | None
    detection: Interval | None
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """The figures in words, a line each."""
        told = [
            f"{self.num_enrolled} people enrolled; {self.num_probes} probes of {self.num_speakers} of them, "
            f"{self.num_stranger_probes} of {self.num_strangers} strangers",
            *(f"top-{k} accuracy: {_percent(figure)}" for k, figure in self.accuracy.items()),
            *(
                f"detection and identification rate at {100 * rate:g} % false alarms: {_percent(figure)}"
                for rate, figure in self.detection_identification.items()
            ),
        ]
        if self.threshold is not None and self.detection is not None:
            told.append(f"at the threshold {self.threshold:.3g}: {_percent(self.detection)} identified")
            if self.false_alarm is not None:
                told[-1] += f", {_percent(self.false_alarm)} of the strangers accepted"
        return [*told, *self.notes]


def probes_of(gallery: Gallery, table: UtteranceTable) -> UtteranceTable:
    """The recordings of `table` that are not enrolled.

    Raises:
        InputError: if all of them are.
    """
    left = np.flatnonzero(~gallery.contains(table.speakers.tolist(), table.ids.tolist()))
    if not len(left):
        raise InputError(f"all {len(table)} recordings are enrolled in {gallery.place}: nothing is left to probe with")
    return table.take(left)


def evaluate_gallery(
    gallery: Gallery,
    probes: EmbeddingSet,
    speakers: ArrayLike,
    *,
    threshold: float | None = None,
    wanted_false_alarm: float | None = None,
    normalize: bool = False,
    calibration: Calibration | None = None,
    prior: float = 0.5,
    pooling: Pooling = "mean",
    num_resamples: int = 1000,
    seed: int = 0,
) -> GalleryEvaluation:
    """Search the gallery for every probe and compare with the truth.

    Args:
        gallery: the people enrolled; whoever is not in it is a stranger.
        probes: P embeddings of the gallery's model, of recordings that are not enrolled.
        speakers: (P,) names of who speaks.
        threshold: as in `Gallery.identify_embeddings`, likewise the next five.
        wanted_false_alarm: its `false_alarm`.
        normalize: as there.
        calibration: as there.
        prior: as there.
        pooling: as there.
        num_resamples: of the speakers, for the intervals.
        seed: of the resamples.

    Raises:
        InputError: if there are probes of fewer than two enrolled people, or of strangers who are in the cohort that
            sets the threshold.
    """
    names = np.asarray(speakers, dtype=object)
    known = np.isin(names, list(gallery.people()))
    if wanted_false_alarm is not None or normalize:
        shared = sorted(set(names[~known].tolist()) & set(gallery.cohort.speakers.tolist()))
        if shared:
            raise InputError(
                f"{len(shared)} strangers among the probes, {shared[0]!r} for one, are in the gallery's cohort, which "
                "sets the threshold: probe with others"
            )
    answers = gallery.identify_embeddings(
        probes.vectors,
        top=CANDIDATES,
        threshold=threshold,
        false_alarm=wanted_false_alarm,
        normalize=normalize,
        calibration=calibration,
        prior=prior,
        pooling=pooling,
    )
    outcomes = _outcomes(answers, names, known)
    bootstrap = IdentificationBootstrap(
        names[known].astype(np.str_), names[~known].astype(np.str_), num_resamples=num_resamples, seed=seed
    )
    least = answers[0].threshold
    open_set = bool(bootstrap.num_strangers)
    false_alarm = detection = None
    if least is not None and open_set:
        false_alarm, detection = bootstrap.rates(outcomes, least)
    return GalleryEvaluation(
        num_enrolled=len(gallery),
        num_speakers=bootstrap.num_speakers,
        num_probes=int(known.sum()),
        num_strangers=bootstrap.num_strangers,
        num_stranger_probes=int((~known).sum()),
        accuracy={k: bootstrap.accuracy(outcomes, k) for k in TOP_K if k <= len(gallery)},
        detection_identification={
            rate: bootstrap.detection_identification_rate(outcomes, rate) for rate in FALSE_ALARM_RATES if open_set
        },
        threshold=least,
        false_alarm=false_alarm,
        detection=detection,
        notes=(
            *([answers[0].strangers.describe()] if answers[0].strangers else []),
            *_notes(bootstrap, int((~known).sum()), num_resamples),
        ),
    )


def _outcomes(
    answers: Sequence[Identification], names: NDArray[np.object_], known: NDArray[np.bool_]
) -> SearchOutcomes:
    def figure(answer: Identification, place: int) -> float:
        if answer.threshold_on == "normalized_score":  # which only the first has, and only the first is detected
            return (answer.normalized_score or 0.0) if place == 0 else -np.inf
        candidate = answer.candidates[place]
        ratio = candidate.log_likelihood_ratio
        return candidate.score if ratio is None or answer.threshold_on == "cosine" else ratio

    ranks = np.full(len(answers), np.inf)
    scores = np.full(len(answers), -np.inf)
    for number, (answer, name, enrolled) in enumerate(zip(answers, names, known, strict=True)):
        found = [candidate.name for candidate in answer.candidates]
        place = 0 if not enrolled else found.index(name) if name in found else None
        if place is not None and found:
            ranks[number], scores[number] = place + 1, figure(answer, place)
    return SearchOutcomes(ranks[known], scores[known], scores[~known])


def _notes(bootstrap: IdentificationBootstrap, num_stranger_probes: int, num_resamples: int) -> list[str]:
    notes = [f"intervals: 95 %, {num_resamples} resamples of the speakers; the gallery stays as it is"]
    if not bootstrap.num_strangers:
        return [*notes, "closed set: no probe is of a stranger, so that nothing is known of false alarms"]
    fewest = min(FALSE_ALARM_RATES)
    if num_stranger_probes * fewest < 1.0:
        notes.append(
            f"{num_stranger_probes} probes of strangers are too few for {100 * fewest:g} % false alarms: "
            f"{1 / fewest:.0f} are the least, of many people; the figure is the one at no false alarm at all"
        )
    if min(bootstrap.num_speakers, bootstrap.num_strangers) < FEW_SPEAKERS:
        notes.append(f"with fewer than {FEW_SPEAKERS} people of a kind, intervals are too narrow")
    return notes


def _percent(figure: Interval) -> str:
    return f"{100 * figure.value:.1f} % [{100 * figure.low:.1f}, {100 * figure.high:.1f}]"
