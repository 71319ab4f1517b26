"""The page for those who come from django-crunch's client: what it names is there, and every example runs."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "coming-from-crunch.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, str] = dict(
    re.findall(r"^<!-- (\S+\.py) -->\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
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

Example = Callable[[str], SimpleNamespace]


def test_the_imports_that_it_shows_work():
    shown = re.findall(r"`((?:from|import) omicsdk[^`]*)`", PAGE)
    assert len(shown) >= 5
    for line in shown:
        exec(line, {})


def test_names_that_it_tells_are_there():
    for path in set(re.findall(r"`(omicsdk(?:\.\w+)+)`", PAGE)):
        module, _, name = path.rpartition(".")
        try:
            importlib.import_module(path)
        except ImportError:
            assert hasattr(importlib.import_module(module), name), path


def test_the_commands_are_there():
    rows = re.findall(r"^\| `crunch ([^`]+)` \| `omics crunch ([^`]+)` \|", PAGE, re.MULTILINE)
    assert len(rows) == 17
    assert [row for row in rows if row[0] != row[1]] == []
    omics = Path(sys.executable).with_name("omics")
    for _, word in rows:
        shown = subprocess.run([omics, "crunch", word, "--help"], capture_output=True, text=True, timeout=60)
        assert f"Usage: omics crunch {word}" in shown.stdout, word


@pytest.mark.parametrize("of", DOCUMENTED)
def test_every_documented_call_is_in_an_example(of: str):
    owner = {"Connection": r"connection\.", "Run": r"run\.", "diagnostics": ""}[of]
    text = "\n".join(EXAMPLES.values())
    assert [name for name in DOCUMENTED[of] if not re.search(rf"\b{owner}{name}\b", text)] == []


# -- examples


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, omics_sandbox: Sandbox) -> Path:
    """Where the examples run: the site is that of the variables, and a storage and a script are there."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for scheme in ("http", "https", "all"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)
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
def run(folder: Path) -> Iterator[Example]:
    """Runs an example after the page's first lines, and gives the names that it has made."""
    made: dict[str, Any] = {}

    def running(name: str) -> SimpleNamespace:
        for each in ("begin.py", name):
            exec(compile(EXAMPLES[each], each, "exec"), made)
        return SimpleNamespace(**{key: value for key, value in made.items() if key != "__builtins__"})

    yield running
    made["connection"].close()


def statuses(made: SimpleNamespace) -> list[tuple[int, int, str]]:
    kept = made.connection.get_json_response("api/statuses/")["results"]
    return [(each["stage"], each["state"], each["note"]) for each in kept]


def test_every_example_is_run_by_a_test():
    source = Path(__file__).read_text(encoding="utf-8")
    assert set(EXAMPLES) == set(re.findall(r'\brun\("([^"]+)"\)', source)) | {"begin.py"}
    assert PAGE.partition("\n## Examples\n")[2].partition("\n## ")[0].count("\n```") == 2 * len(EXAMPLES)


def test_adding(run: Example):
    made = run("adding.py")
    assert (made.project, made.dataset) == ("my-project", "my-project:data-set-1")
    assert made.item == "my-project:data-set-1:sample-1"
    assert (made.why, made.status) == (("item with this name already exists.",), 400)
    assert made.connection.get_json_response("api/projects/my-project/")["workflow"] == made.workflow.strip()


def test_attributes(run: Example):
    made = run("attributes.py")
    found = made.connection.get_json_response(f"api/items/{made.item}/")["attributes"]
    values = {each["key"]: each.get("value", (each.get("latitude"), each.get("longitude"))) for each in found}
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


def test_requests(run: Example, omics_sandbox: Sandbox):
    made = run("requests.py")
    assert made.headers == {"Authorization": f"Token {omics_sandbox.crunch_token}"}
    assert made.address == f"{omics_sandbox.crunch_url}/api/datasets/"
    assert made.found["slug"] == made.waiting == "sandbox:example-reads"
    assert (made.posted.status_code, made.posted.json()["slug"]) == (201, "sandbox:by-hand")


def test_statuses(run: Example):
    made = run("statuses.py")
    assert statuses(made) == [(1, 1, ""), (1, 3, "The storage isn't mounted")]
    assert (len(made.facts), made.facts["queue"]) == (15, "none")
    assert made.worker.startswith(made.version())


def test_a_run(run: Example):
    made = run("run.py")
    assert made.counts == "reads.fastq 25\n"
    assert [status[:2] for status in statuses(made)] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]


def test_stages(run: Example):
    made = run("stages.py")
    assert not made.failed
    assert (made.run.working_directory / "counts.txt").read_text() == "counts.txt\nreads.fastq\n"
    assert {"dataset.json", "project.json", "setup_md5_checksums.json", "workflow.log"} <= set(made.kept)
    assert (list(made.folders), list(made.files)) == ([], ["reads.fastq"])


def test_typed(run: Example):
    made = run("typed.py")
    assert (made.slugs, made.description) == (["sandbox:example-reads"], "25 reads")
