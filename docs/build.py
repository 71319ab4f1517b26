"""`make docs`: write the pages that are made from something else, and hold every page's links against what is there.

    python docs/build.py            write them; end with 1 when a link leads nowhere
    python docs/build.py --check    write nothing; end with 1 also when a page isn't what would be written

docs/performance.md is made from benchmarks/results/*.json; each benchmark writes its own file there. docs/clients.md is
made from what `make codegen` wrote, docs/reliability.md from what `make reliability` did. The table of names on
docs/coming-from-sevenbridges.md is made of what both packages have, that on docs/coming-from-gen3.md likewise.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).parent))

import gen3_names
import sevenbridges_names
from reliability import reliability

ROOT = Path(__file__).parents[1]
PERFORMANCE = ROOT / "docs" / "performance.md"
CLIENTS = ROOT / "docs" / "clients.md"
RELIABILITY = ROOT / "docs" / "reliability.md"
SEVENBRIDGES = ROOT / "docs" / "coming-from-sevenbridges.md"
GEN3 = ROOT / "docs" / "coming-from-gen3.md"
FAULTS = ROOT / "tests" / "faults" / "results.json"
RESULTS = ROOT / "benchmarks" / "results"
GENERATED = ROOT / "generated" / "omicsdk_api"

OPENING = """\
# Performance

Made by `make docs` from `benchmarks/results/`; nothing here is estimated. Each benchmark measures omicsdk and its peer in
one run, interleaved, and takes medians. A ratio is ours divided by the peer's, so less is better where it isn't said
otherwise; seconds are wall time, with CPU seconds in brackets. Behind the number of rounds stand the lowest and the
highest ratio (or figure) of a round. Where files are moved, the file system that they went to is named, and the machine's load (1 min)
as the case began. `make bench` measures anew on your machine.
"""


def performance(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page.

    Args:
        results: A benchmark's name to what it wrote: `machine` and `rows`.
    """
    sections = [_section(name, result) for name, result in sorted(results.items())]
    return "\n".join([OPENING, *(sections or ["Nothing has been measured yet.\n"])])


def _section(name: str, result: Mapping[str, Any]) -> str:
    rows: list[Mapping[str, Any]] = result["rows"]
    columns = dict(_COLUMNS)
    if not any("file_system" in row for row in rows):
        del columns["file system, load"]
    lines = [
        f"## {name}",
        "",
        f"`python benchmarks/{name}.py`, on {_machine(result['machine'])}.",
        "",
        *([result["about"], ""] if "about" in result else []),
        f"| {' | '.join(columns)} |",
        "|---|" + "|".join("---" if title in _WORDS else "---:" for title in list(columns)[1:]) + "|",
        *(f"| {' | '.join(cell(row) for cell in columns.values())} |" for row in rows),
    ]
    notes = [f"- {note}" for row in rows for note in (_bound(row), _each(row)) if note]
    commands = dict.fromkeys(row["peer_command"] for row in rows if "peer_command" in row)
    ran = ["Peers ran as:", "", *(f"- `{command}`" for command in commands), ""] if commands else []
    return "\n".join([*lines, "", *notes, *([""] if notes else []), *ran])


def _machine(machine: str | Mapping[str, Any]) -> str:
    if isinstance(machine, str):
        return machine
    return ", ".join(f"{name} {value}" if name != "system" else str(value) for name, value in machine.items())


def _case(row: Mapping[str, Any]) -> str:
    return str(row["case"]).replace("|", "\\|")


def _ratio(row: Mapping[str, Any]) -> str:
    held = "" if _holds(row) else "(bounded)" if _reaches_bound(row) else "(missed)"
    ratio = "" if row.get("unit") and row.get("peer") is None else f"{row['ratio']:.2f}"
    return f"{ratio} {held}".strip()


def _goal(row: Mapping[str, Any]) -> str:
    return "" if row.get("goal") is None else f"{'≥' if row.get('higher') else '≤'} {row['goal']:g}"


def _rounds(row: Mapping[str, Any]) -> str:
    spread = f" ({row['spread'][0]:.2f}–{row['spread'][1]:.2f})" if row.get("spread") else ""
    return f"{row.get('rounds', '')}{spread}"


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['file_system']}, {row['load']:.1f}" if "file_system" in row else ""


def _holds(row: Mapping[str, Any]) -> bool:
    goal, ratio = row.get("goal"), row["ratio"]
    return goal is None or (ratio >= goal if row.get("higher") else ratio <= goal)


def _reaches_bound(row: Mapping[str, Any]) -> bool:
    """Whether a row comes within a tenth of what its machine allows at best; a bound without a figure is reached."""
    bound = row.get("bound")
    return row["ratio"] <= 1.1 * bound["ratio"] if isinstance(bound, Mapping) else bool(bound)


def _figure(row: Mapping[str, Any], who: str) -> str:
    value = row.get(who)
    if value is None:
        return ""
    text = _amount(value, row.get("unit", "s"))
    if (cpu := row.get(f"{who}_cpu")) is not None:
        return f"{text} ({_amount(cpu, 's')})"
    if (wall := row.get(f"{who}_wall")) is not None:
        return f"{text} of CPU ({_amount(wall, 's')} wall)"
    return text


def _amount(value: float, unit: str) -> str:
    return f"{value * 1000:.1f} ms" if unit == "s" and value < 1 else f"{value:,.2f} {unit}"


def _bound(row: Mapping[str, Any]) -> str:
    bound = row.get("bound")
    if not bound:
        return ""
    if isinstance(bound, Mapping):
        return f"{row['case']}: bounded at {bound['ratio']:g}, because {bound['reason']}"
    return f"{row['case']}: bounded, because {bound}"


def _each(row: Mapping[str, Any]) -> str:
    """What the worst one of a row was chosen from."""
    told = ", ".join(f"{what} {_amount(value, row.get('unit', 's'))}" for what, value in row.get("each", {}).items())
    return f"{row['case']}, each: {told}." if told else ""


_COLUMNS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "case": _case,
    "omicsdk": partial(_figure, who="ours"),
    "peer": partial(_figure, who="peer"),
    "ratio": _ratio,
    "goal": _goal,
    "rounds": _rounds,
    "file system, load": _place,
}
_WORDS = {"file system, load"}


CLIENTS_OPENING = """\
# Generated clients

Made by `make docs` from what `make codegen` wrote. Each client works by itself: give it the service's address and, where
it asks for them, credentials of `omicsdk.core.credentials`. The asynchronous twin has `Async` before its name. Its
operations stand on the command line too, under `omics <service> api` (those of the Data Store under `omics dss`).

| service | from | import | operations | default address |
|---|---|---|---:|---|
"""


def clients(folder: Path) -> str:
    """The page of all generated clients.

    Args:
        folder: The generated tree.
    """
    rows: list[str] = []
    for path in sorted(folder.rglob("commands.json")):
        service = path.parent.relative_to(folder).as_posix()
        commands = json.loads(path.read_text(encoding="utf-8"))
        document = json.loads((path.parent / "openapi.json").read_text(encoding="utf-8"))
        source = (path.parent / "client.py").read_text(encoding="utf-8")
        names = re.findall(r"^class (\w+)\(Client\)", source, re.MULTILINE)
        address = re.findall(r'_default_base_url = "([^"]*)"', source)
        module = "omicsdk_api." + service.replace("/", ".")
        where = f"`{address[0]}`" if address and address[0] else "none: give yours"
        rows.append(
            f"| {document['info']['title']} | `specs/{service}` | `from {module} import {names[0]}` | {len(commands)} | {where} |"
        )
    return CLIENTS_OPENING + "\n".join(rows) + "\n"


def read_results(folder: Path) -> dict[str, Any]:
    """All results that benchmarks wrote, by the benchmark's name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def pages(root: Path) -> list[Path]:
    """Every page that people read in the checkout: those at its top and those below docs/."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def lost_links(page: Path) -> Iterator[str]:
    """The relative links of a page that lead to no file, or to no heading of one.

    Args:
        page: A Markdown file.
    """
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for found in _LINK.finditer(text):
        link: str = found[1] or found[2]
        if _SCHEME.match(link):
            continue
        name, _, heading = unquote(link).partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (heading and not (target.is_file() and heading in anchors(target))):
            yield link


def anchors(page: Path) -> set[str]:
    """What links can name in a page: its headings as GitHub spells them; a second one of a name ends in -1."""
    found: dict[str, int] = {}
    anchored: set[str] = set()
    without_blocks = re.sub(r"^(```|~~~).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for heading in _HEADING.findall(without_blocks):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = found[name] = found.get(name, -1) + 1
        anchored.add(f"{name}-{count}" if count else name)
    return anchored


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them, and look at all links; gives the exit code."""
    made = {
        PERFORMANCE: performance(read_results(RESULTS)),
        CLIENTS: clients(GENERATED),
        RELIABILITY: reliability(json.loads(FAULTS.read_text(encoding="utf-8"))),
        SEVENBRIDGES: sevenbridges_names.page(SEVENBRIDGES.read_text(encoding="utf-8")),
        GEN3: gen3_names.page(GEN3.read_text(encoding="utf-8")),
    }
    if "--check" not in arguments:
        for page, text in made.items():
            page.write_text(text, encoding="utf-8")
    faults = [f"{page.relative_to(ROOT)}: {link} leads nowhere" for page in pages(ROOT) for link in lost_links(page)]
    faults += [
        f"{page.relative_to(ROOT)} isn't what it is made from: run `make docs`"
        for page, text in made.items()
        if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
