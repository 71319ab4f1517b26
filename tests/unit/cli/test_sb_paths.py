"""Paths, projects and parts of `omics sb`."""

import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.commands.sb import projects
from omicsdk.cli.commands.sb.projects import ProjectFields, members
from omicsdk.cli.output import Console
from omicsdk.core import UsageError
from omicsdk.sb import SbPath, SevenBridges, WrongPath
from omicsdk.sb.paths import app_id, checked_name, is_file_id, is_path, parse, project_id

NAME = st.text(
    st.characters(blacklist_characters="/", blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12
).filter(lambda name: name not in (".", ".."))
PATH = st.builds(SbPath, NAME, NAME, st.lists(NAME, max_size=4).map(tuple), st.booleans())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sb://", SbPath()),
        ("sb://me", SbPath("me")),
        ("sb://me/", SbPath("me", is_folder=True)),
        ("sb://me/p", SbPath("me", "p")),
        ("SB://me/p/", SbPath("me", "p", (), is_folder=True)),
        ("sb://me/p/a b?.txt", SbPath("me", "p", ("a b?.txt",))),
        ("sb://me/p/reads/100%/", SbPath("me", "p", ("reads", "100%"), is_folder=True)),
    ],
)
def test_a_path_is_read(text, expected):
    assert parse(text) == expected


@given(PATH)
def test_a_path_is_written_as_it_is_read(path):
    again = parse(str(path))
    assert (again.owner, again.project_name, again.names) == (path.owner, path.project_name, path.names)
    assert again.is_folder == (path.is_folder or not path.names)


@given(PATH, NAME)
def test_a_child_is_below_its_folder(path, name):
    child = path.child(name)
    assert child.name == name
    assert child.below(path) == (name,)
    assert child.parent.names == path.names
    assert child.parent.is_folder


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("me/p/a.bam", "is not an sb:// path"),
        ("sb:/me/p", "Did you mean sb://me/p?"),
        ("sb:me/p", "Did you mean sb://me/p?"),
        ("s3://bucket/key", "Only sb:// paths are allowed here"),
        ("sb:///p", "empty name"),
        ("sb://me//a", "empty name"),
        ("sb://me/p//", "empty name"),
        ("sb://me/p/../q", "is not supported in paths"),
        ("sb://me/p/a\nb", "control characters"),
        ("", "is not an sb:// path"),
    ],
)
def test_an_invalid_path_is_refused_with_what_to_do(text, message):
    with pytest.raises(WrongPath) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.remedy
    assert isinstance(caught.value, UsageError)


def test_a_project_is_needed_where_one_is_requested():
    assert parse("sb://me/p/x").project == "me/p"
    for text in ("sb://", "sb://me"):
        with pytest.raises(WrongPath, match="names no project"):
            _ = parse(text).project


def test_what_is_elsewhere_is_not_below():
    with pytest.raises(WrongPath, match="is not in"):
        parse("sb://me/p/a/b").below(parse("sb://me/p/c/"))
    with pytest.raises(WrongPath, match="is not in"):
        parse("sb://me/p/a/b").below(parse("sb://me/q/a/"))


@pytest.mark.parametrize("text", ["me/p", "sb://me/p", "sb://me/p/"])
def test_a_project_may_be_an_id_or_a_path(text):
    assert project_id(text) == "me/p"


@pytest.mark.parametrize("text", ["me", "me/p/x", "sb://me", "sb://me/p/x", "s3://me/p"])
def test_other_objects_are_no_project(text):
    with pytest.raises(WrongPath):
        project_id(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("me/p/bwa", ("me/p/bwa", None)), ("me/p/bwa/3", ("me/p/bwa", 3)), ("sb://me/p/bwa/0", ("me/p/bwa", 0))],
)
def test_an_app_may_have_a_revision(text, expected):
    assert app_id(text) == expected


@pytest.mark.parametrize(
    "text", ["me/p", "me/p/bwa/x", "me/p/bwa/3/4", "bwa", "me/p/bwa/\u0663", f"me/p/bwa/{'1' * 5000}"]
)
def test_other_objects_are_no_app(text):
    with pytest.raises(WrongPath):
        app_id(text)


def test_ids_and_paths_are_distinguished():
    assert is_file_id("5f3c1b2a9d8e7f6a5b4c3d2e")
    assert not is_file_id("sb://me/p")
    assert not is_file_id("a.bam")
    assert is_path("sb://x")
    assert not is_path("x")


@pytest.mark.parametrize("name", ["", "a/b", "x" * 256])
def test_names_that_the_platform_refuses_are_refused_here(name):
    with pytest.raises(WrongPath):
        checked_name(name)
    assert checked_name("x" * 255) == "x" * 255


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
