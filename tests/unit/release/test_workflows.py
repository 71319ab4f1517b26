"""Workflows run what a developer can run, with no more rights than they need."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
WRITES = {
    ("release", "build"): {"id-token", "attestations"},
    ("release", "publish"): {"id-token"},
    ("release", "announce"): {"contents"},
}
"""Jobs that may write, and what."""
UNTRUSTED = re.compile(r"\$\{\{\s*(?:github\.(?:event|head_ref|ref_name|actor)|inputs)\b")


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values() if "jobs" in workflow else [workflow["runs"]]:
        yield from job["steps"]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


@each_workflow
def test_every_make_target_is_there(path):
    used = {
        word
        for step in steps(read(path))
        for line in re.findall(r"^make (.*?)(?: #.*)?$", step.get("run", ""), re.MULTILINE)
        for word in line.split()
        if "=" not in word
    }
    assert used
    assert used <= targets()


@each_workflow
def test_rights_are_stated_and_least(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        written = {right for right, how in job.get("permissions", {}).items() if how == "write"}
        assert written == WRITES.get((path.stem, name), set())
        assert job["timeout-minutes"] <= 60


# The action that users name in their own workflows is kept to the same rules.
each_file = pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.stem)


@each_file
def test_what_others_name_is_no_code(path):
    assert "pull_request_target" not in path.read_text(encoding="utf-8")
    for step in steps(read(path)):
        assert not UNTRUSTED.search(step.get("run", "")), "give it as a variable of the environment"


@each_file
def test_actions_are_named_by_commit_and_keep_no_token(path):
    for line in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8")):
        assert line == "./ # zizmor: ignore[self-repository] as GitHub documents it" or re.fullmatch(
            r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line
        )
    for step in steps(read(path)):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_the_full_tests_run_on_each_python_and_those_of_the_base_on_the_newest():
    jobs = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    matrix = jobs["test"]["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14", "3.15"]
    assert {(job["os"], job["python"]) for job in matrix["include"]} == {
        (f"{system}-latest", python) for system in ("macos", "windows") for python in ("3.11", "3.14")
    }
    assert "exclude" not in matrix
    versions = {name: python_of(job) for name, job in jobs.items() if name != "action"}
    assert versions["test"] == {"python-version": "${{ matrix.python }}"}
    assert versions["base"] == {"python-version": "3.15"}
    for name, target in (("test", "make test"), ("base", "make test-base")):
        assert target in [step.get("run") for step in jobs[name]["steps"]]
        assert not any(step.get("continue-on-error") for step in [jobs[name], *jobs[name]["steps"]])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={matrix['python'][0]}"


def python_of(job: dict[str, Any]) -> dict[str, Any]:
    (step,) = (step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@"))
    return step["with"]


def test_only_what_was_tested_is_published():
    jobs = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    commands = {step["run"] for name in jobs["publish"]["needs"] for step in jobs[name]["steps"] if "run" in step}
    assert {"make test-long", "make compat", "make audit licences"} <= commands
    assert "build" in jobs["publish"]["needs"]
    assert jobs["announce"]["needs"] == "publish"


def test_a_release_is_published_without_a_stored_password_and_each_file_is_attested():
    release = ROOT / ".github" / "workflows" / "release.yml"
    workflow, text = read(release), release.read_text(encoding="utf-8")
    assert set(re.findall(r"secrets\.(\w+)|github\.(token)", text)) <= {("GITHUB_TOKEN", ""), ("", "token")}
    (publishing,) = (step for step in steps(workflow) if "uv publish" in step.get("run", ""))
    assert publishing.keys() == {"run"}
    assert "--trusted-publishing always" in publishing["run"]
    assert [path for path in WORKFLOWS if "publish" in path.read_text(encoding="utf-8")] == [release]
    attested = [
        step for step in workflow["jobs"]["build"]["steps"] if step.get("uses", "").startswith("actions/attest")
    ]
    assert {step["uses"].partition("@")[0] for step in attested} == {
        "actions/attest-build-provenance", "actions/attest-sbom",
    }  # fmt: skip
    for step in attested:
        assert step["with"]["subject-path"].split() == ["dist/*.whl", "dist/*.tar.gz"]
    artifact = next(step for step in workflow["jobs"]["build"]["steps"] if step.get("with", {}).get("name") == "beside")
    assert {"dist/SHA256SUMS", "dist/built.json", "dist/*.cdx.json"} == set(artifact["with"]["path"].split())
    assert workflow[True]["push"]["tags"] == ["v[0-9]*"]  # YAML 1.1 reads `on` as true


def test_known_vulnerabilities_are_searched_every_week():
    workflow = read(ROOT / ".github" / "workflows" / "audit.yml")
    (when,) = workflow[True]["schedule"]
    minute, hour, day, month, weekday = when["cron"].split()
    assert (minute.isdecimal(), hour.isdecimal(), day, month, weekday.isdecimal()) == (True, True, "*", "*", True)
    assert any("make audit" in step.get("run", "") for step in steps(workflow))


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.stem != "config"], ids=lambda path: path.stem)
def test_a_form_can_be_filled_in(path):
    form = read(path)
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert any(field["validations"]["required"] for field in fields)
    assert all(field["attributes"]["label"] for field in fields)
