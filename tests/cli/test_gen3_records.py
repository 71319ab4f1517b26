"""`omics gen3 submit`, `validate`, `dictionary`, `query`, `explore`, `programs`, `projects` and `jobs`."""

import json

import pytest
from gen3_command import gen3_command

EXPERIMENTS = "type\tsubmitter_id\tprojects.code\nexperiment\te1\tQ\nexperiment\te2\tQ\n"


@pytest.fixture
def gen3(omics, omics_sandbox, monkeypatch, tmp_path):
    run = gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    assert run("programs", "create", "P").code == 0
    assert run("projects", "create", "P", "Q").code == 0
    return run


@pytest.fixture
def work(tmp_path):
    (tmp_path / "work" / "e.tsv").parent.mkdir(exist_ok=True)
    return tmp_path / "work"


def test_programs_and_projects_come_and_go(gen3):
    assert gen3("programs", "create", "R", "--dbgap-accession-number", "phs1").code == 0
    assert {"program": "R"} in gen3("programs", "ls").json
    assert gen3("projects", "create", "R", "S", "--properties", '{"investigator_name": "me"}').code == 0
    assert gen3("projects", "ls", "R").json == [{"program": "R", "project": "S", "project_id": "R-S"}]
    assert {"program": "P", "project": "Q", "project_id": "P-Q"} in gen3("projects", "ls").json
    assert gen3("projects", "delete", "R", "S", "--dry-run").json == {"would delete": "project R-S"}
    asked = gen3("projects", "delete", "R", "S", tty=True, typed="n\n")
    assert (asked.code, "nothing was deleted" in asked.err) == (130, True)
    full = gen3("programs", "delete", "R")
    assert (full.code, "400" in full.err) == (1, True)
    assert gen3("projects", "delete", "R", "S").code == 0
    assert gen3("programs", "delete", "R").json == {"deleted": "program R"}
    assert {"program": "R"} not in gen3("programs", "ls").json


def test_rows_are_submitted_and_each_is_told(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS)
    dry = gen3("submit", "P-Q", "e.tsv", "--dry-run")
    assert (dry.code, [row["status"] for row in dry.json]) == (0, ["valid", "valid"])
    assert gen3("query", "{experiment{submitter_id}}").json == {"experiment": []}
    ran = gen3("submit", "P-Q", "e.tsv", "--output", "tsv")
    assert ran.code == 0
    header, first, _ = ran.out.splitlines()
    assert header.split("\t")[:5] == ["file", "sheet", "row", "type", "submitter_id"]
    assert first.split("\t")[:6] == ["e.tsv", "", "2", "experiment", "e1", "created"]
    assert "2 created of 2 rows" in ran.err
    assert [row["status"] for row in gen3("submit", "P-Q", "e.tsv").json] == ["updated", "updated"]


def test_rows_that_are_refused_don_t_hinder_the_others(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS + "experiment\te1\tQ\n\te3\tQ\n")
    ran = gen3("submit", "P-Q", "e.tsv", "--refused")
    assert ran.code == 3
    assert [(row["row"], row["status"]) for row in ran.json] == [(4, "invalid"), (5, "invalid")]
    assert "e.tsv, row 4, column submitter_id" in ran.err
    held = gen3("submit", "P-Q", "e.tsv", "--all-or-nothing")
    assert (held.code, {row["status"] for row in held.json}) == (1, {"invalid", "failed"})


def test_a_submission_goes_on_by_its_journal(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS)
    assert gen3("submit", "P-Q", "e.tsv", "--journal", "j").code == 0
    assert {row["status"] for row in gen3("submit", "P-Q", "e.tsv", "--journal", "j").json} == {"unchanged"}


def test_validation_tells_the_place_and_what_to_do(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS + "experiment\te1\tQ\nexperimen\te3\tQ\n")
    ran = gen3("validate", "e.tsv")
    assert ran.code == 1
    assert [(row["file"], row["row"], row["column"]) for row in ran.json] == [
        ("e.tsv", 4, "submitter_id"),
        ("e.tsv", 5, "type"),
    ]
    assert "'experiment'" in ran.json[1]["remedy"]
    (work / "e.tsv").write_text(EXPERIMENTS)
    good = gen3("validate", "e.tsv", "--project", "P-Q")
    assert (good.code, good.json) == (0, [])
    assert gen3("validate", "gone.tsv").code == 2


def test_a_dictionary_is_shown_and_validates_without_a_commons(gen3, work, monkeypatch):
    rows = gen3("dictionary").json
    names = [row["node"] for row in rows]
    assert names.index("project") < names.index("experiment") < names.index("case")
    columns = {row["property"]: row for row in gen3("dictionary", "case").json}
    assert columns["experiments"]["type"] == "link to experiment"
    assert columns["disease_or_disorder"]["choices"] == ["disease", "disorder"]
    unknown = gen3("dictionary", "cas")
    assert (unknown.code, "'case'" in unknown.err) == (2, True)
    schemas = gen3("auth", "curl", "/api/v0/submission/_dictionary/_all").out
    (work / "dictionary.json").write_text(schemas)
    (work / "e.tsv").write_text(EXPERIMENTS)
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    assert gen3("validate", "e.tsv", "--dictionary", "dictionary.json").code == 0
    assert gen3("dictionary", "--dictionary", "e.tsv").code == 1


def test_queries_come_from_words_files_and_stdin(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS)
    assert gen3("submit", "P-Q", "e.tsv").code == 0
    (work / "q.graphql").write_text("query ($name: [String]) { experiment(submitter_id: $name) { submitter_id } }")
    expected = {"experiment": [{"submitter_id": "e2"}]}
    assert gen3("query", "@q.graphql", "--variables", '{"name": ["e2"]}').json == expected
    assert gen3("query", "-", typed='{experiment(submitter_id: "e2") {submitter_id}}').json == expected
    wrong = gen3("query", "{nope}")
    assert (wrong.code, "nope" in wrong.err) == (1, True)
    assert gen3("query", "@gone").code == 2


def test_the_explorer_gives_rows_or_says_what_is_wrong(gen3, work):
    assert gen3("query", "--guppy", "{ _mapping { subject } }").code in (0, 1)
    assert gen3("explore", "nope", "--fields", "a").code == 1
    assert gen3("explore", "nope", "--fields", "a", "--sort", "a:sideways").code == 2
    assert gen3("explore", "nope", "--fields", "a", "--limit", "0").code == 2


def test_jobs(gen3):
    assert gen3("jobs", "ls").json == []
    unknown = gen3("jobs", "run", "no-such-job")
    assert (unknown.code, "no job no-such-job" in unknown.err) == (1, True)
    begun = gen3("jobs", "run", "get-dbgap-metadata", "--input", "{}")
    if begun.code == 0:
        uid = begun.json["uid"]
        assert gen3("jobs", "status", uid).json["uid"] == uid


def test_a_project_that_isn_t_there_is_told_once(gen3, work):
    (work / "e.jsonl").write_text(json.dumps({"type": "experiment", "submitter_id": "e1"}) + "\n")
    ran = gen3("submit", "P-Z", "e.jsonl")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert gen3("submit", "Z", "e.jsonl").code == 2
