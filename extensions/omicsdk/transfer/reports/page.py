"""A report as one self-contained page of HTML: no script, no network, light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from heapq import nlargest
from html import escape
from importlib.resources import files
from itertools import count, islice, pairwise
from math import ceil
from re import split
from string import Template
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.sizes import size_words
from omicsdk.core.version import __version__
from omicsdk.transfer.reports.progress import Throughput, visible
from omicsdk.transfer.reports.provenance import ProvenanceFile, files_of
from omicsdk.transfer.reports.units import counted_words, time_words

if TYPE_CHECKING:
    from omicsdk.transfer.reports.report import Outcome, Outcomes

#: Maximum number of files that the page lists; a browser is slow with more.
ROWS = 2000
#: Failures that are visible without unfolding the others.
OPEN_FAILURES = 20
#: Files listed under "slowest" and "most retried".
TOP = 10

#: The formats in report.html: `${size:bytes}` is `size` in the format "bytes".
_FORMS: Mapping[str, Callable[[Any], str]] = {
    "": str,
    "count": "{:,}".format,
    "bytes": lambda size: "" if size is None else f"{size:,} bytes",
    "size": lambda size: "–" if size is None else size_words(size),
    "rate": lambda rate: "–" if rate is None else f"{size_words(rate)}/s",
    "time": time_words,
    "iso": "{:%Y-%m-%dT%H:%M:%SZ}".format,
    "utc": "{:%Y-%m-%d %H:%M:%S} UTC".format,
    "files": lambda number: "1 file" if number == 1 else f"{number:,} files",
    "requests": lambda number: "1 request" if number == 1 else f"{number:,} requests",
    "retries": lambda number: "1 retry" if number == 1 else f"{number:,} retries",
}


class _Markup(str):
    """HTML. Any other text is escaped before it becomes part of the page."""

    __slots__ = ()


class _Values(dict[str, object]):
    """The values of the names in report.html."""

    def __getitem__(self, key: str) -> str:
        name, _, form = key.partition(":")
        value = super().__getitem__(name)
        return value if isinstance(value, _Markup) else escape(visible(_FORMS[form](value)), quote=True)


class _Part(Template):
    braceidpattern = "[a-z_]+(?::[a-z]+)?"


@cache
def _parts() -> Mapping[str, Template]:
    """The parts of report.html: the page, then those that are repeated, each after its name."""
    text = files("omicsdk.transfer.reports").joinpath("report.html").read_text("utf-8")
    page, *others = split(r"\n<!-- (\w+) -->\n", text.removesuffix("\n"))
    return {"page": _Part(page), **dict(zip(others[::2], map(_Part, others[1::2]), strict=True))}


def _filled(part: str, values: Mapping[str, object] | None = None, **others: object) -> _Markup:
    return _Markup(_parts()[part].substitute(_Values(values or {}, **others)))


def _joined(parts: Iterable[_Markup]) -> _Markup:
    return _Markup("\n".join(parts))


def page_of(summary: Mapping[str, object], outcomes: Outcomes, throughput: Throughput) -> str:
    """Return the page.

    Args:
        summary: The totals, as `TransferReport.summary` returns them.
        outcomes: The outcome of each file.
        throughput: The rate over time.
    """
    seconds, start = cast("float", summary["seconds"]), cast("float | None", summary["began"])
    kind, verdict = _verdict(outcomes, str(summary["why_stopped"]))
    mean = outcomes.bytes_fetched / seconds if seconds > 0 else None
    target = str(summary["target"])
    body = _filled(
        "run",
        {**summary, **outcomes.counts, **outcomes.verification},
        title=summary["title"] or "Transfer",
        kind=kind,
        verdict=verdict,
        when="" if start is None else _filled("time", when=datetime.fromtimestamp(start, UTC)),
        version=__version__,
        size_only=outcomes.verification["size only"],
        target=_filled("target", target=_named(target)) if target else "",
        compared=_compared(outcomes),
        mean=mean,
        plot=_Markup(plot_of(throughput, mean or 0.0)),
        failures=_failures(outcomes),
        services=_services(_counted(files_of(outcomes)), cast("Mapping[str, str]", summary["services"])),
        tables=_tables(outcomes),
    )
    return _page(str(summary["title"] or "Transfer"), summary, body)


def sources_page(title: str, files: Iterable[ProvenanceFile], versions: Mapping[str, str]) -> str:
    """Return the page of files that are stated and not of a run, such as those of a lock.

    Args:
        title: Its title.
        files: The files; the first ROWS are listed.
        versions: The versions of services, by their name, where these state one.
    """
    rows: list[_Markup] = []
    totals: Counter[str] = Counter(("files", "size", "checked", "unchecked", "unsized"))
    totals.subtract(totals)

    def counted() -> Iterator[ProvenanceFile]:
        for file in files:
            totals["files"] += 1
            totals["size"] += file.size or 0
            totals["checked" if file.checksums else "unchecked"] += 1
            totals["unsized"] += file.size is None
            if len(rows) < ROWS:
                source = _Markup(escape(visible(file.source)))
                row = {**file._asdict(), "name": _named(file.path), "source": source, "sums": _sums(file.checksums)}
                rows.append(_filled("sourced", row))
            yield file

    services = _services(_counted(counted()), versions)
    is_checked = not totals["unchecked"]
    verdict = "Every file has a checksum" if is_checked else f"{totals['unchecked']:,} without a checksum"
    if not totals["files"]:
        verdict = "No files"
    body = _filled(
        "sources",
        totals,
        title=title,
        version=__version__,
        kind="done" if is_checked else "stopped",
        verdict=verdict,
        services=services,
        rest=_rest(ROWS, totals["files"], _Markup("The lock")),
        rows=_joined(rows),
    )
    return _page(title, totals, body)


def _page(title: str, summary: Mapping[str, object], body: _Markup) -> str:
    # Without these three no browser finds the end of the JSON's element within it.
    data = json.dumps(summary).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return _filled("page", title=title, summary=_Markup(data), body=body)


def _counted(files: Iterable[ProvenanceFile]) -> dict[tuple[str, str], list[int]]:
    """The number of files and bytes, by service and access method."""
    counts: dict[tuple[str, str], list[int]] = {}
    for file in files:
        total = counts.setdefault((file.service, file.method), [0, 0])
        total[0] += 1
        total[1] += file.size or 0
    return counts


def _services(counts: Mapping[tuple[str, str], Sequence[int]], versions: Mapping[str, str]) -> _Markup:
    ranked = sorted(counts.items(), key=lambda entry: -entry[1][0])[:ROWS]
    rows = [
        _filled(
            "service",
            service=service or "unknown",
            version=versions.get(service, "unknown"),
            method=method or "unknown",
            count=count,
            size=size,
        )
        for (service, method), (count, size) in ranked
    ]
    return _filled("services", rows=_joined(rows)) if any(service for service, _ in counts) else _Markup()


def _verdict(outcomes: Outcomes, why_stopped: str) -> tuple[str, str]:
    """Return the CSS class of the first line, and its text."""
    counts, files = outcomes.counts, _FORMS["files"]
    if counts["failed"]:
        return "failed", f"{counts['failed']:,} of {files(len(outcomes))} failed"
    if counts["stopped"] or why_stopped:
        left = f", {files(counts['stopped'])} left" if counts["stopped"] else ""
        return "stopped", f"Ended early: {why_stopped or 'it was stopped'}{left}"
    if counts["planned"]:
        return "stopped", f"Dry run: {files(counts['planned'])} would be transferred"
    if not len(outcomes):
        return "done", "Nothing to do"
    if outcomes.verification["verified"] == len(outcomes):
        return "done", "Every file is complete and verified"
    # Bytes without a checksum may be any bytes of that size, or of any size.
    more = f"; {outcomes.warnings:,} with a warning" if outcomes.warnings else ""
    return "stopped", f"Every file is complete, not every one is verified: {counted_words(outcomes.verification)}{more}"


def _compared(outcomes: Outcomes) -> str:
    """Return the algorithms that verified files were verified by, with the number of files for each."""
    if not outcomes.verification["verified"]:
        return ""
    sums = Counter(
        ", ".join(outcome.checksums) or outcome.verified or "an earlier run"
        for outcome in outcomes
        if outcome.is_present and outcome.verification == "verified"
    )
    return "Verified by " + "; ".join(f"{by} ({_FORMS['files'](number)})" for by, number in sums.most_common())


def plot_of(throughput: Throughput, mean: float) -> str:
    """Draw a curve; empty if it covers no time or has no bytes.

    Args:
        throughput: The curve.
        mean: Mean rate of the transfer in bytes per second, as in the totals.
    """
    peak, seconds = throughput.peak, throughput.seconds
    if not peak or seconds <= 0:
        return ""
    # At most four lines, at rates that are round in their unit.
    unit = next(unit for unit in (1024.0**power for power in count()) if peak < 999.5 * unit)
    steps = (unit * factor * 10.0**power for power in count(-3) for factor in (1, 2, 5))
    step = next(step for step in steps if peak <= step * 4)
    lines = [step * number for number in range(1, ceil(peak / step) + 1)]
    across, up = 1000 / seconds, 300 / lines[-1]  # the drawing is 1000 wide and 300 high
    curve = (
        f"{begin * across:.1f} {300 - rate * up:.1f}L{end * across:.1f} {300 - rate * up:.1f}"
        for (begin, _), (end, rate) in pairwise([(0.0, 0.0), *throughput.points])
    )
    return _filled(
        "plot",
        {"mean": mean, "peak": peak, "seconds": seconds},
        labels=_joined(_filled("rate", rate=rate, height=f"{100 * rate / lines[-1]:.2f}") for rate in lines),
        grid=_joined(_filled("line", y=f"{300 - rate * up:.1f}") for rate in lines),
        line="L".join(curve),
        y=f"{300 - min(mean, lines[-1]) * up:.1f}",
        times=_joined(_filled("moment", moment=seconds * part / 4) for part in range(1, 5)),
    )


def _failures(outcomes: Outcomes) -> _Markup:
    failed, stored = outcomes.counts["failed"], len(outcomes.failures)
    if not failed:
        return _Markup()
    kinds = Counter(_error_details(outcome)["type"] for outcome in outcomes.failures if outcome.error is not None)
    failures = map(_failure, islice(outcomes.of("failed"), stored))
    first_failures, hidden = _joined(islice(failures, OPEN_FAILURES)), stored - OPEN_FAILURES
    return _filled(
        "failures",
        failed=failed,
        among=f", among the first {stored:,}" if failed > stored else "",
        kinds=", ".join(f"{kind} {times:,}" for kind, times in kinds.most_common()),
        shown=first_failures,
        more=_filled("more", hidden=hidden, failures=_joined(failures)) if hidden > 0 else "",
        rest=_rest(stored, failed),
    )


def _failure(outcome: Outcome) -> _Markup:
    details = _error_details(outcome)
    cause = details["message"].removesuffix(details["remedy"]).strip()
    return _filled("failure", {**outcome._asdict(), **details}, name=_name(outcome), cause=cause)


def _error_details(outcome: Outcome) -> Mapping[str, str]:
    """The type, message and remedy of an outcome's error, without secrets."""
    return cast("Mapping[str, str]", outcome.to_dict().get("error", {"type": "", "message": "", "remedy": ""}))


def _rest(row_count: int, number: int, everything: _Markup | None = None) -> _Markup:
    """State where to find what the page omits: by default in the report as JSON lines."""
    where = everything or _filled("lines")
    return _filled("rest", shown=row_count, number=number, all=where) if number > row_count else _Markup()


def _tables(outcomes: Outcomes) -> _Markup:
    """Render the files that took longest, those that were retried most often, and all."""
    slowest = nlargest(TOP, outcomes.of("done", "failed", "stopped"), key=lambda outcome: outcome.seconds)
    retried = nlargest(TOP, outcomes if outcomes.retries else (), key=lambda outcome: outcome.retries)
    several = len(outcomes) > 1
    tables = [
        ("Slowest", [outcome for outcome in slowest if several and outcome.seconds], _Markup()),
        ("Most retried", [outcome for outcome in retried if several and outcome.retries], _Markup()),
        ("All files", list(islice(outcomes, ROWS)), _rest(ROWS, len(outcomes))),
    ]
    return _joined(
        _filled("table", heading=heading, rows=_joined(map(_row, chosen)), rest=rest)
        for heading, chosen, rest in tables
        if chosen
    )


def _row(outcome: Outcome) -> _Markup:
    values, compared = outcome._asdict(), _Markup()
    if outcome.is_present:
        sums = _sums(outcome.checksums)
        kind = "done" if outcome.verification == "verified" else "stopped"
        compared = _filled("compared", values, kind=kind, by=sums or outcome.verified or outcome.warning)
    values["source"] = outcome.to_dict().get("source", "")
    return _filled("row", values, name=_name(outcome), compared=compared or outcome.plan or "–")


def _sums(checksums: Mapping[str, str]) -> _Markup:
    return _joined(_filled("checksum", algorithm=name, value=value) for name, value in checksums.items())


def _name(outcome: Outcome) -> _Markup:
    """A file's name, isolated so that its text direction does not affect the text around it."""
    name = _named(outcome.name)
    return _filled("labelled", label=outcome.to_dict()["label"], name=name) if outcome.label else name


def _named(name: str) -> _Markup:
    return _filled("name", name=_Markup(escape(visible(name)).replace("/", "/<wbr>")))
