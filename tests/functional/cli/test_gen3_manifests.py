"""`omics gen3 objects manifest`: the index of a commons as tables."""

import hashlib

import pytest

MD5 = hashlib.md5(b"x").hexdigest()


@pytest.fixture
def gen3(gen3):
    return lambda *words, **how: gen3("objects", "manifest", *words, **how)


@pytest.fixture
def index(omics_sandbox):
    return omics_sandbox.gen3.index


def test_a_manifest_is_published_verified_read_and_deleted(gen3, work, index):
    (work / "m.tsv").write_text(f"md5\tsize\turls\tauthz\n{MD5}\t1\ts3://b/1\t/open\n{MD5}\t1\ts3://b/2\t/open\n")
    made = gen3("publish", "m.tsv", "--out-manifest-file", "out.tsv")
    assert (made.code, made.json["rows"], made.json["failures"]) == (0, 2, None)
    guids = [line.split("\t")[0] for line in (work / "out.tsv").read_text().splitlines()[1:]]
    assert index.get(guids[0])["urls"] == ["s3://b/1"]
    assert gen3("verify", "out.tsv").json["counts"] == {"right": 2}
    assert gen3("read", "--output-file", "all.csv").json["counts"] == {"read": 2}
    assert gen3("delete-all-guids", "out.tsv", "--dry-run").json == {"would delete": 2, "unreadable": 0}
    (work / "gone.tsv").write_text((work / "out.tsv").read_text().replace(guids[0], f"{guids[0][:-4]}ffff"))
    planned = gen3("delete-all-guids", "gone.tsv", "--dry-run").json
    assert planned == {"would delete": 1, "gone": 1, "unreadable": 0}
    asked = gen3("delete-all-guids", "out.tsv", tty=True, typed="n\n")
    assert (asked.code, index.get(guids[0]) is not None) == (130, True)
    assert gen3("delete-all-guids", "out.tsv").json["counts"] == {"deleted": 2}
    assert index.get(guids[0]) is None


def test_rows_that_fail_are_counted_in_the_exit_code(gen3, work, omics_sandbox):
    guid = omics_sandbox.gen3.add_file("a.txt", b"x")
    (work / "m.tsv").write_text(f"guid\tmd5\tsize\turls\n{guid}\tnonsense\t1\ts3://b/1\n\t{MD5}\t1\ts3://b/2\n")
    made = gen3("publish", "m.tsv")
    assert (made.code, "line 2" in made.err) == (3, True)
    (work / "v.tsv").write_text(f"guid\tmd5\tsize\turls\n{guid}\t{MD5}\t2\ts3://b/1\ngone\t{MD5}\t1\ts3://b/2\n")
    verified = gen3("verify", "v.tsv")
    assert verified.code == 3
    assert f"{guid}|file_size|expected 2|actual 1" in (work / "v.verified.log").read_text()


def test_the_form_of_a_manifest_is_checked_without_a_commons(gen3, work, monkeypatch):
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    (work / "m.csv").write_text(f"md5,size,url\n{MD5},1,s3://b/1\n{MD5},x,https://b/2\n")
    ran = gen3("validate-manifest-format", "m.csv")
    assert (ran.code, [(row["line"], row["column"]) for row in ran.json]) == (1, [(3, "size"), (3, "url")])
    one = gen3("validate-manifest-format", "m.csv", "--line-limit", "2")
    assert (one.code, one.json) == (0, [])
    assert len(gen3("validate-manifest-format", "m.csv", "--allowed-protocols", "s3 https").json) == 1
    assert gen3("validate-manifest-format", "gone.csv").code == 2
    assert gen3("validate-manifest-format", "m.csv", "--manifest-file-delimiter", "two").code == 2


def test_manifests_are_merged_and_compared(gen3, work):
    (work / "a.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t1\ts3://b/1\n")
    (work / "b.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t1\tgs://b/1\n")
    merged = gen3("merge", "a.tsv", "b.tsv", "--out", "c.tsv")
    assert (merged.code, merged.json["rows"], merged.json["written"]) == (0, 2, 1)
    assert "s3://b/1" in (work / "c.tsv").read_text()
    assert "gs://b/1" in (work / "c.tsv").read_text()
    found = gen3("diff", "a.tsv", "c.tsv", "--out", "d.tsv", "--further-columns")
    assert (found.code, found.json["changed"]) == (0, 1)
    (work / "b.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t2\tgs://b/1\n")
    wrong = gen3("merge", "a.tsv", "b.tsv", "--out", "c.tsv")
    assert (wrong.code, "line 2" in wrong.err) == (2, True)
    assert gen3("merge", "a.tsv", "b.tsv").code == 2


def test_a_dash_is_stdout(gen3, work):
    (work / "a.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t1\ts3://b/1\n")
    (work / "b.tsv").write_text(f"guid\tmd5\tsize\turls\ng2\t{MD5[::-1]}\t1\tgs://b/1\n")
    for words in (
        ("merge", "a.tsv", "b.tsv", "--out"),
        ("diff", "a.tsv", "b.tsv", "--out"),
        ("verify", "a.tsv", "--output-file"),
        ("read", "--output-file"),
    ):
        suffix = {"verify": ".log", "read": ".csv"}.get(words[0], ".tsv")
        written = gen3(*words, f"file{suffix}")
        ran = gen3(*words, "-")
        assert (ran.code, ran.stdout) == (written.code, (work / f"file{suffix}").read_bytes())
        assert ran.err.replace("stdout", f"file{suffix}") == written.err
        assert gen3(*words, "-", "--query", "rows").code == 2
    assert gen3("merge", "gone.tsv", "--out", "-").stdout == b""
    refused = gen3("publish", "a.tsv", "--out-manifest-file", "-")
    assert (refused.code, "--out-manifest-file: - is stdout, but a file is required" in refused.err) == (2, True)
    assert gen3("delete-all-guids", "a.tsv", "--output-file", "-").stdout.startswith(b"guid\t")
    assert not (work / "-").exists()
    assert gen3("merge", "a.tsv", "b.tsv", "--out", "./-").code == 0
    assert (work / "-").exists()
