"""`omics gen3 discovery` and `omics gen3 objects crosswalk`: what a commons states of its studies and identifiers."""

import json

from omicsdk.gen3 import metadata_documents
from omicsdk.sandbox.gen3.metadata import operations

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
    asked = gen3("discovery", "delete", "s1", tty=True, typed="n\n")
    assert (asked.code, "nothing was deleted" in asked.err) == (130, True)
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
