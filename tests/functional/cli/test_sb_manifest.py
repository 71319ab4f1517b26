"""`omics sb manifest` against the sandbox: out of the platform, edited, and into it."""

import csv
import io
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

P = "sb://sandbox-user/p"


@pytest.fixture
def files(sb):
    """Three files with metadata: a.txt, b.txt, deep/c.txt."""
    Path("tree/deep").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "deep/c.txt"):
        Path("tree", name).write_text(name)
    assert sb("files", "upload", "tree/", f"{P}/").code == 0
    Path("first.tsv").write_text(
        "path\ttags\tmetadata.sample_id\tmetadata.lane\n"
        f"{P}/a.txt\tx,y\tS1\t1\n"
        f"{P}/b.txt\t\tS2\t\n"
        f"{P}/deep/c.txt\t\t\t3\n"
    )
    ran = sb("manifest", "import", "first.tsv")
    assert ran.code == 0, ran.err
    return sb


def table(sb, *words):
    ran = sb("manifest", "export", *(words or (P, "--recursive")))
    assert ran.code == 0, ran.err
    return list(csv.DictReader(io.StringIO(ran.out), dialect="excel-tab"))


def test_what_was_imported_is_exported(files):
    by_path = {row["path"]: row for row in table(files)}
    assert list(by_path) == [f"{P}/a.txt", f"{P}/b.txt", f"{P}/deep/c.txt"]
    assert by_path[f"{P}/a.txt"] | {"id": ""} == {
        "id": "",
        "path": f"{P}/a.txt",
        "size": "5",
        "tags": "x,y",
        "metadata.lane": "1",
        "metadata.sample_id": "S1",
    }
    assert (by_path[f"{P}/deep/c.txt"]["metadata.sample_id"], by_path[f"{P}/deep/c.txt"]["tags"]) == ("", "")
    assert [row["path"] for row in table(files, P)] == [f"{P}/a.txt", f"{P}/b.txt"]
    assert [row["path"] for row in table(files, f"{P}/deep")] == [f"{P}/deep/c.txt"]
    assert list(table(files, f"{P}/b.txt", "--keys", "other")[0])[4:] == ["metadata.other"]


def test_ids_and_paths_of_any_number_of_files_are_in_one_table(files, monkeypatch):
    monkeypatch.setattr("omicsdk.sb.metadata.FILES_AT_ONCE", 2)
    ids = {row["path"]: row["id"] for row in table(files)}
    Path("mixed.tsv").write_text(
        "id\tpath\tmetadata.lane\n"
        f"\t{P}/deep/c.txt\t7\n"
        f"{ids[f'{P}/a.txt']}\t\t7\n"
        f"{'0' * 24}\t\t7\n"
        f"\t{P}/none\t7\n"
        f"\t{P}/b.txt\t7\n"
    )
    ran = files("manifest", "import", "mixed.tsv")
    assert ran.code == 3
    assert [row["path"] for row in ran.json] == [f"{P}/deep/c.txt", ids[f"{P}/a.txt"], f"{P}/b.txt"]
    assert f"line 4: {'0' * 24}: " in ran.err
    assert f"line 5: {P}/none: file not found" in ran.err
    assert [row["metadata.lane"] for row in table(files)] == ["7", "7", "7"]


def test_a_table_that_no_program_touched_changes_nothing(files):
    assert files("manifest", "export", P, "-r", "--file", "all.tsv").json == {"file": "all.tsv", "files": 3}
    refused = files("manifest", "export", P, "--file", "all.tsv")
    assert (refused.code, "--overwrite" in refused.err) == (2, True)
    assert files("manifest", "export", P, "-r", "--file", "all.tsv", "--overwrite").code == 0
    ran = files("manifest", "import", "all.tsv")
    assert (ran.code, ran.json) == (0, [])
    assert "nothing differs" in ran.err


def test_differences_are_shown_before_they_are_sent(files, omics_sandbox):
    files("manifest", "export", P, "-r", "--file", "all.tsv")
    text = Path("all.tsv").read_text()
    Path("all.tsv").write_text(text.replace("x,y", "z").replace("S1", "S9").replace("S2", ""))
    expected = [
        {"path": f"{P}/a.txt", "field": "tags", "before": ["x", "y"], "after": ["z"]},
        {"path": f"{P}/a.txt", "field": "metadata.sample_id", "before": "S1", "after": "S9"},
    ]
    dry = files("manifest", "import", "all.tsv", "--dry-run")
    assert (dry.code, dry.json) == (0, expected)
    assert "would change 1 of 3 files, 2 values" in dry.err
    assert len(omics_sandbox.requests("/sb/v2/bulk/files/edit")) == 1
    assert files("manifest", "import", "all.tsv").json == expected
    cleared = files("manifest", "import", "all.tsv", "--clear").json
    assert cleared == [{"path": f"{P}/b.txt", "field": "metadata.sample_id", "before": "S2", "after": None}]
    assert files("manifest", "import", "all.tsv", "--clear").json == []
    assert "metadata.sample_id" in table(files)[0]


def test_rows_without_a_file_are_reported_and_the_others_are_changed(files):
    Path("some.tsv").write_text(
        f"path\tmetadata.k\n{P}/a.txt\tv\n{P}/nothing.txt\tv\n{P}/deep\tv\n{P}/no/such.txt\tv\n"
    )
    ran = files("manifest", "import", "some.tsv")
    assert (ran.code, [row["path"] for row in ran.json]) == (3, [f"{P}/a.txt"])
    for line in (3, 4, 5):
        assert f"line {line}: " in ran.err
    Path("none.tsv").write_text(f"id\tmetadata.k\n{'0' * 24}\tv\n")
    assert files("manifest", "import", "none.tsv").code == 1


def test_tables_that_cannot_be_read_end_with_2(sb):
    Path("bad.tsv").write_text("name\tsample\na\tb\n")
    ran = sb("manifest", "import", "bad.tsv")
    assert ran.code == 2
    assert "bad.tsv: line 1: unknown column 'sample'" in ran.err
    assert "metadata.sample" in ran.err
    assert sb("manifest", "import", "nothing.tsv").code == 2
    assert sb("manifest", "export", P, "--file", "no/such/folder.tsv").code == 2
    Path("empty.tsv").write_text("id\ttags\n")
    assert (sb("manifest", "import", "empty.tsv").json, sb("manifest", "import", "empty.tsv").code) == ([], 0)
