"""The reader on the page of the journal's format: it sees in a stopped download what is on disk."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from manual import CHECKOUT, blocks
from omicsdk.core.checksums import crc32c_extend
from omicsdk.transfer import Control, download

MIB = 1024 * 1024
PAGE = CHECKOUT / "docs/design/journal.md"


def reader() -> dict[str, Any]:
    """The names that the page's program defines; it imports the standard library alone."""
    (program,) = [block.text for block in blocks(PAGE) if block.title == "read_journal.py"]
    names: dict[str, Any] = {}
    exec(compile(program, PAGE, "exec"), names)
    return names


def test_the_page_reads_what_a_stopped_download_left(server: Any, fault: Any, target: Path, noise: Any) -> None:
    small, large, control = noise(1000), noise(14 * MIB, 2), Control()
    first = server.item("small", small, "sha256")
    download([first], target).raise_if_failed()
    server.fault("large", fault.cut(9 * MIB + 300_000, stall=True))

    def stop_in_third_cell(progress: Any) -> None:
        if progress.bytes_fetched >= 9 * MIB + 300_000:
            control.stop()

    item = replace(server.item("large", large, "sha256"), name="größe")
    report = download([item], target, connections=1, control=control, progress=stop_in_third_cell)
    assert report.counts["stopped"] == 1, report.outcomes[0]

    names = reader()
    journal = target / ".omics-transfer/transfer.journal"
    done, parts = names["read_journal"](journal)
    mtime = (target / "small").stat().st_mtime_ns
    facts = {"sha256": hashlib.sha256(small).hexdigest(), "source": first.source_digest}
    assert done == {"small": [1000, mtime, facts]}
    (part,) = parts.values()
    (file,) = target.glob("größe.*.part")
    data, size = file.read_bytes(), part["cell_size"]
    assert list(parts) == ["größe"]
    assert part["size"] == len(large)
    assert part["cells"] == {index: crc32c_extend()(0, data[index * size : (index + 1) * size]) for index in (0, 1)}
    ((position, crc),) = part["begun"].values()
    assert 2 * size < position <= 9 * MIB + 300_000
    assert data[:position] == large[:position]
    assert crc == crc32c_extend()(0, data[2 * size : position])
    assert names["crc32c"](b"123456789") == 0xE3069283

    whole = journal.read_bytes()
    for tail in (b"\0" * 100, whole.splitlines(keepends=True)[-1][:-1], b'00000000 ["undone","small"]\n'):
        journal.write_bytes(whole + tail)
        assert names["read_journal"](journal) == (done, parts)
    os.truncate(journal, len(whole) - 1)
    assert names["read_journal"](journal)[0] == done
