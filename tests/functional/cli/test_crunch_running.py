"""`omics crunch run`, `next` and `loop`: what ends with which code, and what the site is reported."""

from pathlib import Path

import pytest
from omicsdk.crunch import Crunch
from omicsdk.crunch.requests import CrunchExchange

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
    return [(each.stage, each.state) for each in kept if each.dataset == number]


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
    ("words", "code", "said"),
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
def test_what_cannot_be_leaves_every_dataset_as_it_is(crunch, site, monkeypatch, words, code, said):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    ran = crunch(*words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
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
    sending = CrunchExchange.send

    def signed_out(self, request, *, stream=False):
        if request.url.endswith("datasets/looped:l2/"):
            with Crunch(self.transport.base_url, credentials="0" * 40) as nobody:
                return sending(nobody._exchange, request, stream=stream)
        return sending(self, request, stream=stream)

    monkeypatch.setattr(CrunchExchange, "send", signed_out)
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
    sending = CrunchExchange.send

    def slow(self, request, *, stream=False):
        response = sending(self, request, stream=stream)
        if request.url.endswith("/next/") and response.json()["dataset"] == "looped:l1":
            site.api.send_status(dataset=number, stage=1, state=1, hostname="other")
        return response

    monkeypatch.setattr(CrunchExchange, "send", slow)
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
