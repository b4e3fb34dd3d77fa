"""A recipe is the experiment: its parts and their defaults. `recipe_file` reads one from YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

PositiveInt = Annotated[int, Meta(ge=1)]
NonNegativeInt = Annotated[int, Meta(ge=0)]
PositiveFloat = Annotated[float, Meta(gt=0)]
NonNegativeFloat = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Where = dict[str, str]


@dataclass(frozen=True)
class Data:
    """Which utterances train, choose and test.

    Attributes:
        table: utterance table (CSV or Parquet), relative to the recipe file; `$NAME` is read from the environment.
        train: column values that select the training utterances.
        development: column values that select the utterances on which settings are chosen.
        development_speakers: instead of `development`: how many of the training speakers to set aside for it.
        development_seed: of that draw, of the development trials and of the labelled speakers; not the run's, so that
            all runs share them.
        test: column values that select the utterances whose trials are reported; none for training alone.
        trials: `all_pairs` of the test utterances, or a trial list, relative to the recipe file.
        crop_seconds: length of a training crop.
        piece_seconds: training utterances of at least twice this length are cut into pieces of at least it, each an
            utterance of its own; 0 leaves them whole.
        speeds: every training speaker is there again at each of these playback speeds, as another speaker.
        minimum_utterances: training speakers with fewer utterances are left out, and counted.
        labelled_share: share of the training speakers whose labels may be used, at least two of them; the others are
            left out. Speakers of a smaller share are among those of a larger one.
        cache_megabytes: memory for decoded recordings; 0 decodes every crop anew.
        maximum_skipped: share of unreadable training files above which training stops.
    """

    table: str
    train: Where = field(default_factory=lambda: {"split": "train"})
    development: Where | None = None
    development_speakers: NonNegativeInt = 0
    development_seed: NonNegativeInt = 0
    test: Where | None = None
    trials: str = "all_pairs"
    crop_seconds: PositiveFloat = 2.0
    piece_seconds: NonNegativeFloat = 0.0
    speeds: list[PositiveFloat] = field(default_factory=list)
    minimum_utterances: NonNegativeInt = 0
    labelled_share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    cache_megabytes: NonNegativeInt = 512
    maximum_skipped: Share = 0.01


@dataclass(frozen=True)
class EncoderChoice:
    """The encoder.

    Attributes:
        name: a registered encoder; `voxmetric.encoders.available()` lists them.
        embedding_size: length of an embedding.
        front_end: name and options of the front-end; none for the encoder's own default.
        options: further options of the encoder.
    """

    name: str = "fast_resnet34"
    embedding_size: PositiveInt = 512
    front_end: dict[str, Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FineTuning:
    """Starting from the weights of a trained model instead of random ones; the loss is always new.

    Attributes:
        model: model folder, relative to the recipe file, whose encoder and front-end are trained on; `encoder` of the
            recipe may be left out, or must agree.
        fingerprint: of that model, filled in when the recipe is read; given, another model is refused.
        frozen: stages of the encoder that stay as they are, by name or the beginning of one: `trunk.stages.0`,
            `trunk`; `encoder` for all.
        unfreeze_at_step: step from which they are trained after all; 0 for never.
        encoder_rate: factor of the learning rate for the encoder's last stage; the loss has the whole rate.
        layer_decay: further factor for each stage before the last.
        original_share: share of the weights before fine-tuning in those that are saved; none for the new ones alone.
    """

    model: str | None = None
    fingerprint: str | None = None
    frozen: list[str] = field(default_factory=list)
    unfreeze_at_step: NonNegativeInt = 0
    encoder_rate: PositiveFloat = 1.0
    layer_decay: Annotated[float, Meta(gt=0, le=1)] = 1.0
    original_share: Share | None = None


@dataclass(frozen=True)
class LossChoice:
    """The objective.

    Attributes:
        name: a registered loss; `voxmetric.losses.available()` lists them.
        options: its options.
    """

    name: str = "aam_softmax"
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MethodChoice:
    """Training without labels, in place of the objective.

    Attributes:
        name: a registered method; `voxmetric.selfsupervised.available()` lists them.
        options: its options.
        embedding: what the trained model gives: the `encoder`'s embedding or the `projection` that is compared.
        weights: whose: the `student`'s, which the optimiser moves, or those of its slow copy, the `teacher`.
    """

    name: str = "simclr"
    options: dict[str, Any] = field(default_factory=dict)
    embedding: Literal["encoder", "projection"] = "encoder"
    weights: Literal["student", "teacher"] = "student"


@dataclass(frozen=True)
class Views:
    """The crops of each recording that a self-supervised method compares.

    Attributes:
        count: views of `data.crop_seconds`.
        local_count: shorter views, for methods that use them.
        local_seconds: their length.
        disjoint: take the full-length views from parts that do not overlap, where the recording is long enough.
    """

    count: Annotated[int, Meta(ge=2)] = 2
    local_count: NonNegativeInt = 0
    local_seconds: PositiveFloat = 1.0
    disjoint: bool = False


@dataclass(frozen=True)
class Positives:
    """Positives from other recordings that are probably of the same speaker (SSPS), for any method.

    Attributes:
        kind: `none`, `clusters` (a recording of the own or a near cluster) or `neighbours` (one of the nearest).
        start_epoch: first epoch that uses them; embeddings are collected in the one before.
        clusters: number of clusters.
        nearest: 0 takes the own cluster, M one of the M nearest others.
        neighbours: how many of the nearest recordings to draw from.
    """

    kind: Literal["none", "clusters", "neighbours"] = "none"
    start_epoch: NonNegativeInt = 100
    clusters: PositiveInt = 1000
    nearest: NonNegativeInt = 1
    neighbours: PositiveInt = 10


@dataclass(frozen=True)
class PseudoLabels:
    """Training the loss on clusters of unlabelled recordings in place of speakers, in rounds.

    Each round embeds the training recordings with the model of the round before, clusters them, and trains a model on
    the clusters. The recordings' own speakers serve only to say how pure the clusters are.

    Attributes:
        model: folder of the first model, relative to the recipe file; none for the one that `method` trains.
        rounds: how many.
        clusters: number of clusters, which are the loss's speakers.
        clustering: `k_means` (by cosine), or `agglomerative`: k-means into `first_clusters`, whose centroids are then
            joined by average linkage.
        first_clusters: of `agglomerative`; their pairs are held in memory, 0.4 GB for 10,000.
        start: weights at the beginning of a round: `previous` (of the model that was clustered, whose encoder takes
            the place of the recipe's) or `fresh` (as the recipe says).
        filter: `none`, or `loss_gate`: train on all labels for `gate_steps`, then leave out the recordings whose labels
            still have a large loss, and train in full on the rest.
        gate_steps: updates before `loss_gate` looks at the losses.
    """

    model: str | None = None
    rounds: PositiveInt = 5
    clusters: Annotated[int, Meta(ge=2)] = 7500
    clustering: Literal["k_means", "agglomerative"] = "k_means"
    first_clusters: PositiveInt = 20_000
    start: Literal["previous", "fresh"] = "previous"
    filter: Literal["none", "loss_gate"] = "none"
    gate_steps: PositiveInt = 2000


@dataclass(frozen=True)
class Batches:
    """How utterances are drawn.

    Attributes:
        kind: `speakers` (the same number of utterances of every drawn speaker), `shuffled` (plain shuffling) or
            `published` (what the objective's paper used).
        size: utterances in a batch, over all processes; recordings for a method without labels, each seen in several
            views.
        utterances_per_speaker: utterances of a speaker in a `speakers` batch; `size` is a multiple of it.
        maximum_per_epoch: at most this many utterances of a speaker in one pass; 0 for no limit.
    """

    kind: Literal["published", "speakers", "shuffled"] = "published"
    size: PositiveInt = 200
    utterances_per_speaker: PositiveInt = 2
    maximum_per_epoch: NonNegativeInt = 0


@dataclass(frozen=True)
class OptimizerChoice:
    """The optimiser.

    Attributes:
        name: `adam`, `adamw` or `sgd`.
        learning_rate: before the schedule.
        weight_decay: L2 for `adam` and `sgd`, decoupled for `adamw`; not applied to biases, norms and scales.
        weight_decay_end: what it changes to over the updates, along half a cosine; none: it stays.
        momentum: of `sgd`, in the form of Nesterov when above 0.
    """

    name: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.0
    weight_decay_end: NonNegativeFloat | None = None
    momentum: Share = 0.9


@dataclass(frozen=True)
class Schedule:
    """The learning rate over steps.

    Attributes:
        name: `constant`, `step` (times `factor` every `every` steps) or `cosine` (down to `final_share`).
        warmup_steps: linear rise from zero before it.
        every: steps between two reductions of `step`.
        factor: of `step`.
        final_share: share of the learning rate left at the end of `cosine`.
    """

    name: Literal["constant", "step", "cosine"] = "constant"
    warmup_steps: NonNegativeInt = 0
    every: PositiveInt = 1000
    factor: PositiveFloat = 0.95
    final_share: Share = 0.0


@dataclass(frozen=True)
class MarginSchedule:
    """The margin over steps: zero until `start_step`, its full value from `end_step` on.

    Attributes:
        shape: the rise between: `linear`, `exponential` or `cosine`.
        start_step: last step without a margin.
        end_step: first step with the whole margin; 0 for the whole margin from the first step.
    """

    shape: Literal["linear", "exponential", "cosine"] = "linear"
    start_step: NonNegativeInt = 0
    end_step: NonNegativeInt = 0


@dataclass(frozen=True)
class Training:
    """The loop.

    Attributes:
        steps: number of updates; 0 leaves the encoder as it was drawn.
        average_from_step: the trained model has the mean of the encoder's weights after this update and every later
            one; none for the last ones alone.
        gradient_clip: largest norm of the gradient; 0 for no limit.
        gradient_clip_of: norm of the gradient of `all` weights together, or of `each` tensor of them by itself.
        precision: `float32`, `bfloat16` (activations of the encoder; weights and losses stay float32), or `auto`:
            bfloat16 where the device computes it natively.
        evaluate_every: steps between two looks at the development speakers; 0 for the end alone.
        checkpoint_every: steps between two checkpoints.
        chunk_size: crops computed at once, so that a batch needs the memory of a chunk; gradients stay those of the
            whole batch. Batch normalisation sees a chunk. 0 computes all at once.
        workers: loader processes; -1 for one fewer than the cores at hand, at least 1 and at most 8.
        threads: computing threads; 0 for the process's share of the cores.
        tensorboard: also write TensorBoard files (extra `tensorboard`).
    """

    steps: NonNegativeInt = 10_000
    average_from_step: PositiveInt | None = None
    gradient_clip: NonNegativeFloat = 0.0
    gradient_clip_of: Literal["all", "each"] = "all"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    evaluate_every: NonNegativeInt = 1000
    checkpoint_every: PositiveInt = 200
    chunk_size: NonNegativeInt = 0
    workers: Annotated[int, Meta(ge=-1)] = -1
    threads: NonNegativeInt = 0
    tensorboard: bool = False


@dataclass(frozen=True)
class Candidate:
    """One objective of a comparison, with labels or without.

    Attributes:
        name: a registered loss, or `untrained`: the encoder as it was drawn.
        label: its name in the report; by default the loss's or method's.
        options: options that are not searched.
        search: option name to the values that the search may draw; by default the values of
            `voxmetric.comparison.search` for a loss, none for a method.
        method: instead of a name: a registered method without labels.
        views: of a method, instead of the recipe's.
        positives: of a method, instead of the recipe's.
        weights: of a method, the `student`'s or the `teacher`'s.
        start: weights at the beginning: as the `recipe` says, which may start from a model, or `random` all the same.
    """

    name: str | None = None
    label: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    search: dict[str, list[Any]] | None = None
    method: str | None = None
    views: Views | None = None
    positives: Positives | None = None
    weights: Literal["student", "teacher"] = "student"
    start: Literal["recipe", "random"] = "recipe"


@dataclass(frozen=True)
class ComparisonPlan:
    """How objectives are compared.

    Attributes:
        losses: the objectives: names of losses, or mappings with `name` or `method`, `label`, `options`, `search`,
            `views`, `positives`, `weights`, `start`. A method takes as many recordings in a batch as make as much audio
            as `batches.size` crops: half as many where there are two views.
        seeds: runs of each objective.
        tuning_settings: settings tried for each objective on the development speakers; 1 takes the options as given.
        tuning_steps: updates of each of these trials; 0 for as many as a full run.
        learning_rates: factors of the learning rate, one for each setting in turn, the same for every objective.
        resamples: bootstrap resamples of the speakers.
        level: of the intervals.
        jobs: runs at the same time, each with its share of the cores; 0 for one a core, or one where there is a GPU.
    """

    losses: list[str | Candidate] = field(default_factory=list)
    seeds: PositiveInt = 3
    tuning_settings: PositiveInt = 4
    tuning_steps: NonNegativeInt = 0
    learning_rates: list[PositiveFloat] = field(default_factory=lambda: [1.0, 0.3, 3.0, 0.1])
    resamples: PositiveInt = 1000
    level: Annotated[float, Meta(gt=0, lt=1)] = 0.95
    jobs: NonNegativeInt = 0


@dataclass(frozen=True)
class RecordingSet:
    """Recordings whose speakers and turns are known.

    Attributes:
        name: in the report.
        folder: with the recordings, their turns as `*.rttm`, and `*.uem` where not all of a recording is scored, or one
            RTTM file in it; relative to the recipe file. `voxmetric simulate` writes such folders.
    """

    name: str
    folder: str


@dataclass(frozen=True)
class DiarizationTest:
    """Diarizing recordings with every trained encoder; `compare` then ranks by diarization error too.

    Attributes:
        sets: the recordings, each set with figures of its own.
        protocol: `md_eval` or `narayanaswamy_2019`.
        collar: seconds left out on each side of every boundary of the reference, for `md_eval`.
        skip_overlap: leave overlapped speech out, for `md_eval`.
        speech: where somebody speaks: the `reference` says, or a detector (`detected`).
        known_number: tell the clustering how many speakers there are.
        settings: further ones of the diarizer: those of `voxmetric.DiarizationSettings`.
    """

    sets: list[RecordingSet] = field(default_factory=list)
    protocol: str = "md_eval"
    collar: NonNegativeFloat = 0.0
    skip_overlap: bool = False
    speech: Literal["reference", "detected"] = "reference"
    known_number: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """The whole experiment; see the parts.

    Attributes:
        name: title of runs and reports.
        seed: of everything that is drawn.
        method: train without labels, in place of `loss`; none for an objective with labels.
        pseudo_labels: train `loss` on clusters in place of speakers; none for the table's speakers.
        diarization: recordings to diarize with the encoders that `compare` trains; none for verification alone.
        augmentation: a list of mappings, each `name`, `probability` and the augmentation's options.
        licence: of the trained weights; stored in the model's card.
    """

    data: Data
    name: str = "untitled"
    seed: NonNegativeInt = 0
    encoder: EncoderChoice = field(default_factory=EncoderChoice)
    fine_tuning: FineTuning = field(default_factory=FineTuning)
    loss: LossChoice = field(default_factory=LossChoice)
    method: MethodChoice | None = None
    views: Views = field(default_factory=Views)
    positives: Positives = field(default_factory=Positives)
    pseudo_labels: PseudoLabels | None = None
    batches: Batches = field(default_factory=Batches)
    augmentation: list[dict[str, Any]] = field(default_factory=list)
    optimizer: OptimizerChoice = field(default_factory=OptimizerChoice)
    schedule: Schedule = field(default_factory=Schedule)
    margin_schedule: MarginSchedule = field(default_factory=MarginSchedule)
    training: Training = field(default_factory=Training)
    compare: ComparisonPlan = field(default_factory=ComparisonPlan)
    diarization: DiarizationTest | None = None
    licence: str = "unknown"
