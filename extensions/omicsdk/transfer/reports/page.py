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
from omicsdk.transfer.reports.outcome import VERIFICATIONS, Outcome, Verification, error_words, verification_words
from omicsdk.transfer.reports.outcomes import KEPT_FAILURES, Outcomes
from omicsdk.transfer.reports.plot import plot_of
from omicsdk.transfer.reports.style import STYLE
from omicsdk.transfer.reports.throughput import Throughput
from omicsdk.transfer.reports.words import size_words, time_words, visible, without_secrets

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
