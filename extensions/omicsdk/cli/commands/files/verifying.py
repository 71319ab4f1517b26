"""What `omics verify` does: copies, or a platform's own bytes, held against what is stated of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.files.places import patterns_of, stores_of
from omicsdk.cli.commands.transfer_reports import watched
from omicsdk.cli.told import Told
from omicsdk.fs.copying.comparison import Verdict, verify_bytes, verify_copies
from omicsdk.fs.copying.planning import Selected, by_name, select
from omicsdk.fs.store import SPOOL, Stores, Uri, parse_uri

if TYPE_CHECKING:
    from omicsdk.cli.console import Console
    from omicsdk.transfer import Control, Progress


def verify(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics verify`: counts, and what was found of each file; on a terminal the counts."""
    source = parse_uri(arguments["source"])
    copy = None if arguments["copy"] is None else parse_uri(arguments["copy"])
    with stores_of(arguments) as stores:
        files = list(select(stores.of(source), source, patterns=patterns_of(arguments)))

        def work(progress: Callable[[Progress], None] | None, control: Control) -> list[Verdict]:
            if copy is not None:
                wanted = by_name(files, copy)
                return list(
                    verify_copies(wanted, _copies(stores, wanted, copy), stores.of, stopped=lambda: bool(control.why))
                )
            store = stores.of(source)
            return list(
                verify_bytes(files, store, room=SPOOL, spool=arguments["spool"], control=control, progress=progress)
            )

        # What has no checksum is looked at all the same: whether its size is right can be told.
        verdicts = watched(work, {**arguments, "require_checksum": False}, console, f"verifying {source}")
    for verdict in verdicts:
        if not (verdict.state == "verified" if arguments["require_checksum"] else verdict.is_good):
            console.some_failed(f"{verdict.name}: {verdict.state}: {verdict.why}")
    rows = [{"name": verdict.name, "state": verdict.state, "why": verdict.why} for verdict in verdicts]
    counts = Counter(verdict.state for verdict in verdicts)
    line = ", ".join(f"{count} {state}" for state, count in counts.items()) or "no files"
    return Told(line, {"counts": dict(counts), "files": rows}, terminal_only=True)


def _copies(stores: Stores, wanted: Mapping[str, Selected], copy: Uri) -> dict[str, Selected]:
    """The copies by the names of what they are of; a single file's copy may have another name, or be in the folder."""
    store = stores.of(copy)
    if store.stat(copy.path).is_folder:
        return by_name(select(store, copy), copy)
    return {name: file for name in wanted for file in select(store, copy)} if len(wanted) == 1 else {}
