"""What the default model and its rivals make of voices that none of them was trained on; card and calibration from it.

Run: `python benchmarks/default_model.py MODEL RIVAL ... [--write MODEL]`, with VOXMETRIC_DATA naming the corpus of
`recipes/default_model.yaml`. Prints a Markdown table of equal error rates with intervals over speakers and the paired
difference of each rival from the first model. `--write` completes the card of the model in that folder and, where it
has no calibration, keeps one fitted on the development speakers. `join_models.py` makes the default model of two.

Speakers: the split `dev` for words, the recipe's development speakers for read English, of which `dev` has none.
`--readers read.csv`, without a model, writes the utterances of the latter for `voxmetric simulate`.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from voxmetric import clustering, load_model
from voxmetric.audio.augmentation import create
from voxmetric.data.loading import recordings_of
from voxmetric.data.trials import TrialList, all_pairs
from voxmetric.data.utterances import UtteranceTable
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.paired import paired_difference
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.cosine import cosine_of_rows, score_trials
from voxmetric.scoring.extraction import embed_table
from voxmetric.scoring.model_calibration import ModelCalibration, Threshold, describe_trials
from voxmetric.scoring.speaker_changes import FEWEST_WINDOWS, WINDOW_SECONDS, two_voices_score
from voxmetric.scoring.thresholds import CostTarget, recommend_threshold
from voxmetric.speaker_model import SpeakerModel
from voxmetric.training.recipe_file import read_recipe
from voxmetric.training.subsets import select

RECIPE = Path(__file__).parents[1] / "recipes" / "default_model.yaml"
RATE = 16_000
WINDOW = 1.5  # seconds, as a diarizer takes them
MOST_UTTERANCES = 20  # of a speaker in the calibration, lest a few speakers with 120 words each make it

Waveforms = list[NDArray[np.float32]]

SUMMARY = (
    "{speakers} speakers, {hours:.1f} h of one-second English and Arabic words and read English: a start, not a "
    "product; train or convert your own for serious use"
)
ABOUT_RESULTS = (
    "95 %, speakers resampled; none of these speakers was trained on; whether to augment, and to join two networks, "
    "was decided with figures of the English words among others"
)
LICENCE = (
    "CC-BY-4.0: trained on Google Speech Commands v0.01, Arabic Speech Commands (Ghandoura et al.) and LibriSpeech "
    "train-clean-100 (all CC BY 4.0), noises and rooms of SpeechBrain's test samples (Apache-2.0)"
)
UNFIT_FOR = (
    "Decisions about people; telephone speech, children, changed voices and far microphones, none of which was "
    "measured, and languages other than English, of which four Arabic speakers say nothing for certain. Short windows "
    "of fluent speech are told apart poorly. Its errors are several times those of models trained on VoxCeleb."
)


@dataclass(frozen=True)
class Condition:
    """Recordings of one kind, all pairs of which are compared; `note` says what a reader must know of them."""

    waveforms: Waveforms
    speakers: NDArray[np.str_]
    note: str = ""


def conditions(data: str, development: UtteranceTable) -> dict[str, Condition]:
    """Everything that is measured, by the names that the card has for it."""
    dev = UtteranceTable.read(Path(data) / "utterances.csv").where(split="dev")
    english, arabic = dev.where(corpus="commands"), dev.where(corpus="arabic")
    read = development.where(corpus="librispeech")
    words, pieces = waveforms_of(english), waveforms_of(read)
    windows, speakers = cut_into_windows(pieces, speakers_of(read))
    few = "four speakers say nothing for certain"
    one_recording = "of one recording of most speakers; development speakers"
    return {
        "english_words_1s": Condition(words, speakers_of(english)),
        "english_words_1s_noise_10dB": Condition(
            with_noise(words, data), speakers_of(english), "noises of the training"
        ),
        "arabic_words_1s": Condition(waveforms_of(arabic), speakers_of(arabic), few),
        "read_english_3_to_5s": Condition(pieces, speakers_of(read), f"pieces {one_recording}"),
        "read_english_1.5s": Condition(windows, speakers, f"windows {one_recording}"),
        "read_english_1.5s_noise_10dB": Condition(
            with_noise(windows, data), speakers, f"windows {one_recording}; noises of the training"
        ),
    }


def waveforms_of(table: UtteranceTable) -> Waveforms:
    """Every utterance at the models' rate."""
    recordings = recordings_of(table, RATE, 2**31)
    return [recordings.crop(row, 0, recordings.num_samples(row)) for row in range(len(table))]


def speakers_of(table: UtteranceTable) -> NDArray[np.str_]:
    """The speaker of every utterance."""
    return np.asarray(table.speakers, dtype=np.str_)


def cut_into_windows(waveforms: Waveforms, speakers: NDArray[np.str_]) -> tuple[Waveforms, NDArray[np.str_]]:
    """Windows end to end, and whose they are."""
    size = round(WINDOW * RATE)
    counts = [len(one) // size for one in waveforms]
    windows = [
        one[size * number :][:size] for one, count in zip(waveforms, counts, strict=True) for number in range(count)
    ]
    return windows, np.repeat(speakers, counts)


def with_noise(waveforms: Waveforms, data: str) -> Waveforms:
    """Every recording with one of the noises at 10 dB."""
    noise = create("noise", folder=f"{data}/noise", snr=[10.0, 10.0])
    return [noise(one, np.random.default_rng([10, number])) for number, one in enumerate(waveforms)]


def measure(models: list[str], found: dict[str, Condition]) -> dict[str, dict[str, dict[str, Any]]]:
    """The figures of every model in every condition; prints each condition's rows as they come."""
    loaded = {model: load_model(model) for model in models}
    figures: dict[str, dict[str, dict[str, Any]]] = {model: {} for model in models}
    print("| condition | model | EER, % | difference from the first | clusters: wrong windows, % |")
    print("| --- | --- | --- | --- | --- |")
    for name, condition in found.items():
        one, other = np.triu_indices(len(condition.waveforms), 1)
        first, second = condition.speakers[one], condition.speakers[other]
        bootstrap = SpeakerBootstrap(first == second, first, second)
        scores = {}
        for model, embedder in loaded.items():
            embeddings = embedder.embed_waveforms(condition.waveforms)
            scores[model] = cosine_of_rows(embeddings, one, other)
            interval = bootstrap.interval(scores[model], "eer")
            against, confused = "", ""
            if model != models[0]:
                pair = paired_difference(bootstrap, scores[model], scores[models[0]], names=(model, models[0]))
                low, high = 100 * pair.difference.low, 100 * pair.difference.high
                against = f"{100 * pair.difference.value:+.2f} [{low:+.2f}, {high:+.2f}], p {pair.p_value:.3f}"
            if name.startswith(f"read_english_{WINDOW}s"):
                confused = f"{100 * confusion(embeddings, condition.speakers):.1f}"
            eer = f"{100 * interval.value:.2f} [{100 * interval.low:.2f}, {100 * interval.high:.2f}]"
            print(f"| {name} | {model} | {eer} | {against} | {confused} |", flush=True)
            figures[model][name] = {
                **{
                    key: round(value, 4)
                    for key, value in zip(("eer", "low", "high"), vars(interval).values(), strict=True)
                },
                "speakers": bootstrap.num_speakers,
                "trials": len(one),
                **({"note": condition.note} if condition.note else {}),
            }
    return figures


def confusion(embeddings: NDArray[np.float32], speakers: NDArray[np.str_], draws: int = 300) -> float:
    """Share of windows in a wrong cluster, when 4 to 8 windows of each of 2 to 6 speakers are clustered.

    Average linkage of cosines, the number of speakers known, clusters named by the best matching; the mean of so many
    draws of speakers and windows, the same for every model.
    """
    rng, names, shares = np.random.default_rng(7), np.unique(speakers), []
    for _ in range(draws):
        count = int(rng.integers(2, 7))
        chosen = rng.choice(names, count, replace=False)
        rows = np.concatenate(
            [rng.permutation(np.flatnonzero(speakers == name))[: rng.integers(4, 9)] for name in chosen]
        )
        found = clustering.cluster(embeddings[rows], method="agglomerative", num_clusters=count)
        table = np.zeros((count, count))
        np.add.at(table, (np.searchsorted(np.sort(chosen), speakers[rows]), found), 1)
        shares.append(1.0 - table[linear_sum_assignment(-table)].sum() / len(rows))
    return float(np.mean(shares))


def calibrated(model: SpeakerModel, development: UtteranceTable) -> ModelCalibration:
    """A calibration on pairs within each corpus, so that the difference between corpora does not pass for voices."""
    trials = pairs_within_corpora(development)
    scores = score_trials(embed_table(model, development).embeddings, trials)
    speakers = dict(zip(development.ids, development.speakers, strict=True))
    sides = [[speakers[one] for one in ids] for ids in (trials.enrol_ids, trials.test_ids)]
    found = recommend_threshold(scores, trials.labels, *sides, CostTarget(prior=0.5))
    fitted = LogisticCalibration.fit(scores, trials.labels)
    score = found.threshold.value
    chosen = f"{found.target}, on {len(trials):,} trials ({trials.name})"
    threshold = Threshold(float(fitted.apply([score])[0]), score, chosen)
    origin = describe_trials(development, trials, prior=0.5)
    return ModelCalibration("logistic", fitted, model.fingerprint, origin, threshold)


def pairs_within_corpora(table: UtteranceTable) -> TrialList:
    """All pairs of utterances of one corpus, of every corpus, with at most 20 utterances of a speaker."""
    speakers, corpora = speakers_of(table), np.asarray(table.column("corpus"), dtype=np.str_)
    kept = np.concatenate(
        [
            rows[:: -(-len(rows) // MOST_UTTERANCES)]
            for rows in map(np.flatnonzero, speakers == np.unique(speakers)[:, None])
        ]
    )
    parts = [all_pairs(table.take(np.sort(kept[corpora[kept] == corpus]))) for corpus in np.unique(corpora)]
    joined = (np.concatenate([getattr(part, key) for part in parts]) for key in ("enrol_ids", "test_ids", "labels"))
    number = len(np.unique(speakers))
    return TrialList(*joined, name=f"pairs within each corpus of the {number} development speakers")


def voices_in_one_recording(model: SpeakerModel, read: UtteranceTable) -> tuple[list[float], list[float]]:
    """Ratios behind the warning of several speakers: clips of one voice, and clips half of it and half of the next."""
    assert model.calibration is not None
    size = round(WINDOW_SECONDS * RATE)
    by_speaker = {name: np.concatenate(waveforms_of(read.where(speaker=name))) for name in np.unique(speakers_of(read))}
    clips = [clip for clip in by_speaker.values() if len(clip) >= FEWEST_WINDOWS * size]
    mixed = [
        np.concatenate([one[: len(one) // 2], other[: len(other) // 2]])
        for one, other in zip(clips, [*clips[1:], clips[0]], strict=True)
    ]
    ratios = []
    for kind in (clips, mixed):
        found = [
            two_voices_score(model.embed_waveforms([clip[n * size :][:size] for n in range(len(clip) // size)]))
            for clip in kind
        ]
        ratios.append(sorted(model.calibration.apply([score for score in found if score is not None]).tolist()))
    return ratios[0], ratios[1]


def main() -> None:
    """Measure, print, and complete a model's folder when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--write", help="one of the models, in half precision")
    parser.add_argument("--readers", type=Path, help="utterance table to write, of the development speakers who read")
    arguments = parser.parse_args()
    development = select(read_recipe(RECIPE, [])).development
    assert development is not None
    if arguments.readers:
        development.where(corpus="librispeech").write(arguments.readers)
    if not arguments.models:
        return
    figures = measure(arguments.models, conditions(os.environ["VOXMETRIC_DATA"], development))
    if not arguments.write:
        return
    model = load_model(arguments.write)
    trained_on = model.card.training_data
    model.card = dataclasses.replace(
        model.card,
        summary=SUMMARY.format(speakers=trained_on["speakers"], hours=trained_on["hours"]),
        licence=LICENCE,
        results={"eer_interval": ABOUT_RESULTS, **figures[arguments.write]},
        unfit_for=UNFIT_FOR,
    )
    if model.calibration is None:
        model.calibration = calibrated(model, development)
    model.save(arguments.write, half_precision=True)
    print(model.calibration.describe(), model.calibration.map, model.calibration.threshold)
    for kind, ratios in zip(
        ("one voice", "two voices"),
        voices_in_one_recording(model, development.where(corpus="librispeech")),
        strict=True,
    ):
        print(f"{kind}: {len(ratios)} clips, ratios", " ".join(f"{ratio:.1f}" for ratio in ratios))


if __name__ == "__main__":
    main()
