"""The tables of the HTML report, each a function from the comparison to markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from voxmetric.reports.bars import Range, css_color, interval_bar, line_sample, quantity_bar
from voxmetric.reports.markup import Markup, element, joined, table
from voxmetric.reports.palette import style
from voxmetric.reports.results import TIE, Comparison, Pair
from voxmetric.reports.wording import SCALES, VERDICTS, duration, options_text, scale_of, scales

TUNED_BY = "development_eer"


def results_table(comparison: Comparison) -> Markup:
    """Every objective with its metrics, each with its interval, and the verdict; small ticks are single seeds."""
    shown = scales(comparison)
    eers = Range.over([objective.metrics["eer"] for objective in comparison.objectives], *_seed_eers(comparison))
    scale = f"EER, from {SCALES['eer'].number(eers.low)} to {SCALES['eer'].number(eers.high)} %"
    headers = ["objective", scale, *(s.heading for s in shown.values()), "verdict"]

    def row(index: int) -> Iterator[Markup]:
        objective = comparison.objectives[index]
        seeds = [values["eer"] for values in objective.per_seed]
        yield name_of(index, objective.name, options_text(objective.options))
        yield interval_bar(objective.metrics["eer"], eers, color=css_color(style(index)), ticks=seeds)
        for metric, scale in shown.items():
            yield figure_of(scale.number(objective.metrics[metric].value), scale.interval(objective.metrics[metric]))
        yield element("span", objective.rank, class_=f"verdict {VERDICTS[objective.rank]}")

    return table(headers, map(row, range(len(comparison.objectives))))


def pairs_table(comparison: Comparison) -> Markup:
    """Every pair of objectives: the difference on a common scale and in figures, p before and after correction."""
    metrics = list(dict.fromkeys(pair.metric for pair in comparison.pairs))
    return joined(
        pairs_of(comparison, metric, [pair for pair in comparison.pairs if pair.metric == metric]) for metric in metrics
    )


def pairs_of(comparison: Comparison, metric: str, pairs: Sequence[Pair]) -> Markup:
    """Pairs of objectives that were compared by one metric."""
    scale = scale_of(metric)
    differences = Range.over([pair.difference for pair in pairs], 0.0)
    unit = "percentage points" if scale.unit == "%" else scale.unit
    headers = ["first", "second", f"{scale.label}: first minus second", unit, "p", "p adjusted", "verdict"]
    index_of = {objective.name: index for index, objective in enumerate(comparison.objectives)}

    def row(number: int) -> Iterator[Markup]:
        pair = pairs[number]
        yield name_of(index_of.get(pair.a), pair.a)
        yield name_of(index_of.get(pair.b), pair.b)
        color = "var(--muted)" if pair.verdict == VERDICTS[TIE] else "var(--ink)"
        yield interval_bar(pair.difference, differences, color=color, reference=0.0)
        value, _, interval = scale.difference(pair.difference).partition(" ")
        yield figure_of(value, interval)
        yield from (joined(_p_value(p)) for p in (pair.p_value, pair.p_adjusted))
        yield joined(pair.verdict)

    return table(headers, map(row, range(len(pairs))))


def cost_table(comparison: Comparison) -> Markup:
    """What each objective cost to train and to tune."""
    objectives = comparison.objectives
    longest = max(objective.cost.train_seconds for objective in objectives)
    slowest = max(objective.cost.loss_milliseconds for objective in objectives)
    headers = [
        "objective",
        "one training run",
        "",
        "one step",
        "objective alone",
        "",
        "its parameters",
        "tuning",
    ]

    def row(index: int) -> Iterator[Markup]:
        cost, color = objectives[index].cost, css_color(style(index))
        yield name_of(index, objectives[index].name)
        yield joined(duration(cost.train_seconds))
        yield quantity_bar(cost.train_seconds, longest, color=color)
        yield joined(f"{cost.step_milliseconds:.3g} ms")
        yield joined(f"{cost.loss_milliseconds:.3g} ms")
        yield quantity_bar(cost.loss_milliseconds, slowest, color=color)
        yield joined(f"{cost.loss_parameters:,}")
        yield joined(duration(cost.tuning_seconds))

    return table(headers, map(row, range(len(objectives))))


def tuning_table(comparison: Comparison) -> Markup:
    """Everything that was tried, by objective; empty where nothing was."""
    keys = list(dict.fromkeys(key for o in comparison.objectives for setting in o.tuning for key in setting))
    keys.sort(key=TUNED_BY.__eq__)
    if not keys:
        return Markup()
    rows = (
        [name_of(index, objective.name), *(joined(_setting(key, setting.get(key, ""))) for key in keys)]
        for index, objective in enumerate(comparison.objectives)
        for setting in objective.tuning
    )
    return table(
        ["objective", *("development EER, %" if key == TUNED_BY else key.replace("_", " ") for key in keys)], rows
    )


def method_list(comparison: Comparison) -> Markup:
    """What the figures rest on: data, trials, definitions, machine, versions, hashes."""
    trials = comparison.trials
    return facts(
        {
            "Trials": f"{trials.name}: {trials.num_target:,} target and {trials.num_nontarget:,} non-target trials, "
            f"{trials.num_utterances:,} utterances of {trials.num_speakers:,} speakers",
            "Trial list SHA-256": element("code", trials.sha256),
            "EER": comparison.eer_definition.removeprefix("Equal error rate: "),
            "Intervals": comparison.interval,
            **{name.replace("_", " ").capitalize(): value for name, value in comparison.data.items()},
            "Encoder": comparison.encoder,
            "Machine": comparison.machine,
            "Versions": ", ".join(f"{name} {version}" for name, version in comparison.versions.items()),
            "Whole comparison": duration(comparison.wall_seconds),
            "Recipe SHA-256": element("code", comparison.recipe_sha256),
        }
    )


def weights_table(comparison: Comparison) -> Markup:
    """The hash of every trained model."""
    rows = (
        [name_of(index, objective.name), joined(str(seed)), element("code", sha256)]
        for index, objective in enumerate(comparison.objectives)
        for seed, sha256 in zip(objective.seeds, objective.weights_sha256, strict=True)
    )
    return table(["objective", "seed", "SHA-256 of the weights"], rows)


def facts(pairs: Mapping[str, Any]) -> Markup:
    """Names and what they stand for, as a definition list."""
    terms = (joined(element("dt", name), element("dd", _plain(value))) for name, value in pairs.items())
    return element("dl", terms)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return options_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else str(value)


def name_of(index: int | None, name: str, detail: str = "") -> Markup:
    """A series' name beside a sample of its line, with a smaller second line where there is `detail`."""
    sample = Markup() if index is None else line_sample(style(index))
    small = element("small", detail) if detail else Markup()
    return element("span", sample, element("span", name, small), class_="name")


def figure_of(value: str, interval: str) -> Markup:
    return element("span", element("b", value), " ", element("span", interval, class_="interval"), class_="figure")


def _p_value(p: float) -> str:
    return "<\N{NO-BREAK SPACE}0.001" if p < 0.001 else f"{p:.3f}"


def _setting(key: str, value: Any) -> str:
    if key == TUNED_BY:
        return "diverged" if value is None else SCALES["eer"].number(value)
    return _plain(value)


def _seed_eers(comparison: Comparison) -> list[float]:
    return [values["eer"] for objective in comparison.objectives for values in objective.per_seed]
