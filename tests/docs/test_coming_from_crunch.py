"""The page for those who come from django-crunch's client: what it names is there, and every example runs."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from coming_from import ComingFrom, Run, check_names
from omicsdk.sandbox import Sandbox
from unsettled import without_proxies

PAGE = ComingFrom("crunch")
DOCUMENTED = {
    "Connection": (
        *("add_attributes", "add_boolean_attribute", "add_char_attribute", "add_dataset", "add_date_attribute"),
        *(
            "add_datetime_attribute",
            "add_filesize_attribute",
            "add_float_attribute",
            "add_integer_attribute",
            "add_item",
        ),
        *("add_key_value_attribute", "add_lat_long_attribute", "add_project", "add_url_attribute", "get_headers"),
        *("get_json_response", "send_status"),
    ),
    "Run": ("crunch_subdir", "send_status", "setup", "storage", "upload", "workflow"),
    "diagnostics": ("get_diagnostics", "git_revision", "version"),
}
"""What the published documentation of the client lists."""


def test_the_imports_that_it_shows_work():
    PAGE.check_imports()


def test_names_that_it_tells_are_there():
    check_names(PAGE.text)


def test_the_commands_are_there():
    assert PAGE.check_commands("crunch", "crunch") == 17


@pytest.mark.parametrize("of", DOCUMENTED)
def test_every_documented_call_is_in_an_example(of: str):
    owner = {"Connection": r"connection\.", "Run": r"run\.", "diagnostics": ""}[of]
    text = "\n".join(PAGE.examples.values())
    assert [name for name in DOCUMENTED[of] if not re.search(rf"\b{owner}{name}\b", text)] == []


# -- examples


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, omics_sandbox: Sandbox) -> Path:
    """Where the examples run: the site is that of the variables, and a storage and a script are there."""
    without_proxies(monkeypatch)
    monkeypatch.setenv("CRUNCH_URL", omics_sandbox.crunch_url)
    monkeypatch.setenv("CRUNCH_TOKEN", omics_sandbox.crunch_token)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    shutil.copy(omics_sandbox.crunch_storage_settings, "storage.json")
    (tmp_path / "storage").symlink_to(json.loads(Path("storage.json").read_text())["MEDIA_ROOT"])
    script = tmp_path / "count.sh"
    script.write_text("#!/bin/sh\nls > counts.txt\n")
    script.chmod(0o755)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    """Runs an example after the page's first lines, and gives the names that it has made."""
    with PAGE.running() as running:
        yield running


def statuses(made: SimpleNamespace) -> list[tuple[int, int, str]]:
    kept = made.connection.get_json_response("api/statuses/")["results"]
    return [(status["stage"], status["state"], status["note"]) for status in kept]


def test_every_example_is_run_by_a_test():
    PAGE.check_all_are_run(__file__)


def test_adding(run: Run):
    made = run("adding.py")
    assert (made.project, made.dataset) == ("my-project", "my-project:data-set-1")
    assert made.item == "my-project:data-set-1:sample-1"
    assert (made.why, made.status) == (("item with this name already exists.",), 400)
    assert made.connection.get_json_response("api/projects/my-project/")["workflow"] == made.workflow.strip()


def test_attributes(run: Run):
    made = run("attributes.py")
    attributes = made.connection.get_json_response(f"api/items/{made.item}/")["attributes"]
    values = {
        attribute["key"]: attribute.get("value", (attribute.get("latitude"), attribute.get("longitude")))
        for attribute in attributes
    }
    assert values == {
        "reads": 25,
        "organism": "Mus musculus",
        "concentration": 1.5,
        "lanes": 4,
        "bytes": 1073741824,
        "paired": True,
        "protocol": "https://example.org/protocol",
        "sequenced": "2024-05-06T07:08:00Z",
        "checked": "2024-05-07T09:10:00Z",
        "collected": "2023-12-31",
        "frozen": "2024-01-02",
        "where": (-37.8136, 144.9631),
        "batch": "first",
        "strain": "C57BL/6",
        "weight": 21.4,
        "male": False,
        "litter": 7,
        "born": "2023-11-02",
    }


def test_requests(run: Run, omics_sandbox: Sandbox):
    made = run("requests.py")
    assert made.headers == {"Authorization": f"Token {omics_sandbox.crunch_token}"}
    assert made.address == f"{omics_sandbox.crunch_url}/api/datasets/"
    assert made.dataset["slug"] == made.waiting == "sandbox:example-reads"
    assert (made.posted.status_code, made.posted.json()["slug"]) == (201, "sandbox:by-hand")


def test_statuses(run: Run):
    made = run("statuses.py")
    assert statuses(made) == [(1, 1, ""), (1, 3, "The storage isn't mounted")]
    assert (len(made.facts), made.facts["queue"]) == (15, "none")
    assert made.worker.startswith(made.version())


def test_a_run(run: Run):
    made = run("run.py")
    assert made.counts == "reads.fastq 25\n"
    assert [status[:2] for status in statuses(made)] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]


def test_stages(run: Run):
    made = run("stages.py")
    assert not made.failed
    assert (made.run.working_directory / "counts.txt").read_text() == "counts.txt\nreads.fastq\n"
    assert {"dataset.json", "project.json", "setup_md5_checksums.json", "workflow.log"} <= set(made.kept)
    assert (list(made.folders), list(made.files)) == ([], ["reads.fastq"])


def test_typed(run: Run):
    made = run("typed.py")
    assert (made.slugs, made.description) == (["sandbox:example-reads"], "25 reads")
