"""`omics dtp`: submissions, and downloads of data sets."""

import json
import os
import sys
from pathlib import Path

import pytest
from dtp_project import DATASET, EXPERIMENT, PROGRAM, PROJECT, case
from interrupting import interrupted
from omicsdk.sandbox import Rule
from orthanc import needs_orthanc, running, study
from sds_sheets import DESCRIPTION, GOOD_SUBJECTS, write_sheet
from service_command import gen3_command

pytestmark = pytest.mark.sandbox

OMICS = str(Path(sys.executable).with_name("omics"))
HERE = ("--program", PROGRAM, "--project", PROJECT)


@pytest.fixture
def dtp(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs `omics dtp` in an empty folder; the commons has the project, without records."""
    for name in ("OMICS_DTP_URL", "OMICS_DTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    omics_sandbox.gen3.records.seed(PROGRAM, PROJECT)
    return lambda *words, **how: omics("dtp", *words, installed=True, **how)


@pytest.fixture
def data_set(dtp, work):
    """The folder of a data set of two subjects."""
    folder = work / DATASET
    folder.mkdir()
    write_sheet(folder / "dataset_description.xlsx", DESCRIPTION)
    write_sheet(folder / "subjects.xlsx", GOOD_SUBJECTS)
    return folder


@pytest.fixture
def misspelt(data_set):
    """The same with a header that is misspelt."""
    header, *rows = GOOD_SUBJECTS
    write_sheet(data_set / "subjects.xlsx", [["subjekt id", *header[1:]], *rows])
    return data_set


def test_an_invalid_data_set_is_not_called_right(dtp, work):
    folder = work / "nothing"
    folder.mkdir()
    (folder / "README.txt").write_text("Where the data are")
    ran = dtp("validate", "nothing", "--project", PROJECT)
    assert (ran.code, "No records found in the folder nothing" in ran.err) == (2, True)
    assert "An SDS data set has dataset_description.xlsx" in ran.err
    submitted = dtp("submit", "nothing", *HERE)
    assert (submitted.code, "No records found" in submitted.err) == (2, True)


@pytest.mark.parametrize(
    "words", [("validate", "nothing"), ("convert", "nothing", "out", "--project", "p"), ("submit", "nothing", *HERE)]
)
def test_a_missing_source_is_reported_before_the_commons_is_used(omics, words):
    ran = omics("dtp", *words, installed=True)
    assert (ran.code, "nothing does not exist" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("submit", ".", "--program"),
        ("query", "--projects", "--program"),
        ("export", "case", "--project"),
        ("validate", ".", "--experiment"),
    ],
)
def test_an_empty_name_is_not_that_of_the_settings(omics, tmp_path, words):
    (settings := tmp_path / "dtp.json").write_text('{"gen3_program": "demo", "gen3_project": "p"}')
    ran = omics("dtp", *words, "", "--config", str(settings), installed=True)
    assert (ran.code, f"{words[-1]}: the value is empty" in ran.err) == (2, True)


def test_a_data_set_goes_to_the_commons_and_comes_back(dtp, data_set, work):
    made = dtp("convert", DATASET, "records", "--project", PROJECT)
    counts = {row["node"]: row["records"] for row in made.json}
    assert (made.code, counts) == (0, {"experiment": 1, "dataset_description": 1, "case": 2})
    assert "4 records written to records" in made.err
    dry = dtp("submit", "records", *HERE, "--dry-run")
    assert (dry.code, {row["status"] for row in dry.json}) == (0, {"valid"})
    assert dtp("query", "{experiment{submitter_id}}").json == {"experiment": []}
    sent = dtp("submit", "records", *HERE)
    assert (sent.code, sent.json[0]["type"], "4 created" in sent.err) == (0, "experiment", True)
    text = "query($name: [String]) {experiment(submitter_id: $name){submitter_id cases{subject_id}}}"
    (experiment,) = dtp("query", text, "--variables", json.dumps({"name": [DATASET]})).json["experiment"]
    assert len(experiment["cases"]) == 2
    back = dtp("export", "--sds", "restored", "--experiment", DATASET, *HERE)
    assert [row["file"] for row in back.json] == ["restored/dataset_description.xlsx", "restored/subjects.xlsx"]
    again = dtp("convert", "restored", "again", "--project", PROJECT, "--experiment", DATASET)
    assert again.code == 0
    for name in ("experiment.json", "dataset_description.json", "subjects.json"):
        assert (work / "again" / name).read_bytes() == (work / "records" / name).read_bytes()


def test_faults_are_reported_with_their_place_and_nothing_is_written(dtp, misspelt, work):
    ran = dtp("convert", DATASET, "records", "--project", PROJECT)
    assert (ran.code, ran.out) == (1, "")
    assert "subjects.xlsx" in ran.err
    assert "subject id" in ran.err
    assert "nothing was written" in ran.err.lower()
    assert not (work / "records").exists()


def test_records_with_faults_can_be_left_out(dtp, data_set):
    header, first, *rest = GOOD_SUBJECTS
    write_sheet(data_set / "subjects.xlsx", [header, first, [first[0], *rest[0][1:]], *rest])
    refused = dtp("convert", DATASET, "records", "--project", PROJECT)
    assert refused.code == 1
    ran = dtp("convert", DATASET, "records", "--project", PROJECT, "--skip-invalid")
    assert ran.code == 3
    assert {row["node"]: row["records"] for row in ran.json}["case"] >= 1


def test_validation_states_what_is_wrong_as_rows(dtp, misspelt):
    ran = dtp("validate", DATASET, "--project", PROJECT)
    assert ran.code == 1
    row = ran.json[0]
    assert list(row)[:4] == ["file", "sheet", "row", "column"]
    assert row["file"].endswith("subjects.xlsx")
    table = dtp("validate", DATASET, "--project", PROJECT, "--output", "tsv")
    assert table.out.splitlines()[0].startswith("file\tsheet\trow\tcolumn\tvalue\tmessage")


def test_what_is_right_is_stated(dtp, data_set):
    ran = dtp("validate", DATASET, "--project", PROJECT)
    assert (ran.code, ran.json, "nothing is wrong" in ran.err) == (0, [], True)
    assert dtp("convert", DATASET, "records", "--project", PROJECT).code == 0
    assert dtp("validate", "records").code == 0


def test_records_are_held_against_what_exists(dtp, work):
    (work / "cases.json").write_text(json.dumps([case(1)]))
    assert dtp("validate", "cases.json").code == 0
    ran = dtp("validate", "cases.json", *HERE)
    assert (ran.code, ran.json[0]["column"]) == (1, "experiments")


def test_nothing_is_right_in_a_project_that_does_not_exist(dtp, work, data_set):
    (work / "e.json").write_text(json.dumps([{"type": "experiment", "submitter_id": "e", "projects": [{"code": "Z"}]}]))
    for source in ("e.json", DATASET):
        ran = dtp("validate", source, "--program", PROGRAM, "--project", "Z")
        assert (ran.code, "no project 'Z'" in ran.err, "nothing is wrong" in ran.err) == (2, True, False)
        assert dtp("validate", source, "--project", "Z").code == 0


def test_a_dictionary_of_one_s_own_needs_no_commons(dtp, data_set, work, monkeypatch, omics_sandbox):
    document = omics_sandbox.gen3.records.dictionary.document
    (work / "dictionary.json").write_text(json.dumps(document))
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    words = ("convert", DATASET, "records", "--project", PROJECT)
    nowhere = dtp(*words)
    assert (nowhere.code, "--schema-dir" in nowhere.err) == (2, True)
    assert dtp(*words, "--schema-dir", "dictionary.json").code == 0
    assert dtp("validate", DATASET, "--project", PROJECT, "--schema-dir", "dictionary.json").code == 0
    gone = dtp(*words, "--schema-dir", "gone")
    assert (gone.code, "No dictionary found at gone" in gone.err) == (2, True)


def test_records_that_are_refused_do_not_hinder_the_others(dtp, omics_sandbox, work):
    experiment = {"type": "experiment", "submitter_id": DATASET, "projects": [{"code": PROJECT}]}
    (work / "r.json").write_text(json.dumps([case(1), case(2, age=3), experiment]))
    ran = dtp("submit", "r.json", *HERE, "--refused")
    assert (ran.code, [row["submitter_id"] for row in ran.json]) == (3, [f"{DATASET}-subjects-sub-2"])
    assert "r.json, row 2, column age" in ran.err
    assert "2 created" in ran.err
    ran = dtp("submit", "r.json", *HERE, "--all-or-nothing")
    assert (ran.code, {row["status"] for row in ran.json}) == (3, {"invalid", "failed"})
    assert dtp("submit", "r.json", *HERE, "--journal", "j").code == 3
    assert "2 unchanged" in dtp("submit", "r.json", *HERE, "--journal", "j").err


def test_settings_say_where_and_who_and_which_project(dtp, data_set, omics_sandbox, monkeypatch, work):
    key = json.loads((work.parent / "credentials.json").read_text())
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    common = f"[gen3]\nendpoint = {omics_sandbox.gen3_url}\nprogram = {PROGRAM}\nproject = {PROJECT}\n"
    (work / "file.ini").write_text(common + f"cred_file = {work.parent / 'credentials.json'}\n")
    (work / "key.ini").write_text(common + f"api_key = {key['api_key']}\napi_key_id = {key['key_id']}\n")
    (work / "key.ini").chmod(0o600)
    (work / "gen3.json").write_text(
        json.dumps({"gen3_endpoint": omics_sandbox.gen3_url, "gen3_cred_file": str(work.parent / "credentials.json")})
    )
    for settings in ("file.ini", "key.ini"):
        assert dtp("convert", DATASET, "records", "--config", settings).code == 0
        assert dtp("submit", "records", "--config", settings).code == 0
        assert len(dtp("query", "--node", "case", "--config", settings).json) == 2
    assert dtp("query", "--projects", "--config", "gen3.json").json == [{"program": PROGRAM, "project": PROJECT}]
    bad = dtp("query", "--node", "case", "--config", "gen3.json")
    assert (bad.code, "--program" in bad.err) == (2, True)
    assert dtp("query", "--projects", "--config", "gone.ini").code == 2
    nobody = dtp("query", "--projects", "--endpoint", omics_sandbox.gen3_url)
    assert (nobody.code, "--access-token" in nobody.err) == (4, True)


def test_records_and_projects_are_queried(dtp, omics_sandbox, work):
    experiment = {"type": "experiment", "submitter_id": DATASET, "projects": [{"code": PROJECT}]}
    omics_sandbox.gen3.records.seed(PROGRAM, PROJECT, [experiment, case(1)])
    omics_sandbox.gen3.records.seed("other", "x")
    assert {"program": "other", "project": "x"} in dtp("query", "--projects").json
    assert dtp("query", "--projects", "--program", PROGRAM).json == [{"program": PROGRAM, "project": PROJECT}]
    assert [row["subject_id"] for row in dtp("query", "--node", "case", *HERE).json] == ["sub-1"]
    (work / "q.graphql").write_text("{case{subject_id}}")
    assert dtp("query", "@q.graphql", "--query", "case[0].subject_id").out == "sub-1\n"
    assert dtp("query", "-", typed="{case{subject_id}}").json == {"case": [{"subject_id": "sub-1"}]}
    for words in ((), ("{case{id}}", "--projects"), ("--projects", "--variables", "{}"), ("@gone",)):
        assert dtp("query", *words).code == 2
    wrong = dtp("query", "{case{nothing}}")
    assert (wrong.code, "nothing" in wrong.err) == (1, True)
    meant = dtp("query", "--node", "cases", *HERE)
    assert (meant.code, "Did you mean 'case'?" in meant.err) == (1, True)
    meant = dtp("query", "--node", "case", "--program", PROGRAM, "--project", "12l")
    assert (meant.code, "Did you mean '12L'?" in meant.err) == (2, True)


def test_records_are_exported(dtp, omics_sandbox, work):
    experiment = {"type": "experiment", "submitter_id": DATASET, "projects": [{"code": PROJECT}]}
    _, uuid = omics_sandbox.gen3.records.seed(PROGRAM, PROJECT, [experiment, case(1)])
    assert [row["subject_id"] for row in dtp("export", "case", *HERE).json] == ["sub-1"]
    assert dtp("export", "--record", uuid, *HERE).json["subject_id"] == "sub-1"
    assert dtp("export", "case", "--file", "-", *HERE).out == dtp("export", "case", *HERE).out
    assert not (work / "-").exists()
    for name in ("cases.tsv", "cases.json"):
        ran = dtp("export", "case", "--file", name, *HERE)
        assert (ran.json, "1 record written to" in ran.err) == ({"file": name, "records": 1}, True)
        assert "updated" in dtp("submit", name, *HERE).err
    assert dtp("export", "--record", uuid, "-f", "one", "--format", "tsv", *HERE).code == 0
    assert (work / "one").read_text().startswith("type\tid\tproject_id\tsubmitter_id\t")
    for words in (
        (),
        ("case", "--record", uuid),
        ("case", "--format", "tsv"),
        ("case", "--file", "x.xml"),
        ("case", "--file", "cases.tsv"),
        ("case", "--file", "gone/cases.tsv"),
        ("--sds", "d"),
    ):
        assert dtp("export", *words, *HERE).code == 2, words
    assert dtp("export", "case", "--file", "cases.tsv", "--overwrite", *HERE).code == 0
    assert dtp("export", "case").code == 2
    gone = dtp("export", "--sds", "d", "--experiment", DATASET.replace("version-1", "version-2"), *HERE)
    assert (gone.code, DATASET in gone.err) == (1, True)


def test_a_submission_shows_on_a_terminal_how_far_it_is(dtp, work):
    experiment = {"type": "experiment", "submitter_id": DATASET, "projects": [{"code": PROJECT}]}
    (work / "r.json").write_text(json.dumps([experiment, case(0)]))
    ran = dtp("submit", "r.json", *HERE, tty=True)
    assert "\r\x1b[K1 records submitted...\r\x1b[K2 records submitted...\r\x1b[Komics: 2 created of 2 rows\n" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_submission_that_ctrl_c_stopped_continues(dtp, omics_sandbox, work):
    experiment = {"type": "experiment", "submitter_id": DATASET, "projects": [{"code": PROJECT}]}
    (work / "r.json").write_text(json.dumps([experiment, *(case(number) for number in range(9))]))
    command = [OMICS, "dtp", "submit", "r.json", *HERE, "--chunk-size", "1", "--journal", "j"]
    omics_sandbox.add_faults(Rule("stall", path=f"*/{PROGRAM}/{PROJECT}", method="PUT", nth=5, times=1))
    code, out, err = interrupted(omics_sandbox, command, dict(os.environ))
    assert (code, out) == (130, "")
    assert "Stopped after 4 created. Accepted records are kept." in err
    again = dtp("submit", "r.json", *HERE, "--journal", "j")
    # what was under way may have been taken, too, without its response having come
    assert again.err.strip() in (
        "omics: 4 unchanged, 6 created of 10 rows",
        "omics: 4 unchanged, 1 updated, 5 created of 10 rows",
    )
    assert again.code == 0


def test_records_without_rows_are_not_called_right(dtp, work):
    (work / "head.tsv").write_text("type\tsubmitter_id\n")
    ran = dtp("validate", "head.tsv", *HERE)
    assert (ran.code, "head.tsv has no row" in ran.err, "nothing is wrong" in ran.err) == (0, True, False)


UID = "1.2.826.0.1.3680043.8.498.7"
FILES = {"primary/sub-1/sam-1/a.nrrd": b"a" * 500, "primary/sub-2/b.nrrd": b"b" * 300}


@pytest.fixture
def commons(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs `omics dtp` in an empty folder; the commons has a data set of two subjects."""
    for name in ("OMICS_DTP_URL", "OMICS_DTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    omics_sandbox.gen3.records.seed(PROGRAM, PROJECT, [EXPERIMENT, case(1, subject_id=f"sub-{UID}"), case(2)])
    return lambda *words, **how: omics("dtp", *words, installed=True, **how)


@pytest.fixture
def zone(commons, work, monkeypatch):
    """An iRODS zone that has the data set's files, and settings that refer to it."""
    pytest.importorskip("irods", reason="python-irodsclient isn't installed: pip install 'omicsdk[dtp]'")
    import irods.session
    from irods_stand_in import PASSWORD, ROOT, Session, StandIn

    made = StandIn()
    for name, data in FILES.items():
        made.put(f"{DATASET}/{name}", data)
    monkeypatch.setattr(irods.session, "iRODSSession", lambda **options: Session(made, options["password"]))
    settings = {"host": "irods.example.org", "user": "rods", "password": PASSWORD, "zone": "zone", "project_root": ROOT}
    (work / "irods.json").write_text(json.dumps({f"irods_{name}": value for name, value in settings.items()}))
    (work / "irods.json").chmod(0o600)
    return made


def test_files_come_from_irods_and_metadata_from_the_commons(commons, zone, work):
    ran = commons(
        "download", DATASET, "data", "--storage-config", "irods.json", "--program", PROGRAM, "--project", PROJECT
    )
    assert ran.code == 0
    assert ran.json["counts"] == {"done": 2, "skipped": 0, "failed": 0, "stopped": 0, "metadata": 2}
    for name, data in FILES.items():
        assert (work / "data" / DATASET / name).read_bytes() == data
    assert (work / "data" / DATASET / "subjects.xlsx").is_file()
    assert {file["name"] for file in ran.json["files"]} == set(FILES)
    again = commons("download", DATASET, "data", "--config", "irods.json", "--report", "r.jsonl")
    assert (again.code, again.json["counts"]["skipped"]) == (0, 2)
    assert (work / "r.jsonl").is_file()


def test_a_file_that_fails_does_not_stop_the_others(commons, zone, work):
    zone.put(f"{DATASET}/bad.nrrd", b"x", checksum=lambda _: "sha2:" + "A" * 43 + "=")
    ran = commons("download", DATASET, "--config", "irods.json")
    assert (ran.code, ran.json["counts"]["failed"], ran.json["counts"]["done"]) == (3, 1, 2)
    assert "bad.nrrd" in ran.err
    assert not (work / DATASET / "bad.nrrd").exists()


def test_a_dry_run_lists_the_files_and_writes_nothing(commons, zone, work):
    before = sorted(work.rglob("*"))
    ran = commons("download", DATASET, "data", "--config", "irods.json", "--dry-run")
    assert (ran.code, ran.json["counts"]["planned"]) == (0, 2)
    assert {(row["target"], row["size"], row["checksum"]) for row in ran.json["files"]} == {
        (str(work / "data" / DATASET / name), len(data), "sha256") for name, data in FILES.items()
    }
    assert sorted(work.rglob("*")) == before


def test_what_cannot_begin_states_why(commons, zone, work):
    nowhere = commons("download", DATASET)
    assert (nowhere.code, "--config" in nowhere.err) == (2, True)
    gone = commons("download", "gone", "--config", "irods.json")
    assert (gone.code, "gone" in gone.err) == (1, True)
    assert commons("download", DATASET, "--config", "irods.json", "--storage", "pacs").code == 2
    (work / "both.json").write_text(json.dumps({"storage": "irods", **json.loads((work / "irods.json").read_text())}))
    contrary = commons("download", DATASET, "--config", "both.json", "--storage", "pacs")
    assert (contrary.code, "both.json has irods" in contrary.err) == (2, True)
    assert commons("download", DATASET, "--config", "irods.json", "--report", "r.pdf").code == 2
    zone.down = "Could not connect"
    down = commons("download", DATASET, "--config", "irods.json")
    assert (down.code, "irods.example.org" in down.err) == (1, True)
    settings = json.loads((work / "irods.json").read_text())
    zone.down = ""
    (work / "irods.json").write_text(json.dumps({**settings, "irods_password": "wrong"}))
    refused = commons("download", DATASET, "--config", "irods.json")
    assert (refused.code, "wrong" in refused.err) == (4, False)


def test_without_a_login_only_files_come(commons, zone, monkeypatch):
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    ran = commons("download", DATASET, "--config", "irods.json")
    assert (ran.code, ran.json["metadata"]) == (0, [])
    assert "metadata is left out" in ran.err


@needs_orthanc
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a socket that pynetdicom leaves open
def test_images_come_from_a_pacs(commons, work, tmp_path, omics_sandbox):
    images = study(UID, [2])
    with running(tmp_path) as archive:
        archive.put(*images.values())
        (work / "workflow.ini").write_text(
            f"[gen3]\nendpoint = {omics_sandbox.gen3_url}\nprogram = {PROGRAM}\nproject = {PROJECT}\n"
            f"[pacs]\nip = 127.0.0.1\nport = {archive.port}\naec = ORTHANC\naet = OMICSDK\n"
        )
        ran = commons("download", DATASET, "data", "--config", "workflow.ini")
    # the second subject has no images in the archive
    assert (ran.code, ran.json["counts"]["done"], "sub-2" in ran.err) == (3, 2, True)
    for name in images:
        assert (work / "data" / DATASET / name).is_file()
    down = commons("download", DATASET, "data", "--config", "workflow.ini")
    assert (down.code, "127.0.0.1" in down.err) == (1, True)
