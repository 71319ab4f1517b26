"""Filters select what rclone selects of the same tree with the same rules."""

import shutil
from collections.abc import Generator
from pathlib import Path, PurePath
from typing import NamedTuple

import httpx
import pytest
from claimed_ports import free_port
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from omicsdk.transfer.filters import Filters, WrongPattern
from real_servers import Server, program, running, version_of

LETTERS = "abAB.1 é"
PART = st.text(LETTERS, min_size=1, max_size=3).filter(lambda part: part.strip() == part and part not in (".", ".."))
NAMES = st.lists(st.lists(PART, min_size=1, max_size=3).map("/".join), min_size=1, max_size=8, unique=True)
PIECES = st.sampled_from(
    [
        "a",
        "b",
        "A",
        ".",
        "1",
        "é",
        "*",
        "**",
        "?",
        "/",
        "[ab]",
        "[^a]",
        "[[:digit:]]",
        "{a,b*}",
        "{.,}",
        r"\*",
        "{{a+}}",
        "***",
        "{",
        "]",
    ]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=5).map("".join).filter(lambda text: text.strip() == text)
RULES = st.lists(st.tuples(st.sampled_from("+-"), PATTERNS), min_size=1, max_size=4)
SIZES = st.none() | st.integers(0, 4)


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """rclone as a server of its commands: a process for each example would take most of the time."""
    command, folder, port = program("rclone"), tmp_path_factory.mktemp("rclone"), free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["rcd", "--rc-no-auth", "--rc-addr", f"127.0.0.1:{port}", "--config", folder / "none.conf"]
    with running([command, *words], url, folder):
        yield Server("rclone", version_of([command, "version"]), url, folder)


def tree(folder: Path, names: list[str]) -> list[str]:
    """Make files of several sizes in an empty folder; names that others have as folders are left out."""
    shutil.rmtree(folder, ignore_errors=True)
    made: list[str] = []
    for number, name in enumerate(names):
        path = folder / name
        if any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in names):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * (number % 5))
        made.append(name)
    return made


class Listed(NamedTuple):
    """What rclone lists.

    Attributes:
        files: The files.
        folders: The folders that it searched, "" for the top.
    """

    files: set[str]
    folders: set[str]


def listed(rclone: Server, folder: Path, **filters: object) -> Listed | None:
    """What rclone selects; None where it refuses the rules."""
    payload = {"fs": str(folder), "remote": "", "opt": {"recurse": True}, "_filter": filters}
    response = httpx.post(f"{rclone.url}/operations/list", json=payload, trust_env=False)
    if response.is_error:
        return None
    entries = response.json()["list"]
    files = {entry["Path"] for entry in entries if not entry["IsDir"]}
    return Listed(files, {"", *(entry["Path"] for entry in entries if entry["IsDir"])})


def check(theirs: Listed | None, ours: set[str] | None) -> None:
    """Compare selections; files in folders that rclone does not search, since it takes them to have none, are ours only."""
    if theirs is None or ours is None:
        assert (theirs, ours) == (None, None)
        return
    searched = {name for name in ours if {str(above) for above in PurePath(name).parents} - {"."} <= theirs.folders}
    assert searched == theirs.files


def selected(folder: Path, names: list[str], filters: Filters) -> set[str]:
    return {name for name in names if filters.fits(name, (folder / name).stat().st_size)}


@pytest.mark.tried("filters: Hypothesis-made rules select the same files, or are refused by both")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, rules=RULES)
@example(names=["a/b", "b"], rules=[("+", "a/"), ("-", "*")])
@example(names=["a/b", "a/a"], rules=[("+", "a/b"), ("-", "/a/")])
@example(names=["a/b", "b/a", "a1"], rules=[("-", "a**")])
def test_rules_of_a_file(rclone: Server, tmp_path: Path, names: list[str], rules: list[tuple[str, str]]) -> None:
    folder, file = tmp_path / "tree", tmp_path / "rules"
    made = tree(folder, names)
    assume(made)
    file.write_text("".join(f"{sign} {pattern}\n" for sign, pattern in rules))
    theirs = listed(rclone, folder, FilterFrom=[str(file)])
    try:
        ours = selected(folder, made, Filters(filter_from=[file]))
    except WrongPattern:
        ours = None
    check(theirs, ours)


@pytest.mark.tried("filters: --include, --exclude, --min-size and --max-size, together")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=NAMES,
    include=st.lists(PATTERNS, max_size=2),
    exclude=st.lists(PATTERNS, max_size=2),
    least=SIZES,
    most=SIZES,
)
def test_options(
    rclone: Server,
    tmp_path: Path,
    names: list[str],
    include: list[str],
    exclude: list[str],
    least: int | None,
    most: int | None,
) -> None:
    folder = tmp_path / "tree"
    made = tree(folder, names)
    assume(made)
    sizes = {name: size for name, size in (("MinSize", least), ("MaxSize", most)) if size is not None}
    theirs = listed(rclone, folder, IncludeRule=include, ExcludeRule=exclude, **sizes)
    try:
        ours = selected(folder, made, Filters(include=include, exclude=exclude, min_size=least, max_size=most))
    except WrongPattern:
        ours = None
    check(theirs, ours)
