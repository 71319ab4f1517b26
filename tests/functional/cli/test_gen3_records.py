"""`omics gen3 submit`, `validate`, `dictionary`, `query`, `explore`, `programs`, `projects` and `jobs`."""

import json

import pytest

EXPERIMENTS = "type\tsubmitter_id\tprojects.code\nexperiment\te1\tQ\nexperiment\te2\tQ\n"


@pytest.fixture
def gen3(gen3):
    assert gen3("programs", "create", "P").code == 0
    assert gen3("projects", "create", "P", "Q").code == 0
    return gen3


def test_programs_and_projects_come_and_go(gen3):
    assert gen3("programs", "create", "R", "--dbgap-accession-number", "phs1").code == 0
    assert {"program": "R"} in gen3("programs", "ls").json
    assert gen3("projects", "create", "R", "S", "--properties", '{"investigator_name": "me"}').code == 0
    assert gen3("projects", "ls", "R").json == [{"program": "R", "project": "S", "project_id": "R-S"}]
    assert {"program": "P", "project": "Q", "project_id": "P-Q"} in gen3("projects", "ls").json
    above = gen3("projects", "ls", "..")
    assert (above.code, "program cannot be '..'" in above.err) == (2, True)
    assert gen3("projects", "delete", "R", "S", "--dry-run").json == {"would delete": "project R-S"}
    assert gen3("projects", "delete", "R", "Z", "--dry-run").code == 2
    assert gen3("programs", "delete", "Z", "--dry-run").code == 1
    ran = gen3("projects", "delete", "R", "S", tty=True, typed="n\n")
    assert (ran.code, "nothing was deleted" in ran.err) == (130, True)
    full = gen3("programs", "delete", "R")
    assert (full.code, "400" in full.err) == (1, True)
    assert gen3("projects", "delete", "R", "S").code == 0
    assert gen3("programs", "delete", "R").json == {"deleted": "program R"}
    assert {"program": "R"} not in gen3("programs", "ls").json


def test_rows_are_submitted_and_each_is_reported(gen3, work):
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


def test_rows_that_are_refused_do_not_hinder_the_others(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS + "experiment\te1\tQ\n\te3\tQ\n")
    ran = gen3("submit", "P-Q", "e.tsv", "--refused")
    assert ran.code == 3
    assert [(row["row"], row["status"]) for row in ran.json] == [(4, "invalid"), (5, "invalid")]
    assert "e.tsv, row 4, column submitter_id" in ran.err
    ran = gen3("submit", "P-Q", "e.tsv", "--all-or-nothing")
    assert (ran.code, {row["status"] for row in ran.json}) == (3, {"invalid", "failed"})


def test_a_submission_continues_by_its_journal(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS)
    assert gen3("submit", "P-Q", "e.tsv", "--journal", "j").code == 0
    assert {row["status"] for row in gen3("submit", "P-Q", "e.tsv", "--journal", "j").json} == {"unchanged"}


def test_validation_states_the_place_and_what_to_do(gen3, work):
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


@pytest.mark.parametrize(("project", "code", "message"), [("P-Z", 2, "no project 'Z'"), ("N-Z", 1, "N")])
def test_nothing_is_right_in_a_project_that_does_not_exist(gen3, work, project, code, message):
    (work / "e.tsv").write_text(EXPERIMENTS.replace("\tQ\n", "\tZ\n"))  # links to the project only
    ran = gen3("validate", "e.tsv", "--project", project)
    assert (ran.code, message in ran.err, "nothing is wrong" in ran.err) == (code, True, False)


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
    wrong = gen3("dictionary", "--dictionary", "e.tsv")
    assert (wrong.code, "e.tsv is not a data dictionary" in wrong.err) == (2, True)


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


def test_jobs_are_begun_and_looked_after(gen3, omics_sandbox):
    assert gen3("jobs", "ls").json == []
    unknown = gen3("jobs", "run", "no-such-job")
    assert (unknown.code, "no job no-such-job" in unknown.err) == (1, True)
    uid = gen3("jobs", "run", "download-indexd-manifest").json["uid"]
    omics_sandbox.gen3.finish()
    assert gen3("jobs", "status", uid).json["status"] == "Completed"
    assert "output" in gen3("jobs", "output", uid).json
    assert [job["uid"] for job in gen3("jobs", "ls").json] == [uid]


@pytest.fixture
def filled(gen3, work):
    """A project with two experiments, each with a resource."""
    (work / "e.tsv").write_text(EXPERIMENTS)
    (work / "r.tsv").write_text(
        "type\tsubmitter_id\texperiments.submitter_id\trrid\nresource\tr1\te1\tx\nresource\tr2\te2\ty\n"
    )
    assert gen3("submit", "P-Q", "r.tsv", "e.tsv").code == 0
    return gen3


def test_records_are_exported_by_node_and_id_and_into_files(filled, work):
    rows = filled("export", "P-Q", "--node", "resource").json
    names = {(row["submitter_id"], row["experiments"][0]["submitter_id"]) for row in rows}
    assert names == {("r1", "e1"), ("r2", "e2")}
    assert filled("export", "P-Q", "--id", rows[0]["id"]).json[0]["submitter_id"] == rows[0]["submitter_id"]
    assert filled("export", "P-Q", "--node", "resource", "--out", "r2.tsv", "--without-id").code == 0
    assert (work / "r2.tsv").read_text().splitlines()[1].startswith("resource\t")
    assert filled("submit", "P-Q", "r2.tsv").code == 0
    files = filled("export", "P-Q", "--folder", "all", "--format", "jsonl").json
    assert [file["node"] for file in files] == ["experiment", "resource"]
    assert len((work / "all/resource.jsonl").read_text().splitlines()) == 2


def test_an_export_that_cannot_be_states_why(filled):
    assert filled("export", "P-Q").code == 2
    assert filled("export", "P-Q", "--node", "case", "--id", "x").code == 2
    one = filled("export", "P-Q", "--node", "resource").json[0]["id"]
    with_id = filled("export", "P-Q", "--id", one, "--without-id")
    assert (with_id.code, "--id excludes --node, --out, --folder and --without-id" in with_id.err) == (2, True)
    assert filled("export", "P-Q", "--node", "case", "sample", "--out", "x.tsv").code == 2
    missing = filled("export", "P-Q", "--node", "nope")
    assert (missing.code, "nope" in missing.err) == (1, True)
    assert filled("export", "P-Z", "--node", "case").code == 2


def test_records_are_deleted_those_first_that_link(filled):
    ran = filled("delete", "P-Q", "--node", "experiment", "--all", "--dry-run")
    assert (ran.code, "--node, --id and --all exclude each other" in ran.err) == (2, True)
    planned = filled("delete", "P-Q", "--node", "experiment", "resource", "--dry-run").json
    assert (planned["counts"], planned["dry_run"]) == ({"resource": 2, "experiment": 2}, True)
    ran = filled("delete", "P-Q", "--all", tty=True, typed="n\n")
    assert (ran.code, "2 resource, 2 experiment" in ran.err) == (130, True)
    ran = filled("delete", "P-Q", "--node", "experiment", "--yes")
    assert (ran.code, "resource" in ran.err) == (1, True)
    one = filled("export", "P-Q", "--node", "resource").json[0]["id"]
    assert filled("delete", "P-Q", "--id", one).json["counts"] == {"resource": 1}
    assert filled("delete", "P-Q", "--all").json["total"] == 3
    assert filled("query", '{node(first: 0, of_type: ["experiment", "resource"]){id}}').json == {"node": []}
    assert filled("delete", "P-Q").code == 2
    assert filled("delete", "P-Q", "--id", "gone").code == 2


def test_all_rows_of_a_query_come_page_by_page(filled):
    text = "query ($first: Int, $offset: Int) {experiment(first: $first, offset: $offset) {submitter_id}}"
    assert {row["submitter_id"] for row in filled("query", text, "--rows").json} == {"e1", "e2"}
    assert filled("query", "{experiment{id}}", "--rows").code == 2
    assert filled("query", text, "--rows", "--guppy").code == 2


def test_that_a_commons_may_have_more_than_it_gives_by_itself_is_reported(gen3, work):
    (work / "e.tsv").write_text(
        "type\tsubmitter_id\tprojects.code\n" + "".join(f"experiment\te{n}\tQ\n" for n in range(12))
    )
    assert gen3("submit", "P-Q", "e.tsv").code == 0
    ran = gen3("query", "{experiment{submitter_id}}")
    assert (len(ran.json["experiment"]), "there may be more" in ran.err) == (10, True)
    assert "may be more" not in gen3("query", "{experiment(first: 10){submitter_id}}").err


def test_the_explorer_s_records_are_rows(gen3, omics_sandbox, work):
    omics_sandbox.gen3.guppy.put("subject", [{"submitter_id": f"s{n}", "age": n} for n in range(5)])
    ran = gen3("explore", "subject", "--fields", "submitter_id", "age", "--sort", "age:desc", "--limit", "2")
    assert ran.json == [{"submitter_id": "s4", "age": 4}, {"submitter_id": "s3", "age": 3}]
    assert (ran.code, "there are more than 2 records" in ran.err) == (3, True)
    assert gen3("explore", "subject", "--fields", "age", "--limit", "5").code == 0
    chosen = gen3("explore", "subject", "--fields", "age", "--filter", '{">": {"age": 2}}', "--out", "rows.jsonl")
    piped = gen3("explore", "subject", "--fields", "age", "--filter", '{">": {"age": 2}}', "--out", "-")
    assert (piped.code, piped.stdout) == (0, (work / "rows.jsonl").read_bytes())
    assert (chosen.code, chosen.out, "2 records" in chosen.err) == (0, "", True)
    assert {json.loads(line)["age"] for line in (work / "rows.jsonl").read_text().splitlines()} == {3, 4}
    assert gen3("query", "--guppy", '{subject(first: 1, sort: [{age: "asc"}]) {age}}').json == {"subject": [{"age": 0}]}


def test_a_dash_is_stdout(gen3, work):
    (work / "e.tsv").write_text(EXPERIMENTS)
    assert gen3("submit", "P-Q", "e.tsv").code == 0
    words = ("export", "P-Q", "--node", "experiment")
    assert gen3(*words, "--out", "file.jsonl").code == 0
    assert gen3(*words, "--out", "-").stdout == (work / "file.jsonl").read_bytes()
    assert len(gen3("export", "P-Q", "--node", "experiment", "--out", "-").out.splitlines()) == 2
    assert not (work / "-").exists()


def test_a_table_without_rows_is_not_called_right(gen3, work):
    (work / "zero.tsv").write_text("")
    (work / "zero.csv").write_text("\n")
    (work / "head.tsv").write_text("type\tsubmitter_id\n")
    (work / "blank.csv").write_text("type,submitter_id\n,\n\n")
    (work / "none.json").write_text("[]")
    (work / "none.jsonl").write_text("")
    (work / "e.tsv").write_text(EXPERIMENTS)
    for name in ("zero.tsv", "zero.csv"):
        for words in (("validate",), ("submit", "P-Q")):
            ran = gen3(*words, name)
            assert (ran.code, f"{name}: the file is empty" in ran.err) == (2, True)
    for name in ("head.tsv", "blank.csv", "none.json", "none.jsonl"):
        ran = gen3("validate", name)
        assert (ran.code, ran.err) == (0, f"omics: {name} has no rows; nothing was checked\n")
    ran = gen3("validate", "head.tsv", "e.tsv")
    assert ran.err == "omics: head.tsv has no rows; nothing was checked\nomics: nothing is wrong\n"
