"""A report as one page of HTML that needs nothing else: no script, no network, light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import nlargest
from html import escape
from itertools import islice
from typing import cast

from omicsdk.core.version import __version__
from omicsdk.transfer.reports.outcomes import (
    KEPT_FAILURES,
    VERIFICATIONS,
    Outcome,
    Outcomes,
    Verification,
    error_words,
    verification_words,
    without_secrets,
)
from omicsdk.transfer.reports.progress import Throughput, size_words, time_words, visible

STYLE = """\
:root{--ground:#fff;--card:#f6f7f9;--ink:#1b2330;--quiet:#5b6675;--line:#dde2e8;--blue:#1f6feb;--wash:#1f6feb26;
--good:#1a7f37;--bad:#c0202b;--halt:#935f00;--bad-wash:#c0202b12}
@media (prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b2129;--ink:#e4e9f0;--quiet:#98a4b3;--line:#313a46;
--blue:#6cabff;--wash:#6cabff30;--good:#56c271;--bad:#ff7b7b;--halt:#e2ac4d;--bad-wash:#ff7b7b14}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:70rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
p{margin:.25rem 0}
.quiet{color:var(--quiet);font-size:.9rem}
.verdict{font-size:1.1rem;font-weight:600}
.verdict.done,.state.done,.state.skipped{color:var(--good)}
.verdict.failed,.state.failed,.failed dd{color:var(--bad)}
.verdict.stopped,.state.stopped,.state.planned,.stopped dd{color:var(--halt)}
.totals{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.5rem;margin:0}
.totals div{background:var(--card);border-radius:.5rem;padding:.6rem .8rem}
dt{color:var(--quiet);font-size:.85rem}
dd{margin:0;font-size:1.2rem;font-variant-numeric:tabular-nums}
.plot{display:grid;grid-template-columns:5.5rem 1fr;gap:.25rem .5rem;margin-top:1rem}
.plot svg{width:100%;height:13rem;display:block;overflow:visible}
.rates{position:relative;font-size:.8rem;color:var(--quiet)}
.rates span{position:absolute;right:0;transform:translateY(50%);white-space:nowrap}
.times{grid-column:2;display:flex;justify-content:space-between;font-size:.8rem;color:var(--quiet);white-space:nowrap}
.plot path{vector-effect:non-scaling-stroke;fill:none}
.plot .grid{stroke:var(--line)}
.plot .area{fill:var(--wash)}
.plot .curve{stroke:var(--blue);stroke-width:1.5}
.plot .mean{stroke:var(--quiet);stroke-dasharray:5 4}
.failures{list-style:none;margin:0;padding:0;display:grid;gap:.5rem}
.failures li{border-left:4px solid var(--bad);background:var(--bad-wash);border-radius:.25rem;padding:.6rem .8rem;
overflow-wrap:anywhere}
summary{cursor:pointer;padding:.6rem 0;color:var(--blue)}
.kind{color:var(--bad);font-weight:600}
.remedy::before{content:"\\2192\\a0"}
.name{font-family:ui-monospace,monospace;font-size:.92em;font-weight:500;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
thead th{color:var(--quiet);font-weight:500;white-space:nowrap}
tbody th{font-weight:400}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.state{font-weight:600}
.sum{color:var(--quiet);font-size:.85em;max-width:22rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.sum:hover,.sum:focus{white-space:normal;overflow-wrap:anywhere}
code{font-family:ui-monospace,monospace}
@media (max-width:44rem){
.totals{grid-template-columns:1fr 1fr}
.plot{grid-template-columns:4.5rem 1fr}
.plot svg{height:10rem}
.times span:nth-child(even){display:none}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table,tbody{display:block}
tr{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
th,td{border:0;padding:.05rem 0}
tr th,tr td[data-label=Verification]{flex:1 1 100%}
td[data-label]::before{content:attr(data-label) " ";color:var(--quiet)}
td[data-label=Verification]::before{display:none}
.sum{max-width:none;white-space:normal;overflow-wrap:anywhere}
}
@media print{main{max-width:none}.failures li,tr{break-inside:avoid}}
"""


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


#: Files that the page lists; a browser takes long over more.
ROWS = 2000
#: Failures that are seen without unfolding the others.
OPEN_FAILURES = 20
#: Files that "slowest" and "most retried" have.
TOP = 10


def page_of(summary: Mapping[str, object], outcomes: Outcomes, throughput: Throughput) -> Iterator[str]:
    """Gives the page in pieces.

    Args:
        summary: What all files together came to, as `TransferReport.summary` gives it.
        outcomes: What became of each.
        throughput: How fast bytes came.
    """
    title = _text(str(summary["title"]) or "Transfer")
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n"
        f'<script type="application/json" id="summary">{_data(summary)}</script>\n</head>\n<body>\n<main>\n'
    )
    yield _header(title, summary, outcomes)
    yield _totals(outcomes, cast("float", summary["seconds"]))
    yield plot_of(throughput)
    yield from _failures(outcomes)
    yield from _conspicuous(outcomes)
    yield from _files(outcomes)
    yield "</main>\n</body>\n</html>\n"


def _header(title: str, summary: Mapping[str, object], outcomes: Outcomes) -> str:
    failed, stopped, why = outcomes.counts["failed"], outcomes.counts["stopped"], str(summary["why_stopped"])
    if failed:
        kind, said = "failed", f"{failed:,} of {_files_words(len(outcomes))} failed"
    elif stopped or why:
        left = f", {_files_words(stopped)} left" if stopped else ""
        kind, said = "stopped", f"Ended early: {_text(why) or 'it was stopped'}{left}"
    elif planned := outcomes.counts["planned"]:
        kind, said = "stopped", f"Dry run: {_files_words(planned)} would be transferred"
    elif not len(outcomes):
        kind, said = "done", "Nothing to do"
    elif outcomes.verification["verified"] == len(outcomes):
        kind, said = "done", "Every file is complete and verified"
    else:  # what was compared with no checksum may be anything of that size, or anything at all
        kind, said = (
            "stopped",
            f"Every file is complete, not every one is verified: {verification_words(outcomes.verification)}",
        )
    began = summary["began"]
    when = ""
    if isinstance(began, int | float):
        moment = datetime.fromtimestamp(began, UTC)
        when = f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%Y-%m-%d %H:%M:%S} UTC</time>, '
    return (
        f'<header>\n<h1>{title}</h1>\n<p class="verdict {kind}">{said}</p>\n'
        f"<p class=quiet>{when}{time_words(cast('float', summary['seconds']))}, omicsdk {_text(__version__)}</p>\n</header>\n"
    )


def _totals(outcomes: Outcomes, seconds: float) -> str:
    counts = outcomes.counts
    mean = size_words(outcomes.bytes_fetched / seconds) + "/s" if seconds > 0 else "–"
    shown = [
        ("Files", f"{len(outcomes):,}", ""),
        ("Transferred", f"{counts['done']:,}", ""),
        ("Already present", f"{counts['skipped']:,}", ""),
        *(
            (
                kind.capitalize(),
                f"{outcomes.verification[kind]:,}",
                _unsure(kind) if outcomes.verification[kind] else "",
            )
            for kind in VERIFICATIONS
        ),
        ("Failed", f"{counts['failed']:,}", "failed" if counts["failed"] else ""),
        ("Stopped", f"{counts['stopped']:,}", "stopped" if counts["stopped"] else ""),
        *([("Planned", f"{counts['planned']:,}", "")] if counts["planned"] else []),
        ("Over the network", size_words(outcomes.bytes_fetched), ""),
        ("Kept from earlier runs", size_words(outcomes.bytes_kept), ""),
        ("Mean rate", mean, ""),
        ("Requests", f"{outcomes.attempts:,}", ""),
        ("Retries", f"{outcomes.retries:,}", ""),
    ]
    cells = "".join(f'<div class="{kind}"><dt>{name}</dt><dd>{value}</dd></div>\n' for name, value, kind in shown)
    return f"<section>\n<h2>Totals</h2>\n<dl class=totals>\n{cells}</dl>\n</section>\n"


def _failures(outcomes: Outcomes) -> Iterator[str]:
    count = outcomes.counts["failed"]
    if not count:
        return
    kinds = Counter(error_words(outcome.error)["type"] for outcome in outcomes.failures if outcome.error is not None)
    named = ", ".join(f"{_text(kind)} {number:,}" for kind, number in kinds.most_common())
    among = f", among the first {KEPT_FAILURES:,}" if count > KEPT_FAILURES else ""
    yield f"<section>\n<h2>Failures</h2>\n<p class=quiet>{_files_words(count)} failed{among}: {named}.</p>\n"
    told = iter(islice(outcomes.of("failed"), KEPT_FAILURES))
    yield "<ol class=failures>\n"
    yield from map(_failure, islice(told, OPEN_FAILURES))
    yield "</ol>\n"
    if count > OPEN_FAILURES:
        more = min(count, KEPT_FAILURES) - OPEN_FAILURES
        yield f"<details>\n<summary>{more:,} more</summary>\n<ol class=failures>\n"
        yield from map(_failure, told)
        yield "</ol>\n</details>\n"
    yield _rest_words(KEPT_FAILURES, count)
    yield "</section>\n"


def _failure(outcome: Outcome) -> str:
    error = outcome.error
    words = {"type": "", "message": "", "remedy": ""} if error is None else error_words(error)
    cause = words["message"].removesuffix(words["remedy"]).strip()
    remedy = f"<p class=remedy>{_text(words['remedy'])}</p>\n" if words["remedy"] else ""
    return (
        f"<li>\n<h3>{_name(outcome)}</h3>\n<p><span class=kind>{_text(words['type'])}</span> {_text(cause)}</p>\n"
        f"{remedy}<p class=quiet>{_effort(outcome)}</p>\n</li>\n"
    )


def _rest_words(shown: int, count: int) -> str:
    """Where to find what the page leaves out."""
    if count <= shown:
        return ""
    return (
        f"<p class=quiet>These are the first {shown:,} of {count:,}. The report as JSON lines (<code>write_jsonl</code>, "
        "<code>--report FILE.jsonl</code>) has all of them.</p>\n"
    )


def _conspicuous(outcomes: Outcomes) -> Iterator[str]:
    """The files that took longest, and those that were tried most often."""
    if len(outcomes) < 2:
        return
    slowest = nlargest(TOP, outcomes.of("done", "failed", "stopped"), key=lambda outcome: outcome.seconds)
    retried = nlargest(TOP, outcomes, key=lambda outcome: outcome.retries) if outcomes.retries else []
    for heading, chosen in (
        ("Slowest", [outcome for outcome in slowest if outcome.seconds > 0]),
        ("Most retried", [outcome for outcome in retried if outcome.retries]),
    ):
        if chosen:
            yield f"<section>\n<h2>{heading}</h2>\n"
            yield from _table(chosen)
            yield "</section>\n"


def _files(outcomes: Outcomes) -> Iterator[str]:
    if not len(outcomes):
        return
    yield "<section>\n<h2>All files</h2>\n"
    yield _rest_words(ROWS, len(outcomes))
    yield from _table(islice(outcomes, ROWS))
    yield "</section>\n"


def _table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    yield (
        "<table>\n<thead><tr><th scope=col>File</th><th scope=col>State</th><th scope=col class=number>Size</th>"
        "<th scope=col class=number>Time</th><th scope=col class=number>Retries</th><th scope=col>Verification</th></tr></thead>\n<tbody>\n"
    )
    for outcome in outcomes:
        size = (
            "–" if outcome.size is None else f'<span title="{outcome.size:,} bytes">{size_words(outcome.size)}</span>'
        )
        sums = "".join(
            f"<div class=sum>{_text(algorithm)} <code>{_text(value)}</code></div>"
            for algorithm, value in outcome.checksums.items()
        )
        if outcome.is_present:
            kind = outcome.verification
            said = _text(outcome.verified) if kind != "verified" or not sums else ""
            compared = f'<span class="state {_unsure(kind) or "done"}">{kind}</span> {sums or said}'
        else:
            compared = _text(outcome.plan) or "–"
        yield (
            f'<tr><th scope=row>{_name(outcome)}</th><td><span class="state {outcome.state}">{outcome.state}</span></td>'
            f'<td class=number data-label="Size">{size}</td><td class=number data-label="Time">{time_words(outcome.seconds)}</td>'
            f'<td class=number data-label="Retries">{outcome.retries:,}</td>'
            f'<td data-label="Verification">{compared}</td></tr>\n'
        )
    yield "</tbody>\n</table>\n"


def _unsure(kind: Verification) -> str:
    """The class of what isn't verified, which is seen at a glance; "" for what is."""
    return "" if kind == "verified" else "stopped"


def _effort(outcome: Outcome) -> str:
    tries = "1 request" if outcome.attempts == 1 else f"{outcome.attempts:,} requests"
    again = "1 retry" if outcome.retries == 1 else f"{outcome.retries:,} retries"
    return f"{size_words(outcome.bytes_fetched)} in {time_words(outcome.seconds)}, {tries}, {again}"


def _files_words(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _name(outcome: Outcome) -> str:
    """What a file is called, in isolation, so that its direction of writing changes nothing around it."""
    name = f"<bdi class=name>{_text(outcome.name).replace('/', '/<wbr>')}</bdi>"
    if not outcome.label:
        return name
    return f"<bdi>{_text(without_secrets(outcome.label))}</bdi><div class=quiet>{name}</div>"


def _text(text: str) -> str:
    return escape(visible(text), quote=True)


def _data(summary: Mapping[str, object]) -> str:
    """JSON that no browser takes for the end of its element."""
    return json.dumps(summary).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
