"""`omics sb` projects, members and apps: what is requested of the platform, and what is printed of its responses."""

import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from omicsdk.cli.commands.sb import projects
from omicsdk.cli.commands.sb.projects import ProjectFields, members
from omicsdk.cli.output import Console
from omicsdk.core import UsageError
from omicsdk.sb import SevenBridges

NONE = dict.fromkeys(("read", "copy", "write", "execute", "admin"), False)
PROJECT = {
    "id": "o/p",
    "name": "P",
    "type": "v2",
    "category": "PRIVATE",
    "created_by": "o",
    "modified_on": "t",
    "tags": ["x"],
}
TOOL = {"class": "CommandLineTool", "cwlVersion": "v1.2", "inputs": [], "outputs": [], "label": "é"}


class Platform:
    """One project, with members and an app, and billing groups."""

    def __init__(self) -> None:
        self.members = {"me": dict.fromkeys(NONE, True), "ada": {**NONE, "read": True}}
        self.groups = ["g1"]
        self.changes: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, json.loads(request.content or b"null")
        if request.method != "GET":
            self.changes.append((request.method, path, body))
        match path.strip("/").split("/"):
            case _ if request.method == "DELETE":
                return httpx.Response(204)
            case ["projects", "o", "p", "members"] if request.method == "GET":
                response: Any = [{"username": name, "permissions": rights} for name, rights in self.members.items()]
            case ["billing", "groups"]:
                response = [{"href": "h", "id": id, "name": id.upper()} for id in self.groups]
            case ["apps", *_, "raw"]:
                response = {**TOOL, **(body or {}), "sbg:id": "o/p/a/2"}
            case ["apps", *rest]:
                response = {"id": "/".join(rest), "name": "a", "project": "o/p", "revision": 2, "raw": TOOL}
            case ["projects", *rest] if request.method == "GET" and len(rest) < 2:
                response = [{"href": "h", **PROJECT, "name": f"{rest} {request.url.params.get('name')}"}]
            case _:
                response = {"href": "h", **PROJECT}
        return httpx.Response(200, json={"href": "h", "items": response} if isinstance(response, list) else response)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def client(platform: Platform) -> Iterator[SevenBridges]:
    with SevenBridges("https://x.example.org", credentials="t", transport=httpx.MockTransport(platform)) as made:
        yield made


class Asked(Console):
    """Keeps the questions, and answers them as is set."""

    def __init__(self) -> None:
        super().__init__(stderr=io.StringIO())
        self.questions: list[str] = []
        self.agrees = False

    def confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.agrees


def test_members_are_added_and_changed_as_far_as_they_differ(client: Any, platform: Platform):
    names = ["me", "ada", "zoe", "new@example.org"]
    done = members(client, "o/p", add=names, permissions=("read", "admin"), console=Asked())
    rights = {**NONE, "read": True, "admin": True}
    less = {"copy": False, "write": False, "execute": False}
    assert platform.changes == [
        ("PATCH", "/projects/o/p/members/me/permissions", less),
        ("PATCH", "/projects/o/p/members/ada/permissions", {"admin": True}),
        ("POST", "/projects/o/p/members", {"username": "zoe", "permissions": rights}),
        ("POST", "/projects/o/p/members", {"email": "new@example.org", "permissions": rights}),
    ]
    assert (done.line, done.total) == ("4 members of o/p changed", 4)
    assert [row["username"] for row in done.rows] == ["me", "ada"]
    platform.changes.clear()
    assert projects.allow_members(client, "o/p", ["ada"], console=Asked()).line == "1 member of o/p changed"
    assert platform.changes == []
    unchanged = members(client, "o/p", console=Asked())
    assert (unchanged.line, unchanged.total) == ("", 0)


def test_members_are_removed_after_a_question(client: Any, platform: Platform):
    console = Asked()
    for agrees, changes in ((False, []), (True, [("DELETE", "/projects/o/p/members/ada", None)])):
        console.agrees = agrees
        done = projects.remove_members(client, "o/p", ["ada"], console=console)
        assert (platform.changes, done.line) == (changes, "1 member of o/p changed" if agrees else "")
    assert console.questions == ["ada will lose access to o/p. Continue?"] * 2
    with pytest.raises(UsageError, match="ada is in both --add and --remove"):
        members(client, "o/p", add=["ada", "zoe"], remove=["ada", "me"], console=console)
    assert len(platform.changes) == 1


def test_projects_are_listed_by_owner_and_name_and_deleted_after_a_question(client: Any, platform: Platform):
    assert list(projects.list_projects(client)) == [{**PROJECT, "name": "[] None"}]
    assert list(projects.list_projects(client, owner="me", name="x")) == [{**PROJECT, "name": "['me'] x"}]
    console = Asked()
    assert projects.remove_projects(client, ["o/p"], dry_run=True, console=console).rows == [
        {"deleted": "o/p", "name": "P"}
    ]
    for agrees, changes in ((False, []), (True, [("DELETE", "/projects/o/p", None)])):
        console.agrees = agrees
        projects.remove_projects(client, ["o/p"], console=console)
        assert platform.changes == changes
    effect = ", and deletes all files, tasks and apps in it. Continue?"
    assert console.questions == [f"Deleting project o/p cannot be undone{effect}"] * 2


@pytest.mark.parametrize(("groups", "named"), [([], "none"), (["g1", "g2"], r"g1 \(G1\), g2 \(G2\)")])
def test_the_only_billing_group_pays_for_a_new_project(client: Any, platform: Platform, groups: list[str], named: str):
    done = projects.create_project(client, "P", fields=ProjectFields())
    assert done.line == "created o/p; billing group g1 pays for it"
    platform.groups = groups
    with pytest.raises(UsageError, match=f"there are {len(groups)} billing groups: {named}"):
        projects.create_project(client, "P", fields=ProjectFields())
    projects.create_project(client, "P", fields=ProjectFields(billing_group="g9"))
    assert [body["billing_group"] for _, _, body in platform.changes] == ["g1", "g9"]


def test_an_app_is_printed_and_installed_with_a_note(client: Any, platform: Platform, tmp_path: Any):
    printed = projects.get_app(client, "o/p/a")
    assert (printed.text.strip(), printed.data) == (json.dumps(TOOL, indent=2, ensure_ascii=False), TOOL)
    (tmp_path / "a.cwl").write_text(json.dumps(TOOL))
    shown = projects.install_app(client, str(tmp_path / "a.cwl"), "o/p/a", dry_run=True)
    assert (shown.rows, platform.changes) == (TOOL, [])
    done = projects.install_app(client, str(tmp_path / "a.cwl"), "o/p/a", note="better")
    assert [body for _, _, body in platform.changes] == [{**TOOL, "sbg:revisionNotes": "better"}]
    assert (done.rows["revision"], done.line) == (2, "installed o/p/a as revision 2")
