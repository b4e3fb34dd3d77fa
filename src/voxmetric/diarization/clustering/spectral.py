"""Spectral clustering of a pruned affinity whose pruning tunes itself."""

from __future__ import annotations

import numpy as np

from voxmetric.diarization.clustering.condensation import condense
from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.k_means import fit
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.points import Points, unit_rows
from voxmetric.diarization.clustering.quality.distances import Floats
from voxmetric.errors import InputError

LARGEST_GRAPH = 600
"""Nodes; eigenvalues cost their cube. More points are condensed to so many first."""

LARGEST_NUMBER = 20
"""Clusters that the eigengap looks for where no bound is given."""

NEIGHBOUR_COUNTS = 12
"""Prunings that are tried."""

FEWEST_NEIGHBOURS = 6
"""Of each node in the sparsest graph that is tried. With fewer, windows that overlap in time hold on to each other and
a voice falls into stretches: with 2, recordings of one reader were taken for 3 to 19
(docs/results/counting_speakers.md).
"""


def spectral(
    embeddings: Points, count: SpeakerCount, *, neighbours: float | None = None, restarts: int = 10, seed: int = 0
) -> Labels:
    """Cluster the eigenvectors of the normalised Laplacian of a graph of nearest neighbours.

    Each row of the cosine affinity keeps its largest entries, as ones; the mean with the transpose is the graph. The
    number of clusters is where the gap between consecutive eigenvalues of the Laplacian is largest, or the largest
    allowed if that is beyond; there is one speaker where that gap is the first. How many neighbours
    are kept is chosen so that their share over the largest gap, relative to the largest eigenvalue, is least. Rows of
    the eigenvectors are scaled to unit length and grouped by k-means.

    Args:
        embeddings: (N, D); more than `LARGEST_GRAPH` are condensed first, so that no cost is cubic in N.
        count: bounds of the number of clusters; at most `LARGEST_NUMBER` are found unless a number is given.
        neighbours: share of the nodes that each is joined to, in (0, 1]; None: tuned.
        restarts: starts of k-means.
        seed: of its starts.

    Returns:
        (N,) labels.

    Raises:
        InputError: for a share out of range, or a given number beyond the nodes of the graph.

    Source:
        Park et al. 2020, "Auto-tuning spectral clustering for speaker diarization using normalized maximum eigengap",
        with the normalised Laplacian of von Luxburg 2007; Ng, Jordan and Weiss 2002 for the unit rows.
    """
    if neighbours is not None and not 0.0 < neighbours <= 1.0:
        raise InputError(f"expected a share of neighbours in (0, 1], found {neighbours}")
    condensed = condense(embeddings, LARGEST_GRAPH, seed)
    nodes = len(condensed.means)
    if count.least > nodes:
        raise InputError(f"spectral clustering finds at most {nodes} clusters here, found {count.least} asked for")
    if nodes == 1 or count.most == 1:
        return np.zeros(len(embeddings), dtype=np.int64)
    order = np.argsort(-_cosines(condensed.means), axis=1)
    kept = _tuned(order, count) if neighbours is None else max(1, round(neighbours * (nodes - 1)))
    laplacian = _laplacian(order, kept)
    if count.given is None:
        gaps = _gaps(laplacian, count)[0]
        number = count.nearest(count.least + int(gaps.argmax()))
    else:
        number = count.given
    return condensed.spread(fit(_rows(laplacian, number), number, restarts, seed)[1])


def eigengaps(embeddings: Points, count: SpeakerCount, seed: int = 0) -> dict[int, float]:
    """The gap after each eigenvalue from the least number on, at the tuned pruning, by number of clusters.

    Those beyond the largest number are there to be seen, see `_gaps`; the choice is to be brought to within the bounds.
    """
    means = condense(embeddings, LARGEST_GRAPH, seed).means
    if len(means) == 1:
        return {1: 0.0}
    order = np.argsort(-_cosines(means), axis=1)
    gaps = _gaps(_laplacian(order, _tuned(order, count)), count)[0]
    return dict(enumerate(gaps.tolist(), count.least))


def _cosines(means: Points) -> Points:
    """Cosines (M, M), each node nearest to itself even where others coincide with it."""
    units = unit_rows(means)
    cosines: Points = units @ units.T
    np.fill_diagonal(cosines, np.inf)
    return cosines


def _laplacian(order: Labels, neighbours: int) -> Floats:
    """The normalised Laplacian (M, M) of the graph in which each node is joined to its nearest.

    Args:
        order: (M, M) nodes from near to far, each node itself first.
        neighbours: beside itself.
    """
    graph = np.zeros(order.shape)
    np.put_along_axis(graph, order[:, 1 : neighbours + 1], 1.0, axis=1)
    graph = (graph + graph.T) / 2.0
    scale = graph.sum(axis=1) ** -0.5
    laplacian: Floats = np.eye(len(graph)) - scale[:, None] * graph * scale
    return laplacian


def _gaps(laplacian: Floats, count: SpeakerCount) -> tuple[Floats, float]:
    """The gaps after the eigenvalues from the least number on, and the largest eigenvalue.

    Gaps beyond the bounds are seen too: the eigenvalues of a graph that falls into more parts than the bounds allow are
    all about 0 within them, and where the largest of their gaps is says nothing.
    """
    values = np.linalg.eigvalsh(laplacian)
    most = min(count.given or max(count.least, LARGEST_NUMBER), len(values) - 1)
    return np.diff(values)[min(count.least, most) - 1 : most], float(values[-1])


def _tuned(order: Labels, count: SpeakerCount) -> int:
    """The number of neighbours whose graph has the largest gap for its size."""
    nodes = len(order)
    least = min(FEWEST_NEIGHBOURS, nodes - 1)
    tried = np.unique(np.geomspace(least, max(least, nodes // 2), NEIGHBOUR_COUNTS).round().astype(np.int64))

    def gap_over_size(neighbours: int) -> float:  # its inverse would be infinite where there is no gap at all
        gaps, largest = _gaps(_laplacian(order, neighbours), count)
        return float(gaps.max() / (neighbours * largest))

    return int(max(tried.tolist(), key=gap_over_size))


def _rows(laplacian: Floats, number: int) -> Points:
    """The eigenvectors of the smallest `number` eigenvalues as rows (M, number) of unit length."""
    vectors = np.linalg.eigh(laplacian)[1][:, :number]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float64).tiny), dtype=np.float32)
