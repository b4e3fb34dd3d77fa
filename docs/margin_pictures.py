"""Small pictures of the margins: the target's cosine after the penalty, against the angle."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from voxmetric.losses import margins

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 40, 116, 12, 34
LOWEST, HIGHEST = -3.0, 1.0
COLOURS = ("#0072b2", "#d55e00", "#009e73")
CURVES: dict[str, list[tuple[str, dict[str, float], float]]] = {
    "none": [("no margin", {}, 20.0)],
    "additive": [("m = 0.2", {"margin": 0.2}, 20.0), ("m = 0.4", {"margin": 0.4}, 20.0)],
    "learned": [("m = 0.1", {"margin": 0.1}, 20.0), ("m = 0.6", {"margin": 0.6}, 20.0)],
    "additive_angular": [("m = 0.2", {"margin": 0.2}, 20.0), ("m = 0.5", {"margin": 0.5}, 20.0)],
    "sphereface": [("m = 1.5", {"margin": 1.5}, 20.0), ("m = 2", {"margin": 2.0}, 20.0)],
    "curricularface": [("m = 0.2", {"margin": 0.2}, 20.0), ("m = 0.5", {"margin": 0.5}, 20.0)],
    "magface": [
        ("norm 10", {"margin": 0.8, "lower_margin": 0.2}, 10.0),
        ("norm 60", {"margin": 0.8, "lower_margin": 0.2}, 60.0),
        ("norm 110", {"margin": 0.8, "lower_margin": 0.2}, 110.0),
    ],
    "adaface": [
        ("z = -1", {"margin": 0.4, "concentration": 1e6}, 10.0),
        ("z = 0", {"margin": 0.4, "concentration": 1e6}, 20.0),
        ("z = 1", {"margin": 0.4, "concentration": 1e6}, 30.0),
    ],
}
"""For each kind its curves: label, options, norm of the embedding."""


def picture(kind: str) -> str:
    """The picture of one kind of margin, as SVG."""
    degrees = torch.linspace(0, 180, 181, dtype=torch.float64)
    cosines = degrees.deg2rad().cos()
    plain = _curve(degrees.tolist(), cosines.tolist(), "#999999", dashed=True)
    parts = [_axes(), plain, _label(0, "cos(theta)", "#777777")]
    for number, (label, options, norm) in enumerate(CURVES[kind]):
        margin = margins.create(kind, options=options)
        values = margin(cosines, torch.full_like(cosines, norm), 1.0)
        colour = COLOURS[number % len(COLOURS)]
        parts.append(_curve(degrees.tolist(), values.tolist(), colour))
        parts.append(_label(number + 1, label, colour))
    title = f"<title>Target logit of the margin {kind} against the angle</title>"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'role="img" font-family="sans-serif" font-size="11">'
    )
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return "\n".join([opening, title, background, *parts, "</svg>", ""])


def _x(degrees: float) -> float:
    return LEFT + degrees / 180 * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    return TOP + (HIGHEST - value) / (HIGHEST - LOWEST) * (HEIGHT - TOP - BOTTOM)


def _axes() -> str:
    lines = []
    for degrees in (0, 45, 90, 135, 180):
        lines.append(_line(_x(degrees), _y(LOWEST), _x(degrees), _y(HIGHEST)))
        lines.append(_text(_x(degrees), HEIGHT - 18, f"{degrees}", anchor="middle"))
    for value in (-3, -2, -1, 0, 1):
        lines.append(_line(_x(0), _y(value), _x(180), _y(value)))
        lines.append(_text(LEFT - 6, _y(value) + 4, f"{value}", anchor="end"))
    lines.append(_text(_x(90), HEIGHT - 4, "angle to the target, degrees", anchor="middle"))
    return "\n".join(lines)


def _curve(degrees: Sequence[float], values: Sequence[float], colour: str, dashed: bool = False) -> str:
    points = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(degrees, values, strict=True))
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _label(row: int, text: str, colour: str) -> str:
    return _text(WIDTH - RIGHT + 12, TOP + 12 + 18 * row, text, colour=colour)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#e0e0e0"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = "#333333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'
