"""`omics crunch` with a site of django-crunch: projects, datasets, items and attributes, and runs that report their stages."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from claimed_ports import free_port
from command_line import Ran
from real_results import differences
from real_servers import Server, peer, running, version_of_package

TOKEN = "4" * 40
SCRIPT = "#!/bin/sh\nset -e\nwc -c < in.txt > out.txt\n"

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    folder, port = tmp_path_factory.mktemp("crunch"), free_port()
    command = [peer("crunch_site", "bin/python"), Path(__file__).with_name("crunch_site.py"), str(port), TOKEN]
    url = f"http://127.0.0.1:{port}"
    with running(command, f"{url}/api/", folder):
        yield Server("django-crunch", version_of_package("crunch_site", "django-crunch"), url, folder)


@pytest.fixture
def crunch(run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    settings = tmp_path / "storage.toml"
    settings.write_text(
        f'DEFAULT_FILE_STORAGE = "django.core.files.storage.FileSystemStorage"\nMEDIA_ROOT = "{server.folder / "storage"}"\n'
    )
    monkeypatch.setenv("CRUNCH_URL", server.url)
    monkeypatch.setenv("CRUNCH_TOKEN", TOKEN)
    monkeypatch.setenv("CRUNCH_STORAGE_SETTINGS", str(settings))
    return lambda *words: run("crunch", *words)


@pytest.fixture
def project(crunch: Run) -> str:
    """A project of the test's own, with a workflow."""
    name = f"p{uuid4().hex[:12]}"
    Path("flow.sh").write_text(SCRIPT)
    made = crunch("add-project", name, "--description", "d", "--workflow", "flow.sh")
    assert made.code == 0, made.err
    return name


def dataset(crunch: Run, server: Server, project: str, name: str, content: str | None) -> str:
    base = f"files/{project}/{name}"
    made = crunch("add-dataset", project, name, "--base-file-path", base)
    assert made.code == 0, made.err
    folder = server.folder / "storage" / base
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "in.txt").write_text(content)
    return f"{project}:{name}"


def statuses(server: Server, slug: str) -> list[tuple[Any, Any]]:
    """Stage and state of each status that a dataset got, in order."""
    rows: list[Any] = []
    url = f"{server.url}/api/statuses/"
    with httpx.Client(headers={"Authorization": f"Token {TOKEN}"}, trust_env=False) as client:
        id = client.get(f"{server.url}/api/datasets/{slug}/").json()["id"]
        while url:
            page = client.get(url).json()
            rows, url = rows + page["results"], page["next"]
    return [(row["stage"], row["state"]) for row in rows if row["dataset"] == id]


@pytest.mark.tried("projects, datasets and items: create, list by pages, show, change, delete; a second add is skipped")
def test_things_are_made_shown_changed_and_deleted(crunch: Run, project: str) -> None:
    for number in range(23):
        assert crunch("datasets", "create", project, f"d{number}").code == 0
    slugs = {f"{project}:d{number}" for number in range(23)}
    assert set(crunch("datasets", "ls", "--query", "results[].slug", "--output", "json").json) >= slugs
    again = crunch("add-dataset", project, "d1")
    assert (again.code, "already exists" in again.err) == (0, True), again.err
    item = crunch("items", "create", f"{project}:d1", "Item é 1").json["slug"]
    for kind, value in {
        "char": "x y",
        "integer": "-7",
        "float": "1.5",
        "boolean": "true",
        "date": "2026-01-31",
    }.items():
        added = crunch(f"add-{kind}-attribute", item, f"a {kind}", value)
        assert added.code == 0, added.err
    values = {attribute["key"]: attribute["value"] for attribute in crunch("items", "get", item).json["attributes"]}
    assert values == {
        "a char": "x y",
        "a integer": -7,
        "a float": 1.5,
        "a boolean": True,
        "a date": "2026-01-31",
    }
    assert crunch("datasets", "update", f"{project}:d1", "--description", "new").code == 0
    assert crunch("datasets", "get", f"{project}:d1").json["description"] == "new"
    assert crunch("datasets", "rm", f"{project}:d2").code == 0
    missing = crunch("datasets", "get", f"{project}:d2")
    assert (missing.code, "404" in missing.err or "not found" in missing.err.lower()) == (1, True), missing.err


@pytest.mark.tried("run and next: files down, a script, changed files up, a status of each stage")
def test_datasets_are_processed_and_reported(crunch: Run, server: Server, project: str) -> None:
    first, second = (dataset(crunch, server, project, name, "0123456789") for name in ("one", "two"))
    ran = crunch("run", first, "--workflow", "script", "--directory", "runs")
    assert ran.code == 0, ran.err
    assert (server.folder / "storage" / "files" / project / "one" / "out.txt").read_text().strip() == "10"
    assert statuses(server, first) == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert crunch("next", "--project", project, "--workflow", "script", "--directory", "runs").code == 0
    assert statuses(server, second)[-1] == (3, 2)
    none = crunch("next", "--project", project, "--workflow", "script", "--directory", "runs")
    assert (none.code, none.err != "") == (1, True)
    assert "out.txt" in crunch("files", first).out


@pytest.mark.tried("a script that fails: its stage is reported, nothing is uploaded")
def test_a_failed_script_is_reported(crunch: Run, server: Server, project: str) -> None:
    slug = dataset(crunch, server, project, "bad", None)
    ran = crunch("run", slug, "--workflow", "script", "--directory", "runs")
    assert ran.code == 1, ran.err
    assert statuses(server, slug)[-1] == (2, 3)
    assert list((server.folder / "storage" / "files" / project / "bad").iterdir()) == []


@pytest.mark.tried("a wrong token, a project that is not there, a name that is taken")
def test_refusals_are_said(crunch: Run, server: Server, project: str) -> None:
    wrong = crunch("add-dataset", project, "x", "--token", "0" * 40)
    assert (wrong.code, "0" * 40 in wrong.err) == (4, False), wrong.err
    nowhere = crunch("add-dataset", "nope", "x")
    assert (nowhere.code, "nope" in nowhere.err) == (1, True), nowhere.err
    taken = crunch("add-project", project, "--description", "another")
    assert (taken.code, "already exists" in taken.err) == (1, True), taken.err
    headers = {"Authorization": f"Token {TOKEN}"}
    unknown = httpx.get(f"{server.url}/api/projects/nope/next/", headers=headers, trust_env=False)
    assert unknown.status_code == (500 if "next-of-unknown" in differences(server.name) else 404)
    assert crunch("next", "--project", "nope", "--workflow", "script").code == 1
