"""`omics crunch`: objects, and running datasets."""

import json
from pathlib import Path

import pytest
from omicsdk.core.response import Exchange
from omicsdk.crunch import Crunch

ITEM = "sandbox:example-reads"


def attributes(site, item=ITEM):
    return {attribute["key"]: attribute for attribute in site.get_json_response(f"api/items/{item}/")["attributes"]}


# -- where, and who


def test_what_is_missing_is_named(crunch, monkeypatch):
    monkeypatch.delenv("CRUNCH_TOKEN")
    ran = crunch("add-project", "X")
    assert (ran.code, "Set CRUNCH_TOKEN" in ran.err, "(--access-token)" in ran.err, ran.out) == (4, True, True, "")
    monkeypatch.delenv("CRUNCH_URL")
    ran = crunch("add-project", "X")
    assert (ran.code, "set CRUNCH_URL" in ran.err, "(--base-url)" in ran.err) == (4, True, True)


def test_where_and_who_can_be_stated_in_several_ways(crunch, monkeypatch, omics_sandbox):
    for name in ("CRUNCH_URL", "CRUNCH_TOKEN"):
        monkeypatch.delenv(name)
    url, token = omics_sandbox.crunch_url, omics_sandbox.crunch_token
    show = ("api", "get-project", "--slug", "sandbox")
    assert crunch(*show, "--url", url, "--token", token).json["name"] == "Sandbox"
    assert crunch("--url", url, "--token", token, *show).code == 0
    assert crunch(*show, "--base-url", url, "--access-token", token).code == 0
    monkeypatch.setenv("OMICS_CRUNCH_URL", url)
    monkeypatch.setenv("OMICS_CRUNCH_TOKEN", token)
    assert crunch(*show).code == 0
    assert crunch(*show, "--token", "0" * 40).code == 4


def test_a_wrong_token_is_reported_with_what_to_do(crunch, monkeypatch):
    monkeypatch.setenv("CRUNCH_TOKEN", "0" * 40)
    for words in (("add-item", "sandbox", "x"), ("api", "list-projects")):
        ran = crunch(*words)
        assert (ran.code, "Invalid token" in ran.err, "CRUNCH_TOKEN" in ran.err) == (4, True, True)
        assert "0" * 40 not in ran.err


# -- adding


def test_projects_datasets_and_items_are_added(crunch, site, tmp_path):
    script = tmp_path / "count.sh"
    script.write_text("#!/bin/sh\necho é\n", encoding="utf-8")
    ran = crunch("add-project", "My Proj", "--description", "a project", "--details", "# D", "--workflow", str(script))
    assert (ran.code, ran.json["slug"], ran.json["workflow"]) == (0, "my-proj", "#!/bin/sh\necho é")
    assert ran.err.splitlines() == [
        f"omics: Adding project 'My Proj' on the site {site.base_url}",
        f"omics: Posting to {site.base_url}/api/projects/ : {{'name': 'My Proj', 'description': 'a project', "
        "'details': '# D', 'workflow': '#!/bin/sh\\necho é\\n'}",
        "omics: Response 201: Created",
        "omics: Added project 'My Proj'",
    ]
    ran = crunch("add-dataset", "my-proj", "Data Set 1", "--base-file-path", "own/folder", "--no-verbose")
    assert (ran.json["slug"], ran.json["base_file_path"], ran.err) == ("my-proj:data-set-1", "own/folder", "")
    ran = crunch("add-item", "my-proj", "Item é 1", "--description", "d")
    assert ran.json["slug"] == "my-proj:item-e-1"
    assert site.get_json_response("api/items/my-proj:item-e-1/")["description"] == "d"


def test_what_exists_is_skipped_in_a_second_run(crunch, site):
    dataset = ("add-dataset", "sandbox", "Reads 2", "--description", "d", "--base-file-path", "own/folder")
    item = ("add-item", "sandbox:reads-2", "Item 1")
    for words, slug in ((dataset, "sandbox:reads-2"), (item, "sandbox:reads-2:item-1")):
        first, again = crunch(*words), crunch(*words)
        assert (first.code, again.code) == (0, 0)
        assert (first.json["slug"], again.json["slug"]) == (slug, slug)
        assert again.err.splitlines()[-1] == f"omics: Skipped: {slug} already exists"
    assert [row["name"] for row in site.get_json_response("api/datasets/")["results"]].count("Reads 2") == 1
    other = crunch("add-dataset", "sandbox", "Reads 2", "--description", "another")
    assert (other.code, "already exists" in other.err) == (1, True)
    elsewhere = crunch("add-item", "sandbox", "Item 1")
    assert (elsewhere.code, "already exists" in elsewhere.err) == (1, True)


def test_objects_have_the_verbs_of_the_grammar(crunch):
    assert crunch("projects", "create", "P").json["slug"] == "p"
    assert crunch("datasets", "create", "p", "D").json["slug"] == "p:d"
    assert crunch("items", "create", "p:d", "I").json["slug"] == "p:d:i"
    for noun, slug in (("items", "p:d:i"), ("datasets", "p:d"), ("projects", "p")):
        listed = crunch(noun, "ls", "--query", "results[].slug").json
        assert slug in listed
        changed = crunch(noun, "update", slug, "--description", "new")
        assert (changed.code, changed.err) == (0, f"omics: changed /api/{noun}/{slug}/\n")
        assert crunch(noun, "get", slug).json["description"] == "new"
        removed = crunch(noun, "rm", slug)
        assert (removed.code, removed.out, removed.err) == (0, "", f"omics: deleted /api/{noun}/{slug}/\n")
        assert crunch(noun, "get", slug).code == 1
    assert crunch("projects", "rm", "sandbox", "--dry-run").json["method"] == "DELETE"


@pytest.mark.parametrize(
    ("kind", "words", "kept"),
    [
        ("char", ["x y"], "x y"),
        ("float", ["-1.5"], -1.5),
        ("integer", ["-7"], -7),
        ("filesize", ["100"], 100),
        ("boolean", ["True"], True),
        ("url", ["https://example.org"], "https://example.org"),
        ("datetime", ["2020-01-02 03:04"], "2020-01-02T03:04:00Z"),
        ("datetime", ["31/12/2020 23:59", "--format", "%d/%m/%Y %H:%M"], "2020-12-31T23:59:00Z"),
        ("date", ["31/12/2020", "--format", "%d/%m/%Y"], "2020-12-31"),
    ],
)
def test_attributes_are_added(crunch, site, kind, words, kept):
    ran = crunch(f"add-{kind}-attribute", ITEM, "key", *words)
    assert (ran.code, ran.json) == (0, {"item": ITEM, "key": "key", "value": kept})
    assert "Response 201: Created" in ran.err
    assert attributes(site)["key"]["value"] == kept


def test_a_place_is_added(crunch, site):
    ran = crunch("add-lat-long-attribute", ITEM, "where", "-37.8136", "144.9631")
    assert ran.json == {"item": ITEM, "key": "where", "latitude": "-37.813600000", "longitude": "144.963100000"}
    assert attributes(site)["where"] == {"key": "where", "latitude": -37.8136, "longitude": 144.9631}


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("float", "abc", "'abc' is not a number"),
        ("integer", "9223372036854775808", "64 bits"),
        ("filesize", "10MB", "is not a whole number"),
        ("boolean", "maybe", "neither true nor false"),
        ("datetime", "nonsense", "is not a date"),
        ("date", "2020-02-30", "is not a date"),
    ],
)
def test_a_value_that_cannot_be_is_not_sent(crunch, site, omics_sandbox, kind, value, words):
    before = attributes(site)
    ran = crunch(f"add-{kind}-attribute", ITEM, "bad", value)
    assert (ran.code, words in ran.err, ran.out) == (2, True, "")
    assert attributes(site) == before


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["add-project", "Sandbox"], 1, "name: item with this name already exists"),
        (["add-char-attribute", ITEM, "k", ""], 2, "VALUE is required"),
        (
            ["add-lat-long-attribute", ITEM, "k", "1234.5", "0"],
            1,
            "latitude: Ensure that there are no more than 3 digits",
        ),
        (["add-lat-long-attribute", ITEM, "k", "north", "0"], 2, "The latitude 'north' is not a number"),
        (["add-project", "X", "--workflow", "gone.sh"], 2, "--workflow: cannot read gone.sh: No such file"),
        (["files", "nope:nope"], 1, "Check the slug, and CRUNCH_URL or base_url (--base-url)."),
        (["files", ".."], 2, "cannot be '..'"),
    ],
)
def test_a_refusal_shows_in_the_exit_code(crunch, command, code, words):
    ran = crunch(*command)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_workflow_that_is_no_text(crunch, tmp_path):
    file = tmp_path / "work" / "workflow"
    for content, words in ((b"\xff\xfe", "is not UTF-8 text"), (b" \n", "is empty")):
        file.write_bytes(content)
        ran = crunch("add-project", "X", "--workflow", "workflow")
        assert (ran.code, words in ran.err) == (2, True)


# -- looking


def test_the_files_of_a_dataset_are_a_tree(crunch, site, omics_sandbox):
    folder = omics_sandbox.crunch.storage / site.get_json_response(f"api/datasets/{ITEM}/")["base_file_path"]
    (folder / "sub").mkdir()
    (folder / "sub" / "ünï code.txt").write_text("x")
    ran = crunch("files", ITEM)
    assert ran.out.splitlines()[1:] == ["├── sub", "│   └── ünï code.txt", "└── reads.fastq"]
    assert crunch("files", ITEM, "--output", "json").json == ["reads.fastq", "sub/ünï code.txt"]


def test_files_want_to_know_where_they_are(crunch, monkeypatch, tmp_path):
    monkeypatch.delenv("CRUNCH_STORAGE_SETTINGS")
    ran = crunch("files", ITEM)
    assert (ran.code, "CRUNCH_STORAGE_SETTINGS, or pass storage (--storage-settings)" in ran.err) == (2, True)
    ran = crunch("files", ITEM, "--storage-settings", "gone.toml")
    assert ran.code != 0
    assert "gone.toml" in ran.err
    (tmp_path / "work" / "settings.json").write_text(json.dumps({"MEDIA_ROOT": str(tmp_path / "nothing")}))
    ran = crunch("files", ITEM, "--storage-settings", "settings.json")
    assert ran.code != 0
    assert "nothing" in ran.err


def test_diagnostics_need_no_site(crunch, monkeypatch):
    for name in ("CRUNCH_URL", "CRUNCH_TOKEN"):
        monkeypatch.delenv(name)
    ran = crunch("diagnostics")
    assert (ran.code, len(ran.json), ran.err) == (0, 14, "")


def test_operations_use_the_same_settings(crunch):
    assert [dataset["slug"] for dataset in crunch("api", "list-datasets").json["results"]] == [ITEM]
    ran = crunch("api", "delete-dataset", "--slug", ITEM, "--dry-run")
    assert (ran.json["method"], ran.code) == ("DELETE", 0)


def test_help_has_examples(crunch):
    listing = crunch("--help").out
    commands = [
        line.split()[0]
        for line in listing.partition("Commands:")[2].partition("\n\n")[0].splitlines()[1:]
        if line[2] != " "
    ]
    assert len(commands) == 17
    for command in commands:
        shown = crunch(command, "--help").out
        assert f"    omics crunch {command}" in shown, command


EXAMPLE = "sandbox:example-reads"
HAPPY = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
FAILING = "#!/bin/sh\necho bad input é >&2\nexit 3"
PICKY = "#!/bin/sh\n[ -e bad.txt ] && exit 1\necho made > made.txt"


@pytest.fixture
def add(site, omics_sandbox):
    """Adds a project with datasets of one file each, and gives the project's slug."""

    def adding(name, workflow, **datasets):
        slug = site.add_project(name, workflow=workflow).json()["slug"]
        for dataset, file in datasets.items():
            base = f"{slug}/{dataset}"
            site.add_dataset(slug, dataset, base_file_path=base)
            (omics_sandbox.crunch.storage / base).mkdir(parents=True)
            (omics_sandbox.crunch.storage / base / file).write_text("x")
        return slug

    return adding


def statuses(site, slug):
    number = site.get_json_response(f"api/datasets/{slug}/")["id"]
    kept = site.api.list_statuses.iterate()
    return [(entry.stage, entry.state) for entry in kept if entry.dataset == number]


def test_a_run_states_its_stages_and_leaves_the_result(crunch, site, omics_sandbox, tmp_path):
    ran = crunch("run", EXAMPLE, "--workflow", "script")
    folder = tmp_path / "work" / "tmp" / "sandbox--example-reads"
    assert (ran.code, ran.json) == (
        0,
        {"dataset": EXAMPLE, "result": "SUCCESS", "directory": str(folder), "note": ""},
    )
    assert f"omics: Processing '{EXAMPLE}'." in ran.err.splitlines()
    assert ran.err.splitlines()[-1] == f"omics: Processed {EXAMPLE}: SUCCESS"
    assert statuses(site, EXAMPLE) == HAPPY
    assert (folder / "counts.txt").read_text() == "reads.fastq 25\n"
    base = site.get_json_response(f"api/datasets/{EXAMPLE}/")["base_file_path"]
    assert (omics_sandbox.crunch.storage / base / "counts.txt").read_text() == "reads.fastq 25\n"
    assert "counts.txt" in crunch("files", EXAMPLE, "--output", "json").json


def test_a_run_that_fails_ends_with_1(crunch, site, add):
    slug = add("Failing", FAILING, f1="a.txt")
    ran = crunch("run", f"{slug}:f1", "--workflow", "script")
    assert (ran.code, ran.json["result"], ran.json["note"]) == (1, "FAIL", "bad input é")
    assert "Workflow failed failing:f1: bad input é" in ran.err
    assert statuses(site, "failing:f1") == [(1, 1), (1, 2), (2, 1), (2, 3)]


def test_switches(crunch, site, omics_sandbox, tmp_path):
    script = tmp_path / "own.sh"
    script.write_text("#!/bin/sh\nls -A > ls.txt\n")
    script.chmod(0o755)
    words = ["--workflow", "script", "--path", str(script), "--directory", "../elsewhere", "--no-upload"]
    ran = crunch("run", EXAMPLE, *words, "--no-download", "--no-cleanup")
    folder = tmp_path / "elsewhere" / "sandbox--example-reads"
    assert (ran.code, Path(ran.json["directory"]).resolve()) == (0, folder)
    assert (folder / "ls.txt").read_text().split() == [".crunch", "ls.txt"]
    base = omics_sandbox.crunch.storage / site.get_json_response(f"api/datasets/{EXAMPLE}/")["base_file_path"]
    assert [path.name for path in base.iterdir()] == ["reads.fastq"]
    ran = crunch("run", EXAMPLE, "--workflow", "script", "--directory", "../elsewhere", "--cleanup")
    assert (ran.code, folder.exists()) == (0, False)
    assert (base / "counts.txt").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run", "nope:nope", "--workflow", "script"], 1, "Not found"),
        (["run", "..", "--workflow", "script"], 2, "cannot be '..'"),
        (["run", EXAMPLE, "--workflow", "bash"], 2, "--workflow: expected one of snakemake, script"),
        (["run", EXAMPLE, "--workflow", "script", "--path", "gone.sh"], 2, "gone.sh not found"),
        (["run", EXAMPLE], 2, "snakemake not found on the PATH"),
        (["run", EXAMPLE, "--workflow", "script", "--storage-settings", "gone.toml"], 2, "gone.toml"),
        (["next", "--project", "nope", "--workflow", "script"], 1, "Not found"),
        (["loop", "--project", "nope", "--workflow", "script"], 1, "Not found"),
        (["loop", "--project", ".", "--workflow", "script"], 2, "cannot be '.'"),
    ],
)
def test_what_cannot_be_leaves_every_dataset_as_it_is(crunch, site, monkeypatch, words, code, message):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    ran = crunch(*words)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert site.get_json_response("api/statuses/")["count"] == 0


def test_without_storage_settings_nothing_begins(crunch, site, monkeypatch):
    monkeypatch.delenv("CRUNCH_STORAGE_SETTINGS")
    ran = crunch("loop", "--workflow", "script")
    assert (ran.code, "CRUNCH_STORAGE_SETTINGS" in ran.err) == (2, True)
    assert site.get_json_response("api/statuses/")["count"] == 0


def test_next_takes_the_oldest_and_states_when_none_is_left(crunch, site, add):
    slug = add("Looped", PICKY, l1="a.txt")
    words = ["next", "--project", slug, "--workflow", "script"]
    assert crunch(*words).json["dataset"] == "looped:l1"
    ran = crunch(*words)
    assert (ran.code, ran.out, "No more datasets to process" in ran.err) == (1, "", True)
    assert crunch("next", "--workflow", "script").json["dataset"] == EXAMPLE
    assert crunch("next", "--workflow", "script").code == 1


def test_a_loop_continues_after_a_failure_and_states_how_it_ended(crunch, site, add):
    slug = add("Looped", PICKY, l1="a.txt", l2="bad.txt", l3="a.txt")
    words = ["loop", "--project", slug, "--workflow", "script"]
    ran = crunch(*words)
    assert ran.code == 3
    assert [(row["dataset"], row["result"]) for row in ran.json] == [
        ("looped:l1", "SUCCESS"),
        ("looped:l2", "FAIL"),
        ("looped:l3", "SUCCESS"),
    ]
    assert "omics: Loop concluded. Datasets processed: 3, failed: 1." in ran.err.splitlines()
    ran = crunch(*words)
    assert (ran.code, ran.json) == (0, [])
    assert "Loop concluded. Datasets processed: 0" in ran.err
    assert statuses(site, "looped:l3") == HAPPY


@pytest.mark.parametrize(("datasets", "code"), [(("f1", "f2"), 3), (("f1",), 1)])
def test_a_loop_in_which_all_fail_ends_with_3_a_single_one_with_1(crunch, add, datasets, code):
    slug = add("Failing", FAILING, **dict.fromkeys(datasets, "a.txt"))
    assert crunch("loop", "--project", slug, "--workflow", "script").code == code


def test_a_loop_ends_when_the_site_takes_no_statuses(crunch, omics_sandbox, monkeypatch):
    monkeypatch.setenv("CRUNCH_TOKEN", omics_sandbox.crunch.token_of("reader"))
    ran = crunch("loop", "--workflow", "script")
    assert (ran.code, "You do not have permission" in ran.err) == (3, True)
    assert f"returns {EXAMPLE} again although it was processed" in ran.err
    assert [(row["dataset"], row["result"]) for row in ran.json] == [(EXAMPLE, "FAIL")]


def test_a_loop_that_cannot_continue_states_what_was_done(crunch, add, monkeypatch):
    slug = add("Looped", PICKY, l1="a.txt", l2="a.txt")
    sending = Exchange.send

    def signed_out(self, request, *, stream=False):
        if request.url.endswith("datasets/looped:l2/"):
            with Crunch(self.transport.base_url, credentials="0" * 40) as nobody:
                return sending(nobody._exchange, request, stream=stream)
        return sending(self, request, stream=stream)

    monkeypatch.setattr(Exchange, "send", signed_out)
    ran = crunch("loop", "--project", slug, "--workflow", "script")
    assert (ran.code, "Invalid token" in ran.err) == (3, True)
    assert [(row["dataset"], row["result"]) for row in ran.json] == [("looped:l1", "SUCCESS")]
    assert "Loop stopped. Datasets processed: 1, failed: 0." in ran.err


def test_a_dataset_that_another_runner_has_is_left_to_it(crunch, site, add):
    number = site.get_json_response(f"api/datasets/{EXAMPLE}/")["id"]
    site.api.send_status(dataset=number, stage=2, state=1, hostname="other")
    ran = crunch("run", EXAMPLE, "--workflow", "script")
    assert (ran.code, ran.out, "being run already on other" in ran.err, "--take-over" in ran.err) == (1, "", True, True)
    assert crunch("run", EXAMPLE, "--workflow", "script", "--take-over").code == 0


def test_next_resumes_where_another_runner_was_faster(crunch, site, add, monkeypatch):
    slug = add("Looped", PICKY, l1="a.txt", l2="a.txt")
    number = site.get_json_response("api/datasets/looped:l1/")["id"]
    sending = Exchange.send

    def slow(self, request, *, stream=False):
        response = sending(self, request, stream=stream)
        if request.url.endswith("/next/") and response.json()["dataset"] == "looped:l1":
            site.api.send_status(dataset=number, stage=1, state=1, hostname="other")
        return response

    monkeypatch.setattr(Exchange, "send", slow)
    ran = crunch("next", "--project", slug, "--workflow", "script")
    assert (ran.code, ran.json["dataset"]) == (0, "looped:l2")
    assert "looped:l1 is being run already on other" in ran.err


def test_two_datasets_without_a_base_path_share_a_folder_which_is_warned_of_and_refused(crunch, site, omics_sandbox):
    site.add_project("Shared", workflow="#!/bin/sh\ndate > made.txt")
    first = crunch("add-dataset", "shared", "One", "--no-verbose")
    assert (first.code, first.err) == (0, "")
    second = crunch("add-dataset", "shared", "Two", "--no-verbose")
    assert (second.code, second.json["base_file_path"]) == (0, first.json["base_file_path"])
    assert "shared:two shares the folder crunch/shared of the storage with shared:one" in second.err
    assert "--base-file-path" in second.err
    nested = crunch("add-dataset", "shared", "In", "--base-file-path", "/crunch//shared/in", "--no-verbose")
    assert "shared:in shares the folder /crunch//shared/in of the storage with shared:one, shared:two" in nested.err
    folder = omics_sandbox.crunch.storage / "crunch" / "shared"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("x")
    for words in (("run", "shared:two"), ("next", "--project", "shared"), ("loop", "--project", "shared")):
        ran = crunch(*words, "--workflow", "script")
        assert (ran.code, ran.out, "--allow-shared-folder" in ran.err) == (1, "", True)
    assert [path.name for path in folder.iterdir()] == ["a.txt"]
    assert (statuses(site, "shared:one"), statuses(site, "shared:two")) == ([], [])
    ran = crunch("run", "shared:two", "--workflow", "script", "--allow-shared-folder")
    assert (ran.code, statuses(site, "shared:two")) == (0, HAPPY)
    assert (folder / "made.txt").exists()
