"""Output of the commands for htsget and refget."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfers import plan_line
from omicsdk.transfer.reports.progress import size_words

if TYPE_CHECKING:
    from omicsdk.cli.output import Call
    from omicsdk.ga4gh import SavedSequence, SavedSlice


def saved_slice(result: SavedSlice, call: Call) -> dict[str, Any]:
    """Render a slice: what was written, and what it was compared with."""
    where = call.console.called.get(result.path, result.path)
    size = "unknown size" if result.size is None else size_words(result.size)
    kept = f", {result.blocks_kept} of them resumed" if result.blocks_kept else ""
    blocks = f"{result.blocks} blocks{kept}" if result.blocks != 1 else "1 block"
    if result.planned:
        call.console.message(f"{where}: {result.format}, {size} in {blocks} would be fetched")
        row = {"target": result.path, "checksum": result.verification or None, "source": call.arguments["what"]}
        call.console.message(plan_line({"size": result.size, **row}))
        return asdict(result) | row
    elif result.skipped:
        call.console.message(f"{where} is already complete: {result.format}, {size}, verified by md5")
    else:
        verified = result.verification
        verified = verified if verified == "unverified" else f"verified by {verified}"
        call.console.message(f"{where}: {result.format}, {size} in {blocks}, {verified}")
    return asdict(result)


def saved_sequence(result: SavedSequence, call: Call) -> dict[str, Any]:
    """Render a sequence: what was written, and the digest that it was compared with."""
    where = call.console.called.get(result.path, result.path)
    verified = f"verified by {result.verification}" if result.verification else "a part, which has no digest"
    call.console.message(f"{where}: {result.length:,} letters, {verified}")
    return asdict(result)
