"""Trial lists: which pairs of utterances are compared, and which of them are of one speaker."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voxmetric.data import trial_files
from voxmetric.data.arrow import positions, text_bytes, value_codes, write_csv
from voxmetric.data.trial_draws import draw_nontargets, draw_targets
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.files import replacing

if TYPE_CHECKING:
    import numpy.typing as npt

_BLOCK = 1 << 20
_MOST_PAIRS = 50_000_000


class TrialList:
    """T trials. Ids are kept once each, so that 10^7 trials of some thousand utterances are small.

    Args:
        enrol_ids: (T,) ids of one side (text, or an Arrow dictionary array of it).
        test_ids: (T,) ids of the other side.
        labels: (T,) 1 where both are of one speaker, 0 where they are not.
        name: for reports.

    Attributes:
        labels: (T,) int8.
        name: for reports.

    Raises:
        InputError: if the lengths differ, there are no trials, or a label is neither 0 nor 1.
    """

    def __init__(
        self,
        enrol_ids: Sequence[str] | npt.NDArray[Any] | pa.Array | pa.ChunkedArray,
        test_ids: Sequence[str] | npt.NDArray[Any] | pa.Array | pa.ChunkedArray,
        labels: npt.ArrayLike,
        name: str = "trials",
    ) -> None:
        given = np.asarray(labels)
        if not len(enrol_ids) == len(test_ids) == len(given) > 0:
            raise InputError(
                f"{name}: expected as many enrolment ids, test ids and labels, at least one, found "
                f"{len(enrol_ids)}, {len(test_ids)} and {len(given)}"
            )
        if not ((given == 0) | (given == 1)).all():
            raise InputError(
                f"{name}: expected labels 1 (same speaker) and 0, found {np.setdiff1d(given, (0, 1))[0]!r}"
            )
        self.labels: npt.NDArray[np.int8] = given.astype(np.int8)
        self.name = name
        chunks = [chunk for ids in (enrol_ids, test_ids) for chunk in _encoded(ids)]
        both = pa.chunked_array(chunks).unify_dictionaries().combine_chunks()
        codes = both.indices.to_numpy()
        used = np.bincount(codes, minlength=len(both.dictionary)) > 0
        self._ids = both.dictionary.filter(pa.array(used))
        self._enrol, self._test = np.split((np.cumsum(used) - 1)[codes], 2)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> TrialList:
        """Read a list of `1 enrol test` lines, of `enrol test target` (or `nontarget`) lines, or a CSV file.

        A CSV file has a header that names the columns `enrol`, `test` and `label` (some other spellings are known);
        its labels are 1 or 0, `target` or `nontarget`, `true` or `false`.

        Raises:
            InputError: if the file is missing, or with the number of the first malformed line. A list of two
                columns is refused: labels are never invented.
        """
        enrol, test, labels = trial_files.read(Path(path))
        return cls(enrol, test, labels, Path(path).name)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the trials in one step: `*.csv` with the header `enrol,test,label`, others as `1 enrol test` lines.

        Raises:
            InputError: if the file cannot be written, or an id with a blank in it does not fit the latter form.
        """
        target = Path(path)
        if target.suffix == ".csv":
            columns = {"enrol": self._arrow(self._enrol), "test": self._arrow(self._test), "label": self.labels}
            with replacing(target) as beside:
                write_csv(pa.table(columns), beside)
            return
        if self.has_blanks:
            raise InputError(f"cannot write {target}: ids have blanks in them; write a .csv file instead")
        with replacing(target) as beside, beside.open("wb") as file:
            file.writelines(self._lines())

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"TrialList({self.name!r}: {len(self)} trials, {self.num_target} target, {len(self._ids)} utterances)"

    @property
    def num_target(self) -> int:
        """How many trials are of one speaker."""
        return int(np.count_nonzero(self.labels))

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """(U,) str: every utterance that occurs, once."""
        ids: npt.NDArray[np.object_] = self._ids.to_numpy(zero_copy_only=False)
        return ids

    @property
    def enrol_ids(self) -> npt.NDArray[np.object_]:
        """(T,) str."""
        return self.ids.take(self._enrol)

    @property
    def test_ids(self) -> npt.NDArray[np.object_]:
        """(T,) str."""
        return self.ids.take(self._test)

    @property
    def has_blanks(self) -> bool:
        """Whether an id has white space in it."""
        return bool(pc.any(pc.match_substring_regex(self._ids, r"\s")).as_py())

    @cached_property
    def sha256(self) -> str:
        """Hash of the trials in their order: that of the file of `1 enrol test` lines, as `sha256sum` gives it."""
        digest = hashlib.sha256()
        for lines in self._lines():
            digest.update(lines)
        return digest.hexdigest()

    def indices(self, ids: Sequence[str] | npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where the two sides of each trial stand among `ids` (N,): two arrays (T,) int64.

        Raises:
            InputError: naming ids of the trials that are not among the given ones.
        """
        given = pa.array(ids, type=pa.large_string())
        places = positions(self._ids, given, f"trial list {self.name!r} names utterances that are not there")
        return places[self._enrol], places[self._test]

    def _arrow(self, codes: npt.NDArray[np.int64]) -> pa.Array:
        return self._ids.take(pa.array(codes))

    def _lines(self) -> Iterator[memoryview]:
        blank, end = (pa.scalar(text, pa.large_string()) for text in (" ", "\n"))
        digits = pa.array(["0", "1"], type=pa.large_string())
        for first in range(0, len(self), _BLOCK):
            block = slice(first, first + _BLOCK)
            label = digits.take(pa.array(self.labels[block]))
            enrol, test = self._arrow(self._enrol[block]), self._arrow(self._test[block])
            joined = pc.binary_join_element_wise(label, enrol, test, blank)
            yield text_bytes(pc.binary_join_element_wise(joined, pa.scalar("", pa.large_string()), end))


def all_pairs(table: UtteranceTable, *, different_session: bool = False) -> TrialList:
    """Every pair of two utterances of `table`: N (N - 1) / 2 trials.

    Args:
        table: N utterances.
        different_session: leave out pairs of one speaker within one session.

    Raises:
        InputError: if there are fewer than two utterances, or more than ten thousand.
    """
    if len(table) < 2 or len(table) * (len(table) - 1) // 2 > _MOST_PAIRS:
        raise InputError(
            f"all pairs of {len(table)} utterances are {len(table) * (len(table) - 1) // 2:,} trials, expected 1 to "
            f"{_MOST_PAIRS:,}: choose other utterances or draw some of the pairs"
        )
    enrol, test = np.triu_indices(len(table), 1)
    _, speakers = table.speaker_codes()
    labels = speakers[enrol] == speakers[test]
    if different_session:
        sessions = _session_codes(table)
        kept = ~(labels & (sessions[enrol] == sessions[test]))
        enrol, test, labels = enrol[kept], test[kept], labels[kept]
    return _of_rows(table, enrol, test, labels, "all pairs")


def draw_balanced(table: UtteranceTable, num_trials: int, seed: int, *, different_session: bool = False) -> TrialList:
    """Draw trials among the utterances of `table`, half of them of one speaker, none twice, in random order.

    Speakers get equal shares of the trials, as far as their utterances go.

    Args:
        table: N utterances.
        num_trials: how many, at least 2; half of them, rounded down, are target trials.
        seed: of the draw.
        different_session: take no target trial within one session.

    Raises:
        InputError: if there are not so many pairs of either sort.
    """
    if num_trials < 2:
        raise InputError(f"expected at least 2 trials to draw, found {num_trials}")
    name = f"{num_trials} balanced trials, seed {seed}"
    half = num_trials // 2
    return _drawn(table, half, num_trials - half, seed, name, different_session=different_session)


def draw_as_balanced_as_possible(table: UtteranceTable, num_trials: int, seed: int) -> TrialList:
    """As `draw_balanced`, with all target trials where there are fewer than half, and non-target ones in their place.

    Args:
        table: N utterances.
        num_trials: how many, as far as there are so many.
        seed: of the draw.

    Raises:
        InputError: if there are no pairs of either sort.
    """
    _, speakers = table.speaker_codes()
    counts = np.bincount(speakers).astype(np.int64)
    targets = int((counts * (counts - 1)).sum()) // 2
    others = len(speakers) * (len(speakers) - 1) // 2 - targets
    chosen = min(num_trials // 2, targets)
    if chosen == num_trials // 2 <= others:
        return draw_balanced(table, num_trials, seed)
    rest = min(num_trials - chosen, others)
    name = f"{chosen:,} target and {rest:,} non-target trials, seed {seed}"
    return _drawn(table, max(1, chosen), max(1, rest), seed, name)


def _drawn(
    table: UtteranceTable, targets: int, others: int, seed: int, name: str, *, different_session: bool = False
) -> TrialList:
    _, speakers = table.speaker_codes()
    sessions = _session_codes(table) if different_session else None
    rng = np.random.default_rng(seed)
    target = draw_targets(speakers, sessions, targets, rng)
    nontarget = draw_nontargets(speakers, others, rng)
    pairs = np.concatenate([target, nontarget])
    labels = np.arange(len(pairs)) < len(target)
    order = rng.permutation(len(pairs))
    return _of_rows(table, pairs[order, 0], pairs[order, 1], labels[order], name)


def _of_rows(
    table: UtteranceTable,
    enrol: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
    labels: npt.NDArray[np.bool_],
    name: str,
) -> TrialList:
    ids = table.arrow["id"].combine_chunks()
    one, other = (pa.DictionaryArray.from_arrays(pa.array(rows), ids) for rows in (enrol, test))
    return TrialList(one, other, labels, name)


def _session_codes(table: UtteranceTable) -> npt.NDArray[np.int64]:
    """A number for each session of each speaker: (N,)."""
    if not (table.sessions != "").all():
        raise InputError("expected a session for every utterance, to compare different ones; some are empty")
    return value_codes(table.arrow["session"])


def _encoded(ids: Any) -> list[pa.DictionaryArray]:
    array = ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids)
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    kind = pa.dictionary(pa.int64(), pa.large_string())
    return [(chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()).cast(kind) for chunk in chunks]
