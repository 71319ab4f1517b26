"""`omics gen3`: manifests, crosswalks and discovery."""

import hashlib
import json

import pytest
from omicsdk.gen3 import metadata_documents
from omicsdk.sandbox.gen3.metadata import operations

MD5 = hashlib.md5(b"x").hexdigest()


@pytest.fixture
def manifest(gen3):
    return lambda *words, **how: gen3("objects", "manifest", *words, **how)


@pytest.fixture
def index(omics_sandbox):
    return omics_sandbox.gen3.index


def test_a_manifest_is_published_verified_read_and_deleted(manifest, work, index):
    (work / "m.tsv").write_text(f"md5\tsize\turls\tauthz\n{MD5}\t1\ts3://b/1\t/open\n{MD5}\t1\ts3://b/2\t/open\n")
    made = manifest("publish", "m.tsv", "--out-manifest-file", "out.tsv")
    assert (made.code, made.json["rows"], made.json["failures"]) == (0, 2, None)
    guids = [line.split("\t")[0] for line in (work / "out.tsv").read_text().splitlines()[1:]]
    assert index.get(guids[0])["urls"] == ["s3://b/1"]
    assert manifest("verify", "out.tsv").json["counts"] == {"right": 2}
    assert manifest("read", "--output-file", "all.csv").json["counts"] == {"read": 2}
    assert manifest("delete-all-guids", "out.tsv", "--dry-run").json == {"would delete": 2, "unreadable": 0}
    (work / "gone.tsv").write_text((work / "out.tsv").read_text().replace(guids[0], f"{guids[0][:-4]}ffff"))
    planned = manifest("delete-all-guids", "gone.tsv", "--dry-run").json
    assert planned == {"would delete": 1, "gone": 1, "unreadable": 0}
    ran = manifest("delete-all-guids", "out.tsv", tty=True, typed="n\n")
    assert (ran.code, index.get(guids[0]) is not None) == (130, True)
    assert manifest("delete-all-guids", "out.tsv").json["counts"] == {"deleted": 2}
    assert index.get(guids[0]) is None


def test_rows_that_fail_are_counted_in_the_exit_code(manifest, work, omics_sandbox):
    guid = omics_sandbox.gen3.add_file("a.txt", b"x")
    (work / "m.tsv").write_text(f"guid\tmd5\tsize\turls\n{guid}\tnonsense\t1\ts3://b/1\n\t{MD5}\t1\ts3://b/2\n")
    made = manifest("publish", "m.tsv")
    assert (made.code, "line 2" in made.err) == (3, True)
    (work / "v.tsv").write_text(f"guid\tmd5\tsize\turls\n{guid}\t{MD5}\t2\ts3://b/1\ngone\t{MD5}\t1\ts3://b/2\n")
    verified = manifest("verify", "v.tsv")
    assert verified.code == 3
    assert f"{guid}|file_size|expected 2|actual 1" in (work / "v.verified.log").read_text()


def test_the_form_of_a_manifest_is_checked_without_a_commons(manifest, work, monkeypatch):
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    (work / "m.csv").write_text(f"md5,size,url\n{MD5},1,s3://b/1\n{MD5},x,https://b/2\n")
    ran = manifest("validate-manifest-format", "m.csv")
    assert (ran.code, [(row["line"], row["column"]) for row in ran.json]) == (1, [(3, "size"), (3, "url")])
    one = manifest("validate-manifest-format", "m.csv", "--line-limit", "2")
    assert (one.code, one.json) == (0, [])
    assert len(manifest("validate-manifest-format", "m.csv", "--allowed-protocols", "s3 https").json) == 1
    assert manifest("validate-manifest-format", "gone.csv").code == 2
    assert manifest("validate-manifest-format", "m.csv", "--manifest-file-delimiter", "two").code == 2


def test_manifests_are_merged_and_compared(manifest, work):
    (work / "a.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t1\ts3://b/1\n")
    (work / "b.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t1\tgs://b/1\n")
    merged = manifest("merge", "a.tsv", "b.tsv", "--out", "c.tsv")
    assert (merged.code, merged.json["rows"], merged.json["written"]) == (0, 2, 1)
    assert "s3://b/1" in (work / "c.tsv").read_text()
    assert "gs://b/1" in (work / "c.tsv").read_text()
    diff = manifest("diff", "a.tsv", "c.tsv", "--out", "d.tsv", "--further-columns")
    assert (diff.code, diff.json["changed"]) == (0, 1)
    (work / "b.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t2\tgs://b/1\n")
    wrong = manifest("merge", "a.tsv", "b.tsv", "--out", "c.tsv")
    assert (wrong.code, "line 2" in wrong.err) == (2, True)
    assert manifest("merge", "a.tsv", "b.tsv").code == 2


def test_a_dash_is_stdout_for_manifests(manifest, work):
    (work / "a.tsv").write_text(f"guid\tmd5\tsize\turls\ng1\t{MD5}\t1\ts3://b/1\n")
    (work / "b.tsv").write_text(f"guid\tmd5\tsize\turls\ng2\t{MD5[::-1]}\t1\tgs://b/1\n")
    for words in (
        ("merge", "a.tsv", "b.tsv", "--out"),
        ("diff", "a.tsv", "b.tsv", "--out"),
        ("verify", "a.tsv", "--output-file"),
        ("read", "--output-file"),
    ):
        suffix = {"verify": ".log", "read": ".csv"}.get(words[0], ".tsv")
        written = manifest(*words, f"file{suffix}")
        ran = manifest(*words, "-")
        assert (ran.code, ran.stdout) == (written.code, (work / f"file{suffix}").read_bytes())
        assert ran.err.replace("stdout", f"file{suffix}") == written.err
        assert manifest(*words, "-", "--query", "rows").code == 2
    assert manifest("merge", "gone.tsv", "--out", "-").stdout == b""
    refused = manifest("publish", "a.tsv", "--out-manifest-file", "-")
    assert (refused.code, "--out-manifest-file: - is stdout, but a file is required" in refused.err) == (2, True)
    assert manifest("delete-all-guids", "a.tsv", "--output-file", "-").stdout.startswith(b"guid\t")
    assert not (work / "-").exists()
    assert manifest("merge", "a.tsv", "b.tsv", "--out", "./-").code == 0
    assert (work / "-").exists()


A, B, C = "https://a.org|guid|subject_id", "https://b.org|guid|case_id", "https://c.org|number|id"


@pytest.fixture
def crosswalk(gen3):
    return lambda *words, **how: gen3("objects", "crosswalk", *words, **how)


def test_a_crosswalk_is_published_verified_read_and_taken_back(crosswalk, work):
    (work / "one.csv").write_text(f"{A},{B}\na1,b1\na2,b2\n")
    (work / "two.csv").write_text(f"{B},{C}\nb1,7\n")
    (work / "info.csv").write_text("commons_url,identifier_name,description\nhttps://a.org,subject_id,The first name\n")
    made = crosswalk("publish", "one.csv", "-m", "By name.", "--info", "info.csv")
    assert (made.code, made.json) == (0, {"counts": {"created": 2}, "failures": []})
    assert crosswalk("publish", "two.csv", "--mapping_methodology", "By number.").json["counts"] == {"updated": 1}
    assert crosswalk("verify", "two.csv").json == []
    assert crosswalk("read", "--output-file", "all.csv").json == {
        "subjects": 2,
        "output": "all.csv",
        "info": "all_info.csv",
    }
    assert "a1,b1,7" in (work / "all.csv").read_text()
    assert "The first name" in (work / "all_info.csv").read_text()
    assert crosswalk("delete", "one.csv", "--dry-run").json == {"would delete": {"subjects": 2}}
    ran = crosswalk("delete", "one.csv", tty=True, typed="n\n")
    assert (ran.code, "nothing was deleted" in ran.err) == (130, True)
    assert crosswalk("delete", "one.csv").json["counts"] == {"updated": 1, "deleted": 1}


TABLE = "guid\ttitle\t_tag_0\ns1\tFirst\tData Type: reads\ns2\tSecond\t\n"


def shown(gen3, guid):
    return gen3("auth", "curl", f"/mds/metadata/{guid}").json["gen3_discovery"]


def test_studies_are_published_and_read(gen3, work):
    (work / "s.tsv").write_text(TABLE)
    made = gen3("discovery", "publish", "s.tsv")
    assert (made.code, made.json["counts"]) == (0, {"created": 2})
    assert shown(gen3, "s1") == {"title": "First", "tags": [{"name": "reads", "category": "Data Type"}]}
    name = gen3("discovery", "read").out.strip()
    assert name.startswith("127-0-0-1-")
    assert (work / name).read_text().splitlines()[1].startswith("s1\t")
    again = gen3("discovery", "publish", "--default-file")
    assert (again.code, again.json["counts"]) == (0, {"updated": 2})
    as_json = gen3(
        "discovery", "read", "--output_format", "json", "--output-file", "s.json", "--limit", "1", "--output", "json"
    )
    assert as_json.json == {"documents": 1, "output": "s.json"}
    assert (as_json.code, "there are more than 1 documents; --limit" in as_json.err) == (3, True)
    assert len(json.loads((work / "s.json").read_text())) == 1


def test_all_studies_are_read_unless_a_limit_is_given(gen3, work, omics_sandbox, monkeypatch):
    monkeypatch.setattr(metadata_documents, "PAGE", 200)
    monkeypatch.setattr(operations, "LONGEST", 200)
    for number in range(250):
        shown = {"gen3_discovery": {"title": str(number), "objects": [{"guid": f"o{number}"}]}}
        omics_sandbox.gen3.metadata.put(f"s{number:03}", {"_guid_type": "discovery_metadata", **shown})
    for words, count in (((), 250), (("--limit", "250"), 250)):
        ran = gen3("discovery", "read", "--output-file", "all.tsv", *words)
        assert (ran.code, len((work / "all.tsv").read_text().splitlines())) == (0, count + 1)
    ran = gen3("discovery", "read", "--output-file", "all.tsv", "--limit", "249")
    assert (ran.code, len((work / "all.tsv").read_text().splitlines())) == (3, 250)
    assert "there are more than 249 documents" in ran.err
    ran = gen3("discovery", "objects", "read", "s249", "s9999", "--only-object-guids")
    assert (ran.code, ran.out, "s9999: study not found" in ran.err) == (3, "o249\n", True)
    ran = gen3("discovery", "objects", "read", "--only-object-guids", "--limit", "10")
    assert (ran.code, len(ran.out.splitlines())) == (3, 10)
    (work / "more.tsv").write_text("guid\tcohort\ns249\tB\n")
    ran = gen3("discovery", "combine", "more.tsv", "--max-number-discovery-records", "10")
    assert (ran.code, "--max-number-discovery-records" in ran.err) == (3, True)
    assert gen3("discovery", "combine", "more.tsv", "--output", "json").json["documents"] == 1
    ran = gen3("api", "metadata", "query", "--filters", '{"_guid_type": "discovery_metadata"}')
    assert (ran.code, len(ran.json)) == (0, 250), ran.err


def test_studies_get_further_columns_and_go(gen3, work):
    (work / "s.tsv").write_text(TABLE)
    assert gen3("discovery", "publish", "s.tsv").code == 0
    (work / "more.tsv").write_text("study\tcohort\ns2\tB\n")
    made = gen3(
        *("discovery", "combine", "more.tsv", "--metadata-column-to-map", "study", "--metadata-prefix", "x_"),
        *("--output-filename", "both.tsv", "--output", "json"),
    )
    assert made.json == {"documents": 1, "output": "both.tsv"}
    header, row = (work / "both.tsv").read_text().splitlines()
    assert dict(zip(header.split("\t"), row.split("\t"), strict=True))["x_cohort"] == "B"
    assert gen3("discovery", "delete", "s1", "--dry-run").json == {"would delete": "s1"}
    ran = gen3("discovery", "delete", "s1", tty=True, typed="n\n")
    assert (ran.code, "nothing was deleted" in ran.err) == (130, True)
    assert gen3("discovery", "delete", "s1").json == {"deleted": "s1"}
    assert gen3("discovery", "delete", "s1").code == 1


def test_objects_of_studies_are_published_read_and_taken(gen3, work):
    (work / "o.tsv").write_text("dataset_guid\tguid\tdisplay_name\ns1\tdg.1/a\tA\ns1\tdg.1/b\tB\ns2\tdg.1/c\tC\n")
    made = gen3("discovery", "objects", "publish", "o.tsv")
    assert (made.code, made.json["counts"]) == (0, {"created": 2})
    assert gen3("discovery", "objects", "read", "s1", "--only-object-guids").out == "dg.1/a\ndg.1/b\n"
    name = gen3("discovery", "objects", "read").out.strip()
    assert len((work / name).read_text().splitlines()) == 4
    template = gen3("discovery", "objects", "read", "--template").out.strip()
    assert (work / template).read_text().startswith("dataset_guid\tguid\tdisplay_name\t")
    (work / "one.tsv").write_text("dataset_guid\tguid\tdisplay_name\ns1\tdg.1/a\tA\n")
    planned = gen3("discovery", "objects", "delete", "--file", "one.tsv", "--dry-run").json
    assert planned == {"would delete": {"s1": ["dg.1/a"]}}
    absent = gen3("discovery", "objects", "delete", "s2", "gone", "--dry-run")
    assert (absent.code, absent.json) == (3, {"would delete": {"s2": "all"}})
    assert gen3("discovery", "objects", "delete", "gone", "--dry-run").code == 1
    assert gen3("discovery", "objects", "delete", "--file", "one.tsv").json == {"counts": {"s1": 1}}
    assert gen3("discovery", "objects", "delete", "s2", "gone").code == 3
    assert gen3("discovery", "objects", "read", "--only-object-guids").out == "dg.1/b\n"
    assert gen3("discovery", "objects", "delete").code == 2
    (work / "wrong.tsv").write_text("dataset_guid\tguid\ns1\tdg.1/a\n")
    wrong = gen3("discovery", "objects", "publish", "wrong.tsv")
    assert (wrong.code, "display_name" in wrong.err) == (2, True)


def test_a_dash_is_stdout(gen3, work):
    (work / "s.tsv").write_text(TABLE)
    assert gen3("discovery", "publish", "s.tsv").code == 0
    for words in (
        ("read", "--output-file"),
        ("read", "--output_format", "json", "--output-file"),
        ("objects", "read", "--output-file"),
        ("objects", "read", "--template", "--output-file"),
    ):
        assert gen3("discovery", *words, "file").code == 0
        assert gen3("discovery", *words, "-").stdout == (work / "file").read_bytes() != b""
    cut = gen3("discovery", "read", "--limit", "1", "--output-file", "-")
    assert (cut.code, len(cut.out.splitlines())) == (3, 2)
    assert gen3("discovery", "objects", "read", "--only-object-guids", "--output-file", "-").code == 0
    refused = gen3("objects", "crosswalk", "read", "--output-file", "-")
    assert (refused.code, "- is stdout" in refused.err) == (2, True)
    assert not (work / "-").exists()
