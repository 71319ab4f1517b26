"""What `omics pangea download metadata` and `upload metadata` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.input_files import text_of
from omicsdk.cli.commands.pangea.batches import each, tell
from omicsdk.cli.commands.pangea.creation import chosen, ensured
from omicsdk.cli.commands.pangea.lines import lines, names_given, sample_line, told
from omicsdk.cli.commands.pangea.membership import not_found
from omicsdk.cli.commands.pangea.places import Thing, group, plain, samples_of
from omicsdk.cli.commands.pangea.tables import csv_of, rows_of
from omicsdk.pangea.samples import merged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told


def download(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea download metadata`: a table."""
    names = names_given(arguments.get("sample_names"), arguments.get("sample_manifest"), "--sample-manifest") or None
    of = group(access, arguments["org_name"], arguments["grp_name"])
    found = list(samples_of(access, of, names))
    if names is not None:
        tell(not_found(names, found, of), len(names), "samples", console)
    data = [{"name": sample["name"], "uuid": sample["uuid"], "metadata": sample["metadata"]} for sample in found]
    table = csv_of((sample["name"], sample["metadata"]) for sample in found)
    return told(table.removesuffix("\n"), data, arguments)


def upload(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea upload metadata`: the samples of the table."""
    overwrite, update, create = (
        chosen(arguments, name, f"no_{name}", default=False) for name in ("overwrite", "update", "create")
    )
    rows = rows_of(text_of(arguments["table"], "TABLE", arguments["encoding"]), arguments["index_col"])
    names = [row.name for row in rows]
    library = group(access, arguments["org_name"], arguments["library_name"])
    if create:
        there, failed = ensured(access, library, names)
    else:
        there = {sample["name"]: sample for sample in samples_of(access, library, names)}
        failed = not_found(names, list(there.values()), library)
    changes: list[tuple[Thing, dict[str, Any]]] = []
    kept = 0
    for row in rows:
        if row.name in there:
            after = merged(there[row.name]["metadata"], row.metadata, overwrite=overwrite, update=update)
            if after is None:
                kept += 1
            elif after != there[row.name]["metadata"]:
                changes.append((there[row.name], after))

    def change(pair: tuple[Thing, dict[str, Any]]) -> Thing:
        sample, metadata = pair
        return plain(access.api.patch_sample, uuid=sample["uuid"], metadata=metadata)

    done, refused = each(changes, change, lambda pair: pair[0]["name"], console=console)
    if kept:
        console.message(f"{kept} samples have metadata and were left as they are; see --update and --overwrite")
    tell([*failed, *refused], len(rows), "samples", console)
    now = there | {sample["name"]: sample for sample in done}
    bad = {failure.label for failure in refused}
    shown = [now[name] for name in names if name in now and name not in bad]
    return told(lines(map(sample_line, shown)), shown, arguments)
