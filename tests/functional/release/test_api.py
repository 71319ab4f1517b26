"""Changes that break programs of the last release are detected, and no others."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.release

SOURCE = '''
"""A package."""

from thing.deeper import fetch as fetch

__all__ = ["Box", "Failed", "fetch", "send"]

class Failed(ValueError): ...

class Box:
    """A box."""

    size: int = 3

    def __init__(self, name: str, *, deep: bool = False) -> None: ...

    def open(self, key: str, hard: bool = False, *, wait: float = 1.0) -> str: ...

    @property
    def title(self) -> str: ...

    def _inner(self, key): ...

async def send(box: Box, *more: int, **options: str) -> None: ...
def hidden(a): ...
'''
DEEPER = """
def fetch(name: str, /, count: int = 1) -> list[str]: ...
"""


@pytest.fixture
def listed(tmp_path: Path):
    """The listing of the package after some replacements of text."""
    from listing import listing

    made = iter(range(9))

    def listed(*edits: tuple[str, str]):
        source, deeper = SOURCE, DEEPER
        for old, new in edits:
            assert old in source + deeper
            source, deeper = source.replace(old, new), deeper.replace(old, new)
        folder = tmp_path / str(next(made))
        (folder / "thing").mkdir(parents=True)
        (folder / "thing" / "__init__.py").write_text(source)
        (folder / "thing" / "deeper.py").write_text(deeper)
        return listing([folder], ("thing",))

    return listed


def test_public_names_are_listed_with_their_signatures(listed):
    from listing import as_text, from_text

    signatures = listed()
    assert signatures == {
        "thing.Box": "class ()",
        "thing.Box.__init__": "def (name: str, *, deep: bool = False) -> None",
        "thing.Box.open": "def (key: str, hard: bool = False, *, wait: float = 1.0) -> str",
        "thing.Box.size": "attribute int",
        "thing.Box.title": "attribute str",
        "thing.Failed": "class (ValueError)",
        "thing.fetch": "def (name: str, /, count: int = 1) -> list[str]",
        "thing.send": "async def (box: Box, *more: int, **options: str) -> None",
    }
    assert from_text(as_text(signatures)) == signatures


LATE = """
from typing import TYPE_CHECKING

from thing.deeper import fetch as fetch

if TYPE_CHECKING:
    from thing.boxes import Box as Box
    from thing.boxes import Lid
else:
    __getattr__, __dir__ = names()
"""


def test_names_that_are_resolved_late_are_listed(tmp_path: Path):
    from listing import listing

    (tmp_path / "thing").mkdir()
    for name, text in {"__init__": LATE, "deeper": DEEPER, "boxes": "class Box: ...\nclass Lid: ...\n"}.items():
        (tmp_path / "thing" / f"{name}.py").write_text(text)
    assert listing([tmp_path], ("thing",)).keys() == {"thing.Box", "thing.fetch"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key: str, hard: bool = False, *", "key: str, *", "thing.Box.open has no argument hard any more"),
        ("def open(", "def unlock(", "thing.Box.open is gone"),
        ("hard: bool = False", "hard: bool = True", "thing.Box.open has hard = True; it was False"),
        ("hard: bool = False", "hard: bool", "thing.Box.open needs the argument hard"),
        ("key: str, hard", "key: str, lid: str, hard", "thing.Box.open needs the new argument lid"),
        ("hard: bool = False, *,", "lid: bool = False, hard: bool = False, *,",
         "thing.Box.open has the new argument lid before those that were there"),
        ("key: str, hard: bool = False, *", "key: str, *, hard: bool = False", "thing.Box.open takes hard by name only"),
        ("/, count", "count", None),
        ("count: int = 1", "number: int = 1", "thing.fetch has no argument count any more"),
        ("async def send", "def send", "thing.send is a function; it was an async function"),
        ("*more: int, ", "", "thing.send takes no *more any more"),
        (", **options: str", "", "thing.send takes no **options any more"),
        ("    @property\n", "", "thing.Box.title is a function; it was an attribute"),
        ("Failed(ValueError)", "Failed(Exception)", "thing.Failed is no ValueError any more"),
        ('"Box", ', "", "thing.Box is gone"),
        # What breaks nothing.
        ("wait: float = 1.0", "wait: float = 1.0, more: int = 2", None),
        ("class Failed", "def fresh(): ...\nclass Failed", None),
        ("_inner(self, key)", "_inner(self)", None),
        ("hidden(a)", "hidden()", None),
        ("-> list[str]", "-> list[str] | None", None),
        ("wait: float", "wait: int", None),
    ],
)  # fmt: skip
def test_a_change(listed, old, new, message):
    from breaking import changes

    breaking = [str(change) for change in changes(listed(), listed((old, new))) if change.breaking]
    assert (message in breaking) if message else not breaking


def test_changed_types_are_reported_and_break_nothing(listed):
    from breaking import changes

    edits = (("-> list[str]", "-> set[str]"), ("wait: float", "wait: int"), ("size: int", "size: str"))
    assert [(str(change), change.breaking) for change in changes(listed(), listed(*edits))] == [
        ("thing.Box.open has wait: int; it was float", False),
        ("thing.Box.size is str; it was int", False),
        ("thing.fetch gives set[str]; it was list[str]", False),
    ]


def test_a_name_that_refers_elsewhere_is_compared_as_what_it_refers_to():
    from breaking import changes

    old = {"a.Box": "class ()", "a.Box.open": "def (key)", "b.Box": "is a.Box"}
    moved = {"b.Box": "class ()", "b.Box.open": "def (key)", "a.Box": "is b.Box"}
    assert changes(old, moved) == []
    shut = {"a.Box": "class ()", "a.Box.open": "def (key, hard)", "b.Box": "is a.Box"}
    assert [str(change) for change in changes(old, shut)] == ["a.Box.open needs the new argument hard"]
    gone = {"b.Box": "class ()", "b.Box.open": "def ()"}
    assert [str(change) for change in changes(old, gone)] == [
        "a.Box is gone",
        "b.Box.open has no argument key any more",
    ]


CHANGELOG = """\
# Changelog

## [Unreleased]

### Breaking

- `Box.open(key=)` and `thing.fetch` are gone.

### Added

- `thing.send`.

## [1.0.0] - 2026-01-01

### Breaking

- `thing.Failed`
"""


def test_what_the_change_log_names_may_break():
    from api import report
    from breaking import Change, is_named, named

    names = named(CHANGELOG, "1.0.0")
    assert names == named(CHANGELOG, None) == {"Box.open", "thing.fetch"}
    assert named(CHANGELOG, "0.9.0") == {*names, "thing.Failed"}
    assert is_named("thing.Box.open", names)
    assert is_named("thing.fetch", names)
    assert not is_named("thing.Box.close", names)
    assert not is_named("thing.open", {"open"})
    assert is_named("thing.Box.open", {"thing.Box"})
    assert is_named("thing.Box.close", {"hard="}, "hard")
    assert not is_named("thing.Box.close", {"hard"}, "hard")
    allowed, other = Change("thing.Box.open", "is gone"), Change("thing.send", "is gone")
    assert report([allowed], names)[1] is False
    lines, broken = report([allowed, other], names)
    assert broken
    assert lines[-2:] == ["breaks programs:", "  thing.send is gone"]


def test_the_last_release_is_the_newest_commit_before_this_one_that_dated_a_section(tmp_path):
    from api import last_release

    changelog = tmp_path / "CHANGELOG.md"

    def git(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words], cwd=tmp_path, check=True)

    def commit(text):
        changelog.write_text(text)
        git("add", "CHANGELOG.md")
        git("commit", "-q", "-m", "change")
        words = ["git", "rev-parse", "HEAD"]
        return subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    commit("# Changelog\n\n## [Unreleased]\n")
    assert last_release(tmp_path) is None
    nine = commit("# Changelog\n\n## [Unreleased]\n\n## [0.9.0] - 2026-01-01\n")
    assert last_release(tmp_path) is None
    ten = commit(changelog.read_text().replace("## [0.9.0]", "## [0.10.0] - 2026-02-01\n\n## [0.9.0]"))
    assert last_release(tmp_path) == ("0.9.0", nine)
    commit(changelog.read_text().replace("2026-02-01", "2026-02-02"))
    assert last_release(tmp_path) == ("0.10.0", ten)
    changelog.write_text(changelog.read_text().replace("## [0.10.0]", "## [0.11.0] - 2026-03-01\n\n## [0.10.0]"))
    assert last_release(tmp_path) == ("0.10.0", ten)


def test_the_committed_listing_can_be_read():
    from api import BASELINE
    from listing import from_text

    names = from_text(BASELINE.read_text(encoding="utf-8"))
    assert names["omicsdk.Dss.get_bundle"] == "is omicsdk_api.dss.DssApi.get_bundle"
    assert names["omicsdk_api.dss.DssApi.get_bundle.__call__"].startswith("def (*, uuid: str, replica: Literal")
    assert names["omicsdk.TruncatedTransfer"].startswith("class (")
