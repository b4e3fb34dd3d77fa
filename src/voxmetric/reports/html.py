"""The report: one HTML file that opens offline, with everything in it and nothing outside it.

No script, font, image or style comes from elsewhere, and the page's own policy forbids it; it needs no JavaScript.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template

import yaml

from voxmetric.reports import diarized_sections, sections
from voxmetric.reports.bars import line_sample
from voxmetric.reports.cost import cost_figure
from voxmetric.reports.det import RELIABLE_ERRORS, det_figure
from voxmetric.reports.diarized_wording import diarized_footnotes, diarized_headline
from voxmetric.reports.embedding_map import embedding_map_figure
from voxmetric.reports.histograms import histogram_figure
from voxmetric.reports.markup import Markup, element, joined, section
from voxmetric.reports.palette import css_variables, style
from voxmetric.reports.results import Comparison, DiarizedSet
from voxmetric.reports.training_curves import development_figure, loss_figure
from voxmetric.reports.wording import SYNTHETIC, TIE_MEANS, headline


def render_html(comparison: Comparison) -> str:
    """The whole report as one page.

    Equal comparisons give equal text. Everything that comes from the comparison is escaped.
    """
    folder = files("voxmetric.reports")
    style_sheet = Template(folder.joinpath("report.css").read_text(encoding="utf-8")).substitute(
        light=css_variables(dark=False),
        dark=css_variables(dark=True),
        toggles=_toggles(len(comparison.objectives)),
    )
    return Template(folder.joinpath("report.html").read_text(encoding="utf-8")).substitute(
        title=joined(comparison.name),
        style=style_sheet,
        banner=element("p", SYNTHETIC, class_="banner") if comparison.synthetic else "",
        headline=joined(headline(comparison)),
        kicker=joined(f"Comparison of training objectives · {comparison.created.replace('T', ' ')}"),
        footer=" The same results, as data, are in results.json beside this file.",
        notes=_notes(comparison),
        legend=_legend(comparison),
        sections=_sections(comparison),
    )


def _sections(comparison: Comparison) -> Markup:
    objectives = comparison.objectives
    reliable = (
        f"Both axes are in normal deviates: down and left is better. First seed of each objective. Beyond the dotted "
        f"lines a rate rests on fewer than {RELIABLE_ERRORS} errors; read nothing into the curves there."
    )
    watched = any(curve.eer for objective in objectives for curve in objective.curves)
    parts = [
        section(
            "Results",
            f"Means over the seeds; small ticks are single seeds. {comparison.interval} {TIE_MEANS}",
            sections.results_table(comparison),
        )
    ]
    if comparison.pairs:
        parts.append(
            section(
                "Pair by pair",
                "Both objectives of a pair on the same trials and the same resamples. The adjusted p allows for the "
                "number of pairs, and the verdict rests on it; intervals are of each pair alone. Ties are grey.",
                sections.pairs_table(comparison),
            )
        )
    parts += [_diarized(comparison, diarized) for diarized in comparison.diarization]
    parts += [
        section("Detection error trade-off", reliable, _drawn(det_figure(objectives, comparison.trials))),
        section(
            "Scores",
            "Densities of the scores of target trials (colour) and non-target trials (grey), first seed.",
            _drawn(histogram_figure(objectives)),
        ),
        section(
            "Embeddings",
            "Some evaluation utterances laid out by t-SNE, first seed; a colour and a shape together are one speaker. "
            "A flat picture distorts distances: look, do not measure.",
            _drawn(embedding_map_figure(objectives)),
        ),
        section(
            "Training",
            "Thin lines are single seeds, thick ones their mean. The development EER served to choose options and to "
            "watch training; it is no result, and it has no interval. Losses of different objectives have different "
            "scales: only their course can be compared.",
            *([_drawn(development_figure(objectives))] if watched else []),
            _drawn(loss_figure(objectives)),
        ),
        section(
            "Cost",
            "Wall time on the machine named below; for one step and for the objective alone (forward and backward "
            "on the batch's embeddings) the median.",
            sections.cost_table(comparison),
            _drawn(cost_figure(objectives)),
        ),
    ]
    tried = sections.tuning_table(comparison)
    if tried:
        parts.append(
            section(
                "Tuning",
                "Everything that was tried, on the development speakers only.",
                _folded("All settings", tried),
            )
        )
    recipe = yaml.safe_dump(comparison.recipe, sort_keys=False, allow_unicode=True)
    parts.append(
        section(
            "Method",
            "What the figures rest on, and what is needed to get them again.",
            sections.method_list(comparison),
            _folded("Recipe", element("pre", element("code", recipe))),
            _folded("Hashes of the trained weights", sections.weights_table(comparison)),
        )
    )
    return joined(parts)


def _diarized(comparison: Comparison, diarized: DiarizedSet) -> Markup:
    notes = element("ul", (element("li", note) for note in diarized_footnotes(diarized)), class_="notes")
    return section(
        f"Who spoke when: {diarized.name}",
        f"{diarized_headline(diarized)} Means over the seeds; small ticks are single seeds.",
        diarized_sections.results_table(comparison, diarized),
        *([diarized_sections.growth_table(comparison, diarized)] if len(diarized.recordings_by_speakers) > 1 else []),
        *([_folded("Pair by pair", diarized_sections.pairs_table(comparison, diarized))] if diarized.pairs else []),
        notes,
    )


def _drawn(figure: Markup) -> Markup:
    return element("figure", figure)


def _folded(summary: str, content: Markup) -> Markup:
    return element("details", element("summary", summary), content)


def _notes(comparison: Comparison) -> Markup:
    notes = (element("li", note) for note in comparison.notes)
    return element("ul", notes, class_="notes") if comparison.notes else Markup()


def _legend(comparison: Comparison) -> Markup:
    """Names and lines of the series; unticking one fades it in the drawings that show all together."""
    entries = (
        element(
            "label",
            element("input", type="checkbox", id=f"show-{index}", checked="checked"),
            line_sample(style(index)),
            objective.name,
        )
        for index, objective in enumerate(comparison.objectives)
    )
    return element("nav", entries, class_="legend", aria_label="Objectives shown in the drawings")


def _toggles(num_series: int) -> str:
    return "\n".join(
        f"body:has(#show-{index}:not(:checked)) .series-{index}{{opacity:.06}}" for index in range(num_series)
    )
