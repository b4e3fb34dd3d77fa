"""`Gallery`: enrol people, then ask whose voice a recording is."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.identification.cohort import Cohort
from voxmetric.identification.decision import Calibration, Identification, decide
from voxmetric.identification.entries import check_names, hash_of, unit_rows
from voxmetric.identification.gallery_cohort import GalleryCohort
from voxmetric.identification.gallery_model import load_remembered, model_and_identity
from voxmetric.identification.stores import open_store
from voxmetric.identification.stores.store import GalleryStore, ModelIdentity, Pooling, Vectors
from voxmetric.identification.stranger_threshold import StrangerThreshold, check_cohort_size
from voxmetric.identification.whole_speakers import parts_of_whole_speakers

if TYPE_CHECKING:
    from voxmetric.identification.recall import Recall
    from voxmetric.precision import Request
    from voxmetric.scoring.embeddings import EmbeddingSet
    from voxmetric.speaker_model import SpeakerModel

Source = str | os.PathLike[str] | NDArray[Any]


class Gallery:
    """Enrolled people, kept in a folder or on a server; open one with `Gallery.open`.

    Everything that changes it is durable when the call returns, and happens wholly or not at all. Several processes and
    threads may use it at once, and each sees what the others have confirmed.
    """

    def __init__(
        self, place: str, store: GalleryStore, model: SpeakerModel | None, precision: Request = "float32"
    ) -> None:
        self.place = place
        self._store = store
        self._model = model
        self._precision: Request = precision
        self._strangers = GalleryCohort(place, store)

    @classmethod
    def open(
        cls,
        place: str | os.PathLike[str],
        *,
        model: SpeakerModel | str | os.PathLike[str] | None = None,
        precision: Request = "float32",
    ) -> Gallery:
        """Open the gallery at `place`, or make one there.

        Args:
            place: a folder, or the address of a collection on a Qdrant server, `http://host:6333/collection`.
            model: a model, or what `voxmetric.load_model` loads. Needed to make a gallery; one that exists remembers
                where its model was, and loads it when the first recording is to be embedded.
            precision: in which a model loaded here computes, see `SpeakerModel`; a gallery takes embeddings of any.

        Raises:
            InputError: if there is no gallery and no model is given, if the gallery is of another model, if what is
                there is damaged or not a gallery, or for bfloat16 on a processor that is no faster in it.
        """
        where = os.fspath(place)
        loaded, identity = model_and_identity(model, precision)
        return cls(where, open_store(where, identity), loaded, precision)

    @property
    def model(self) -> ModelIdentity:
        """The model that the embeddings are of."""
        return self._store.model

    def __len__(self) -> int:
        """The number of people."""
        return len(self._store)

    def people(self) -> dict[str, int]:
        """The number of recordings of each person, by name."""
        return self._store.counts()

    def recordings(self, name: str) -> list[str]:
        """The ids of a person's recordings.

        Raises:
            InputError: if nobody of that name is enrolled.
        """
        found = self._store.recordings(name)
        if not found:
            raise self._nobody(name)
        return found

    def enroll(
        self,
        name: str,
        recordings: Sequence[Source] | None = None,
        *,
        embeddings: ArrayLike | None = None,
        ids: Sequence[str] | None = None,
    ) -> None:
        """Enrol a person, or add recordings to one who is enrolled; a recording of the same id is replaced.

        Args:
            name: any text but an empty one.
            recordings: N paths or arrays of samples, as `SpeakerModel.embed` takes them; or else
            embeddings: (N, D), of any length but zero.
            ids: N names for the recordings; by default their paths, and for arrays a hash of the embedding.

        Raises:
            InputError: if a recording cannot be read, for embeddings of another shape or that are zero or not finite,
                or if the gallery cannot be written. Nothing has changed then.
        """
        self._store.add(*self._entries(name, recordings, embeddings, ids))

    def update(
        self,
        name: str,
        recordings: Sequence[Source] | None = None,
        *,
        embeddings: ArrayLike | None = None,
        ids: Sequence[str] | None = None,
    ) -> None:
        """Put new recordings in the place of all that a person has; arguments and errors as `enroll`.

        Raises:
            InputError: moreover, if nobody of that name is enrolled.
        """
        if not self._store.recordings(name):
            raise self._nobody(name)
        _, names, vectors = self._entries(name, recordings, embeddings, ids)
        self._store.replace(name, names, vectors)

    def enroll_many(
        self,
        embeddings: EmbeddingSet,
        names: ArrayLike,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Enrol many people, a bounded number at a time; called again after an interruption it starts over harmlessly.

        Args:
            embeddings: N of them, of the gallery's model.
            names: (N,) whose they are.
            on_progress: called with the number of embeddings confirmed so far.

        Raises:
            InputError: for embeddings of another model, or as `enroll`. Every person is enrolled wholly or not at all.
        """
        self.model.check(ModelIdentity(embeddings.model, embeddings.vectors.shape[1]), self.place)
        people = np.asarray(names, dtype=object)
        if people.shape != (len(embeddings),):
            raise InputError(f"expected one name for each of {len(embeddings)} embeddings, found {people.shape}")
        check_names(people)
        done = 0
        codes = np.unique(people, return_inverse=True)[1]
        for rows in parts_of_whole_speakers(codes, self._store.transaction_rows):
            vectors = unit_rows(embeddings.vectors[rows], self.model.embedding_size)
            self._store.add(people[rows].tolist(), embeddings.ids[rows].tolist(), vectors)
            done += len(rows)
            if on_progress:
                on_progress(done)

    def contains(self, names: Sequence[str], recordings: Sequence[str]) -> NDArray[np.bool_]:
        """Which of N recordings, by id, are enrolled for which of N people: (N,)."""
        return self._store.contains(names, recordings)

    def remove(self, name: str) -> None:
        """Forget a person and all their recordings.

        Raises:
            InputError: if nobody of that name is enrolled.
        """
        if not self._store.remove(name):
            raise self._nobody(name)

    def set_cohort(self, embeddings: EmbeddingSet, speakers: ArrayLike) -> None:
        """Keep a cohort of strangers with the gallery, in the place of any other.

        Args:
            embeddings: R recordings of people who are not enrolled, of the gallery's model, made under the conditions
                under which strangers will be heard.
            speakers: (R,) names of who speaks in them. Recordings of a name that is enrolled do not count.

        Raises:
            InputError: for embeddings of another model, zero or not finite, or if the gallery cannot be written. The
                former cohort stays then.
        """
        self.model.check(ModelIdentity(embeddings.model, embeddings.vectors.shape[1]), self.place)
        names = np.asarray(speakers, dtype=object)
        if names.shape != (len(embeddings),) or not len(names):
            raise InputError(
                f"expected recordings of a cohort and a speaker for each, found {len(embeddings)} and {names.shape}"
            )
        check_names(names)
        vectors = unit_rows(embeddings.vectors, self.model.embedding_size)
        self._store.set_cohort(names.tolist(), embeddings.ids.tolist(), vectors)

    def remove_cohort(self) -> None:
        """Forget the cohort; nothing happens where there is none."""
        self._store.set_cohort([], [], np.empty((0, self.model.embedding_size), dtype=np.float32))

    @property
    def cohort(self) -> Cohort:
        """The strangers kept, those left out whose names are enrolled by now; empty where there are none."""
        return self._strangers.current()

    def stranger_threshold(
        self, false_alarm: float, *, pooling: Pooling = "mean", normalize: bool = False
    ) -> StrangerThreshold:
        """The threshold that turns strangers away at a wanted rate, found by searching for the cohort in the gallery.

        Args:
            false_alarm: share of strangers who may be taken for somebody enrolled, in (0, 1).
            pooling: as in `identify_embeddings`.
            normalize: as there; the threshold is on the normalised score then, else a cosine.

        Raises:
            InputError: without a cohort, or if it is too small for that rate.
        """
        _check_normalization(normalize, pooling)
        return self._strangers.threshold(false_alarm, pooling, normalize=normalize)

    def identify(
        self,
        recording: Source,
        *,
        top: int = 5,
        threshold: float | None = None,
        false_alarm: float | None = None,
        normalize: bool = False,
        prior: float = 0.5,
        pooling: Pooling = "mean",
    ) -> Identification:
        """Whose voice a recording is, or that it is nobody's in the gallery.

        Decides by log-likelihood ratios where the model has a calibration (see `calibration`), else by cosines; the
        arguments are those of `identify_embeddings`.

        Raises:
            InputError: moreover, if the recording cannot be read.
        """
        embeddings = self.embedder.embed([recording])
        return self.identify_embeddings(
            embeddings,
            top=top,
            threshold=threshold,
            false_alarm=false_alarm,
            normalize=normalize,
            calibration=self.calibration,
            prior=prior,
            pooling=pooling,
        )[0]

    def identify_embeddings(
        self,
        embeddings: ArrayLike,
        *,
        top: int = 5,
        threshold: float | None = None,
        false_alarm: float | None = None,
        normalize: bool = False,
        calibration: Calibration | None = None,
        prior: float = 0.5,
        pooling: Pooling = "mean",
    ) -> list[Identification]:
        """Whose voice each of several recordings is.

        Without a threshold, a false-alarm rate and a calibration there is a ranking but no decision: the highest score
        alone cannot tell an enrolled person from a stranger.

        Args:
            embeddings: (Q, D), of any length but zero.
            top: how many candidates to return.
            threshold: what the best must reach to be accepted: a cosine, or with a calibration a natural
                log-likelihood ratio, or with `normalize` a normalised score.
            false_alarm: instead of a threshold, the share of strangers who may be taken for somebody enrolled; the
                cohort sets the threshold then, see `stranger_threshold`.
            normalize: decide by the cosine with the best relative to what the cohort's recordings have with that person
                and with the query (adaptive S-norm); with `mean` only.
            calibration: turns cosines into log-likelihood ratios; without a threshold the ratio must reach the odds,
                see `voxmetric.identification.decision.decide`.
            prior: probability that a voice is one of the enrolled; used with a calibration and no threshold.
            pooling: the cosine with the `mean` of a person's embeddings, or the `max` over them.

        Raises:
            InputError: for embeddings of another shape or that are zero or not finite, or an option out of range.
        """
        if top < 1:
            raise InputError(f"expected at least 1 candidate, found {top}")
        self.check_decision(threshold=threshold, false_alarm=false_alarm, normalize=normalize, pooling=pooling)
        queries = unit_rows(embeddings, self.model.embedding_size)
        strangers = None
        if false_alarm is not None:
            strangers = self.stranger_threshold(false_alarm, pooling=pooling, normalize=normalize)
        rankings = self._store.nearest(queries, top, pooling)
        normalized = self._strangers.normalize(rankings, queries) if normalize else None
        return decide(rankings, threshold, calibration, len(self), prior, strangers, normalized)

    def check_decision(
        self, *, threshold: float | None, false_alarm: float | None, normalize: bool, pooling: Pooling
    ) -> None:
        """Refuse what `identify_embeddings` would refuse, before anything is embedded for it.

        Raises:
            InputError: for options that contradict each other, or without a cohort where one is needed, or if it is too
                small for the false-alarm rate.
        """
        if (threshold is None) == (false_alarm is None) and (normalize or threshold is not None):
            raise InputError("expected a threshold or a false-alarm rate, found neither or both")
        _check_normalization(normalize, pooling)
        if false_alarm is not None:
            check_cohort_size(self._strangers.required().num_speakers, false_alarm)
        elif normalize:
            self._strangers.required()

    def build_index(self) -> Recall:
        """Make searching a gallery of hundreds of thousands of people fast, and measure what that costs in recall.

        Identification by `mean` uses the index from then on: it lists people who are roughly near and scores those
        exactly, and all who were enrolled since. Build it again when many have been. Needs the extra `ann`.

        Raises:
            InputError: if faiss is not installed, too few are enrolled for an index to list fewer than all, or the
                gallery is on a server, which has its own.
        """
        return self._store.build_index()

    @property
    def embedder(self) -> SpeakerModel:
        """The model, loaded from where it was when the gallery was made unless one was given.

        Raises:
            InputError: if it is no longer there, or another one is, or it cannot compute in the precision asked for.
        """
        if self._model is None:
            self._model = load_remembered(self.model, self.place, self._precision)
        return self._model

    @property
    def calibration(self) -> Calibration | None:
        """The model's, if it has one that needs the cosine alone: qualities of the enrolled are not kept."""
        found = getattr(self.embedder, "calibration", None)
        return None if found is None or found.needs_qualities else found

    def close(self) -> None:
        """Let go of files and connections."""
        self._store.close()

    def __enter__(self) -> Gallery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _entries(
        self,
        name: str,
        recordings: Sequence[Source] | None,
        embeddings: ArrayLike | None,
        ids: Sequence[str] | None,
    ) -> tuple[list[str], list[str], Vectors]:
        """Names, ids and embeddings of unit length, N of each."""
        check_names([name])
        if (recordings is None) == (embeddings is None):
            raise InputError("expected recordings or embeddings, found both or neither")
        paths: list[str | None] = []
        if recordings is not None:
            if isinstance(recordings, str | os.PathLike | np.ndarray):
                raise InputError("expected a list of recordings, found a single one: put it in brackets")
            paths = [os.fspath(each) if isinstance(each, str | os.PathLike) else None for each in recordings]
            embeddings = self.embedder.embed(recordings) if paths else ()
        vectors = unit_rows(embeddings, self.model.embedding_size)
        if ids is None:
            known = paths or [None] * len(vectors)
            ids = [path or hash_of(vector) for path, vector in zip(known, vectors, strict=True)]
        if len(ids) != len(vectors) or not len(vectors):
            raise InputError(f"expected at least one recording and an id for each, found {len(vectors)} and {len(ids)}")
        return [name] * len(vectors), list(ids), vectors

    def _nobody(self, name: str) -> InputError:
        people = list(self.people())
        nearest = difflib.get_close_matches(name, people, n=1)
        hint = f", did you mean {nearest[0]!r}?" if nearest else ""
        return InputError(f"nobody called {name!r} is among the {len(people)} people of {self.place}{hint}")


def _check_normalization(normalize: bool, pooling: Pooling) -> None:
    if normalize and pooling != "mean":
        raise InputError(f"expected the pooling 'mean' with normalised scores, found {pooling!r}")
