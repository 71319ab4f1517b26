"""Output of commands of DRS, htsget and refget."""

from pathlib import Path

import pytest
from omicsdk.cli.commands.ga4gh import downloaded, saved_sequence, saved_slice
from omicsdk.cli.output import Call, Console
from omicsdk.ga4gh import SavedSequence, SavedSlice
from omicsdk.transfer import Outcome, TransferReport


def call(**arguments):
    return Call("Download of x", arguments, {}, Console())


@pytest.mark.parametrize("option", ["folder", "download_dir", "output_dir", "path"])
def test_files_of_a_download_are_in_the_folder_that_its_option_names(option):
    report = TransferReport([Outcome("a/b.bam", "done", 3, label="drs://x/1"), Outcome("c.bam", "done", 1)])
    rows = downloaded(report, call(**{option: "data"}))["files"]
    assert [(row["id"], row["path"], row["size"]) for row in rows] == [
        ("drs://x/1", str(Path("data/a/b.bam")), 3),
        ("c.bam", str(Path("data/c.bam")), 1),
    ]
    assert downloaded(report, call())["files"][1]["path"] == "c.bam"


@pytest.mark.parametrize(
    ("blocks", "kept", "message"),
    [
        (1, 0, "a.bam: BAM, 2.00 KiB in 1 block, verified by md5"),
        (3, 0, "a.bam: BAM, 2.00 KiB in 3 blocks, verified by md5"),
        (3, 2, "a.bam: BAM, 2.00 KiB in 3 blocks, 2 of them resumed, verified by md5"),
    ],
)
def test_a_slice_states_its_blocks_and_what_it_was_compared_with(capsys, blocks, kept, message):
    saved = SavedSlice([Outcome("a.bam", "done", 2048, verified="md5")])
    saved.path, saved.format, saved.blocks, saved.blocks_kept = "a.bam", "BAM", blocks, kept
    assert saved_slice(saved, call(what="x")) == {
        "path": "a.bam",
        "format": "BAM",
        "size": 2048,
        "blocks": blocks,
        "blocks_kept": kept,
        "verification": "md5",
        "skipped": False,
        "planned": False,
    }
    assert capsys.readouterr().err == f"omics: {message}\n"


@pytest.mark.parametrize(("verified", "message"), [("md5", "verified by md5"), ("", "no digest to compare with")])
def test_a_sequence_states_its_length_and_digest(capsys, verified, message):
    saved = SavedSequence([Outcome("a.fa", "done", 6, verified=verified)])
    saved.path, saved.id, saved.length = "a.fa", "chr1", 6000
    expected = {"path": "a.fa", "id": "chr1", "length": 6000, "verification": verified}
    assert saved_sequence(saved, call()) == expected
    assert capsys.readouterr().err == f"omics: a.fa: 6,000 letters, {message}\n"
