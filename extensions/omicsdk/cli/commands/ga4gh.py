"""Output of the commands for htsget and refget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfers import finish, foreseen, plan_line
from omicsdk.transfer.reports.units import size_words

if TYPE_CHECKING:
    from omicsdk.cli.output import Call
    from omicsdk.ga4gh import SavedSequence, SavedSlice


def saved_slice(result: SavedSlice, call: Call) -> dict[str, Any]:
    """Render a slice: what was written, and what it was compared with."""
    finish(result, call, is_counted=True)
    (outcome,) = result.files
    is_planned, is_skipped = outcome.state == "planned", outcome.state == "skipped"
    verified = ", ".join(outcome.checksums) if is_planned else outcome.verified or "unverified"
    summary = {
        "path": result.path,
        "format": result.format,
        "size": outcome.size,
        "blocks": result.blocks,
        "blocks_kept": result.blocks_kept,
        "verification": verified,
        "skipped": is_skipped,
        "planned": is_planned,
    }
    where = call.console.called.get(result.path, result.path)
    size = size_words(outcome.size)
    resumed = f", {result.blocks_kept} of them resumed" if result.blocks_kept else ""
    blocks = f"{result.blocks} blocks{resumed}" if result.blocks != 1 else "1 block"
    if is_planned:
        call.console.message(f"{where}: {result.format}, {size} in {blocks} would be fetched")
        row = {"target": result.path, "checksum": verified or None, "source": call.arguments["what"]}
        call.console.message(plan_line({"size": outcome.size, **row}))
        return summary | row
    if is_skipped:
        call.console.message(f"{where} is already complete: {result.format}, {size}, verified by md5")
    elif result.ok:
        verified = verified if verified == "unverified" else f"verified by {verified}"
        call.console.message(f"{where}: {result.format}, {size} in {blocks}, {verified}")
    return summary


def saved_sequence(result: SavedSequence, call: Call) -> object:
    """Render a sequence: what was written, and the digest that it was compared with."""
    finish(result, call, is_counted=True)
    (outcome,) = result.files
    if outcome.state == "planned":
        return foreseen(result)
    where = call.console.called.get(result.path, result.path)
    if result.ok:
        verified = f"verified by {outcome.verified}" if outcome.verified else "no digest to compare with"
        call.console.message(f"{where}: {result.length:,} letters, {verified}")
    return {"path": result.path, "id": result.id, "length": result.length, "verification": outcome.verified}
