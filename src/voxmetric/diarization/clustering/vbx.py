"""VBx: a Bayesian hidden Markov model whose states are speakers, over windows in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxmetric.diarization.clustering.agglomerative import (
    LARGEST_TREE,
    average_linkage,
    clusters_below,
    cut,
)
from voxmetric.diarization.clustering.condensation import condense
from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.forward_backward import forward_backward
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.points import Points, unit_rows
from voxmetric.diarization.clustering.quality.distances import Floats
from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.scoring.backends.plda import Plda

LARGEST_START = 30
"""States at the start where the bounds allow more; the cost grows with their square."""

START_THRESHOLD = 0.25
"""Below that of linkage itself, so that it starts from too many; of those measured the best with the default model."""

COMPONENTS = 32
"""Principal components of a recording in which voices are modelled where no PLDA is given."""

SMOOTHING = 7.0
"""How sure the start is of its labels, in nats."""

FEWEST_FRAMES = 1e-3
"""A state that claims less of the windows in all has no speaker."""


@dataclass(frozen=True, eq=False)
class Voices:
    """Windows where those of one speaker differ by N(0, I) and speakers by N(0, diag(variances)).

    Attributes:
        rows: (N, K) float64.
        variances: (K,) float64.
    """

    rows: Floats
    variances: Floats


def vbx(
    embeddings: Points,
    count: SpeakerCount,
    *,
    plda: Plda | None = None,
    threshold: float = START_THRESHOLD,
    loop_probability: float = 0.9,
    acoustic_factor: float = 0.3,
    speaker_factor: float = 17.0,
    iterations: int = 20,
    tolerance: float = 1e-4,
) -> Labels:
    """Variational Bayes of a hidden Markov model: speakers are Gaussian, turns are runs of one state.

    Starts from average linkage cut below the threshold, which should find too many clusters rather than too few;
    speakers who explain nothing that others do not lose their windows, down to one. Windows must be in order of time.
    With a given number, and where fewer than the least would be left, the model starts from so many clusters, and these
    are the answer should one of them lose all its windows. So is the start where it leaves too little to estimate
    covariances from.

    Args:
        embeddings: (N, D).
        count: bounds of the number of clusters; the start has no more than the largest, or `LARGEST_START`.
        plda: the space in which voices are modelled; None: principal components of the recording, with the covariances
            within and between the clusters of the start.
        threshold: mean cosine distance at which the start is cut, in [0, 2].
        loop_probability: that the next window is of the same turn, in [0, 1); 1 - hop / mean length of a turn.
        acoustic_factor: F_A, what a window counts, below 1 because neighbours overlap.
        speaker_factor: F_B; more leaves fewer speakers.
        iterations: at most.
        tolerance: gain of the evidence bound, in nats per window, below which iterating ends.

    Returns:
        (N,) labels.

    Raises:
        InputError: for an option out of range.

    Source:
        Landini et al. 2022, "Bayesian HMM clustering of x-vector sequences (VBx) in speaker diarization".
    """
    if not (0.0 <= loop_probability < 1.0 and acoustic_factor > 0.0 and speaker_factor > 0.0 and iterations > 0):
        raise InputError(
            "expected loop_probability in [0, 1), factors above 0 and at least 1 iteration, found "
            f"{loop_probability}, {acoustic_factor}, {speaker_factor} and {iterations}"
        )
    if not 0.0 <= threshold <= 2.0:
        raise InputError(f"expected a threshold of cosine distance in [0, 2], found {threshold}")
    condensed = condense(embeddings, LARGEST_TREE if len(embeddings) <= LARGEST_TREE else LARGEST_TREE // 2)
    tree = average_linkage(condensed.means)
    bounds = count.up_to(LARGEST_START)
    numbers = [bounds.nearest(clusters_below(tree, threshold)), count.least]
    for number in numbers:
        start = condensed.spread(cut(tree, number))
        voices = _voices(embeddings, start, plda)
        if voices is None:
            return start
        speakers = _posteriors(
            voices, start, loop_probability, (acoustic_factor, speaker_factor), iterations, tolerance
        )
        found = np.unique(speakers.argmax(axis=1), return_inverse=True)[1]
        if int(found.max()) + 1 >= count.least:
            return found
    return start


def _voices(embeddings: Points, start: Labels, plda: Plda | None) -> Voices | None:
    """The windows where voices are modelled; None where the start has nothing to estimate covariances from."""
    if plda is not None:
        # The middle of the scoring rows is the recording along the axes where the covariances are I and diagonal.
        size = len(plda.variances)
        return Voices(plda.test(embeddings)[:, size : 2 * size].astype(np.float64), plda.variances)
    clusters = int(start.max()) + 1
    if clusters < 2 or len(start) < clusters + 4:
        return None
    from voxmetric.scoring.backends.training import Scatter
    from voxmetric.scoring.backends.two_covariance import fit

    coordinates = _principal_components(unit_rows(embeddings), min(COMPONENTS, (len(start) - clusters) // 4))
    model = fit(Scatter.of(coordinates, start), iterations=10)
    axes, variances = model.axes()
    return Voices((coordinates - model.mean) @ axes, variances)


def _principal_components(units: Points, components: int) -> Points:
    """Coordinates (N, components) along the directions in which the rows (N, D) vary most."""
    centred = units - units.mean(axis=0)
    directions = np.linalg.eigh(centred.T @ centred)[1][:, ::-1]
    coordinates: Points = centred @ directions[:, : max(1, components)]
    return coordinates


def _posteriors(
    voices: Voices,
    start: Labels,
    loop_probability: float,
    factors: tuple[float, float],
    iterations: int,
    tolerance: float,
) -> Floats:
    """The probability (N, S) that each window is of each speaker, S that of the start."""
    acoustic, speaker = factors
    states = int(start.max()) + 1
    posteriors = np.exp(SMOOTHING * np.eye(states))[start]
    posteriors /= posteriors.sum(axis=1, keepdims=True)
    priors = np.full(states, 1.0 / states)
    constant = -0.5 * (np.square(voices.rows).sum(axis=1) + voices.rows.shape[1] * np.log(2.0 * np.pi))
    projected = voices.rows * np.sqrt(voices.variances)
    bound = -np.inf
    for _ in range(iterations):
        spread = 1.0 / (1.0 + acoustic / speaker * posteriors.sum(axis=0)[:, None] * voices.variances)
        means = acoustic / speaker * spread * (posteriors.T @ projected)
        likelihoods = projected @ means.T - 0.5 * (spread + means**2) @ voices.variances + constant[:, None]
        found = forward_backward(acoustic * likelihoods, priors, loop_probability)
        posteriors = found.states
        priors = np.maximum(found.entries, FEWEST_FRAMES)
        priors /= priors.sum()
        prior_terms = 0.5 * speaker * float((np.log(spread) - spread - means**2 + 1.0).sum())
        previous, bound = bound, found.log_likelihood + prior_terms
        if bound - previous < tolerance * len(start):
            break
    return posteriors
