"""`omics pangea upload metadata` and `download metadata`: what a table does to samples, and the way back."""

import json

import pytest

WHERE = ("Sandbox", "Sandbox Library")
TABLE = "sample,city,n\nc1,Paris,1\nc2,Rome,2\nnew,Oslo,3\n"


@pytest.fixture
def pangea(pangea):
    assert pangea("create", "samples", *WHERE, "c1", "c2", "c3").code == 0
    return pangea


@pytest.fixture
def work(pangea, tmp_path):
    (tmp_path / "work" / "m.csv").write_text(TABLE)
    return tmp_path / "work"


def metadata(pangea) -> dict:
    return {row["name"]: row["metadata"] for row in pangea("download", "metadata", *WHERE, "--output", "json").json}


def test_samples_that_do_not_exist_are_reported_and_the_others_have_it(pangea, work):
    ran = pangea("upload", "metadata", *WHERE, "m.csv")
    assert (ran.code, 'Sample "new" not found' in ran.err, "2 samples saved, 1 failed" in ran.err) == (3, True, True)
    assert [line.split()[1] for line in ran.out.splitlines()] == ["c1", "c2"]
    assert metadata(pangea) == {"c1": {"city": "Paris", "n": 1}, "c2": {"city": "Rome", "n": 2}, "c3": {}}


def test_samples_are_made_updated_or_overwritten_as_it_is_stated(pangea, work):
    pangea("upload", "metadata", *WHERE, "m.csv")
    (work / "m.csv").write_text("sample,city,depth\nc1,Lyon,1.5\nnew,Oslo,2\n")
    left = pangea("upload", "metadata", *WHERE, "m.csv", "--create")
    assert (left.code, "1 sample saved, 1 skipped" in left.err) == (0, True)
    assert metadata(pangea)["c1"] == {"city": "Paris", "n": 1}
    assert metadata(pangea)["new"] == {"city": "Oslo", "depth": 2.0}
    assert pangea("upload", "metadata", *WHERE, "m.csv", "--update").code == 0
    assert metadata(pangea)["c1"] == {"city": "Lyon", "n": 1, "depth": 1.5}
    assert pangea("upload", "metadata", *WHERE, "m.csv", "--overwrite").code == 0
    assert metadata(pangea)["c1"] == {"city": "Lyon", "depth": 1.5}
    both = pangea("upload", "metadata", *WHERE, "m.csv", "--create", "--no-create")
    assert (both.code, "are mutually exclusive" in both.err) == (2, True)


def test_a_table_comes_back_as_it_went(pangea, work):
    pangea("upload", "metadata", *WHERE, "m.csv", "--create")
    ran = pangea("download", "metadata", *WHERE)
    assert ran.out == ",city,n\nc1,Paris,1\nc2,Rome,2\nc3,,\nnew,Oslo,3\n"
    assert pangea("download", "metadata", *WHERE, "c1").out == ",city,n\nc1,Paris,1\n"
    assert pangea("download", "metadata", *WHERE, "-o", "out.csv").out == ""
    assert (work / "out.csv").read_text() == ran.out
    before = metadata(pangea)
    assert pangea("upload", "metadata", *WHERE, "out.csv", "--overwrite").code == 0
    assert metadata(pangea) == before
    (work / "names").write_text("c2\nzz\n")
    some = pangea("download", "metadata", *WHERE, "--sample-manifest", "names")
    assert (some.code, some.out) == (3, ",city,n\nc2,Rome,2\n")


def test_encodings_columns_and_stdin(pangea, work):
    (work / "m.csv").write_bytes("Ort;x,Name\n".replace(";", ",").encode() + "Köln,1,c1\n".encode("latin_1"))
    wrong = pangea("upload", "metadata", *WHERE, "m.csv", "--index-col", "2")
    assert (wrong.code, "is not utf_8 text" in wrong.err) == (2, True)
    assert pangea("upload", "metadata", *WHERE, "m.csv", "--index-col", "Name", "--encoding", "latin_1").code == 0
    assert metadata(pangea)["c1"] == {"Ort": "Köln", "x": 1}
    unknown = pangea("upload", "metadata", *WHERE, "m.csv", "--encoding", "nonsense")
    assert (unknown.code, "unknown encoding 'nonsense'" in unknown.err) == (2, True)
    assert pangea("upload", "metadata", *WHERE, "-", typed="\ufeffsample,n\nc2,5\n").code == 0
    assert metadata(pangea)["c2"] == {"n": 5}
    gone = pangea("upload", "metadata", *WHERE, "gone.csv")
    assert (gone.code, "cannot read gone.csv" in gone.err) == (2, True)


def test_lists_and_objects_are_written_as_json(pangea):
    uuid = pangea("list", "samples", *WHERE, "--query", "[0].uuid").out.strip()
    value = {"tags": ["a", "b"], "site": {"lat": 1.5}}
    assert pangea("api", "patch-sample", "--uuid", uuid, "--metadata", json.dumps(value)).code == 0
    assert pangea("download", "metadata", *WHERE, "c1").out == (',tags,site\nc1,"[""a"", ""b""]","{""lat"": 1.5}"\n')
