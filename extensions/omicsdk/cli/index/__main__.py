"""`python -m omicsdk.cli.index generate` writes the index of commands, `check` reports whether it is up to date."""

from __future__ import annotations

import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import omicsdk.cli.index as package
from omicsdk.cli.index import Access, Entry
from omicsdk.cli.index.signatures import IndexFault, commands
from omicsdk.core.batches import repeated

FOLDER = Path(__file__).parent


def files() -> dict[Path, str]:
    """The index's files with their content.

    Raises:
        IndexFault: A function cannot become a command, or a command is listed twice.
    """
    contents: dict[Path, str] = {}
    for module in pkgutil.iter_modules(package.__path__):
        imported = import_module(f"{package.__name__}.{module.name}")
        tables = getattr(imported, "TABLES", {module.name: imported} if hasattr(imported, "COMMANDS") else {})
        for name, table in tables.items():
            service, by_signature = getattr(table, "SERVICE", name), getattr(table, "BY_SIGNATURE", True)
            workflows = [row for entry in entries(table) for row in commands(entry, service, by_signature=by_signature)]
            if twice := sorted(repeated(row["command"] for row in workflows)):  # the first would hide the other
                raise IndexFault(f"omics {service}: {', '.join(twice)} twice in the table")
            lines = [json.dumps(workflow, ensure_ascii=False) for workflow in workflows]
            contents[FOLDER / f"{name}.json"] = "[\n" + ",\n".join(lines) + "\n]\n"
    return contents


def entries(table: Any) -> Iterator[Entry]:
    """Return the entries of a table, with its common settings applied.

    Raises:
        IndexFault: A word of READS, WRITES or PRIVATE names no command, or a command is in none of them.
    """
    verbs: Mapping[str, Sequence[str]] = getattr(table, "VERBS", {})
    logins: tuple[str, ...] = getattr(table, "LOGINS", ())
    groups: Mapping[Access, tuple[str, ...]] = {
        "private": getattr(table, "PRIVATE", ()),
        "read": getattr(table, "READS", ()),
        "write": getattr(table, "WRITES", ()),
    }
    prefixes = [prefix for group in groups.values() for prefix in group]
    if unknown := [prefix for prefix in prefixes if not any(_is_below(entry, (prefix,)) for entry in table.COMMANDS)]:
        raise IndexFault(f"{table.__name__}: no command is named {', '.join(unknown)}")
    for entry in table.COMMANDS:
        group, _, verb = entry.command.rpartition(" ")
        others = [f"{group} {other}" for other in verbs.get(verb, ()) if group]
        login = entry.login or _is_below(entry, logins)
        access = next((access for access, prefixes in groups.items() if _is_below(entry, prefixes)), None)
        if access is None and entry.function is not None and not entry.extends:
            raise IndexFault(f"{table.__name__}: {entry.command} is in none of READS, WRITES and PRIVATE")
        yield replace(entry, aliases=(*entry.aliases, *others), login=login, access=access)


def _is_below(entry: Entry, groups: Sequence[str]) -> bool:
    """Return whether a command has one of these words, or is in a group with one."""
    return any(f"{entry.command} ".startswith(f"{prefix} ") for prefix in groups)


def main(arguments: Sequence[str]) -> int:
    """Write the index, or compare it.

    Args:
        arguments: `generate` or `check`.

    Returns:
        0, or 1 if a file does not match its table and functions.
    """
    try:
        expected = files()
    except IndexFault as error:
        print(error, file=sys.stderr)  # noqa: T201 - output of a command
        return 1
    present = {path: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    stale = sorted(path.name for path in {*expected, *present} if expected.get(path) != present.get(path))
    if list(arguments) == ["check"]:
        if stale:
            print(f"cli/index: {', '.join(stale)} not up to date: run `make codegen`", file=sys.stderr)  # noqa: T201 - as above
        return 1 if stale else 0
    for path in present.keys() - expected.keys():
        path.unlink()
    for path, text in expected.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
