"""Throughput over time as a drawing in HTML and SVG."""

from __future__ import annotations

from omicsdk.transfer.reports.throughput import Throughput
from omicsdk.transfer.reports.words import size_words, time_words

_WIDTH, _HEIGHT = 1000, 300
#: Lines across the plot, about.
_LINES = 4


def plot_of(throughput: Throughput) -> str:
    """Draws a curve; nothing for one that has no time or no bytes.

    Args:
        throughput: What to draw.
    """
    points = throughput.points
    if not points or not throughput.total or throughput.seconds <= 0:
        return ""
    top, lines = _scale(throughput.peak)
    across, up = _WIDTH / throughput.seconds, _HEIGHT / top
    before, steps = 0.0, list[str]()
    for end, rate in points:
        y = f"{_HEIGHT - rate * up:.1f}"
        steps.append(f"L{before * across:.1f} {y}L{end * across:.1f} {y}")
        before = end
    line = "".join(steps)
    mean = throughput.total / throughput.seconds
    rates = f"On average {size_words(mean)}/s, at most {size_words(throughput.peak)}/s"
    described = f"Throughput over {time_words(throughput.seconds)}. {rates}"
    # The drawing is stretched to its place, so words stand outside of it.
    grid = "".join(f'<path class=grid d="M0 {_HEIGHT - rate * up:.1f}H{_WIDTH}"/>' for rate in lines)
    ups = "".join(f'<span style="bottom:{100 * rate / top:.2f}%">{size_words(rate)}/s</span>' for rate in lines)
    times = "".join(f"<span>{time_words(throughput.seconds * part / 4) if part else '0'}</span>" for part in range(5))
    return (
        "<section>\n<h2>Throughput</h2>\n"
        f"<p class=quiet>{rates}.</p>\n"
        f"<div class=plot>\n<div class=rates aria-hidden=true>{ups}</div>\n"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{described}">\n'
        f'{grid}\n<path class=area d="M0 {_HEIGHT}{line}L{before * across:.1f} {_HEIGHT}Z"/>\n'
        f'<path class=curve d="M{line[1:]}"/>\n'
        f'<path class=mean d="M0 {_HEIGHT - mean * up:.1f}H{_WIDTH}"/>\n</svg>\n'
        f"<div class=times aria-hidden=true>{times}</div>\n</div>\n</section>\n"
    )


def _scale(peak: float) -> tuple[float, list[float]]:
    """The top of the plot and the rates of its lines, round in the unit that they are named in."""
    unit = 1.0
    while peak >= 999.5 * unit:
        unit *= 1024
    step = unit / 1000
    while peak / step > _LINES:
        for factor in (2, 5, 10):
            if peak / (step * factor) <= _LINES:
                step *= factor
                break
        else:
            step *= 10
    lines = list[float]()
    while not lines or lines[-1] < peak:
        lines.append(step * (len(lines) + 1))
    return lines[-1], lines
