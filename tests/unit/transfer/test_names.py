"""No name leads out of the folder, and nothing is fetched when one would."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NameClash, UnsafePath, UsageError
from omicsdk.core.files import in_place_of, unfinished
from omicsdk.transfer.names import (
    WORK_FOLDER,
    LinkGuard,
    NameGuard,
    check_links,
    check_name,
    check_names,
    folds_case,
    is_unfinished,
    safe_name,
    walk_folder,
)
from privileges import as_ordinary_user

PARENT, EMPTY = "contains '..'", "contains an empty part or '.'"
DRIVE, LONG = "begins with a drive letter", "has a part of more than 255 bytes"
JOURNALS, PART = "is where transfers keep their journals", "is a name that transfers give to unfinished files"
WINDOWS = "is not allowed on Windows"
UNSAFE = [
    ("", "is empty"),
    ("/etc/passwd", "is absolute"),
    ("..", PARENT),
    ("../x", PARENT),
    ("a/../../x", PARENT),
    ("a/..", PARENT),
    ("a//b", EMPTY),
    ("a/", EMPTY),
    ("./a", EMPTY),
    ("a/./b", EMPTY),
    ("a\0b", "contains a NUL"),
    ("x" * 256, LONG),
    ("d/" + "ü" * 128, LONG),
    (".omics-transfer/transfer.journal", JOURNALS),
    (".OMICS-Transfer", JOURNALS),
    ("lone\ud800surrogate", "cannot be written as a file name on this system"),
    ("reads.bam.0123abcd.part", PART),
    ("a/reads.bam.0123ABCD.PART", PART),
]
UNSAFE_ON_WINDOWS = [
    ("\\x", "is absolute"),
    ("C:/x", DRIVE),
    ("c:x", DRIVE),
    ("X:155-200.bam", DRIVE),
    ("a::b", DRIVE),
    *(
        (name, WINDOWS)
        for name in ("a\\b", "con", "a/NUL.txt", "com1", "a.", "a ", "a/b. /c", "ab:c", "a?b", "a|b", "a*")
    ),
    *((name, WINDOWS) for name in ("a<b", "a>b", 'a"b', "tab\there", "\x1f", "a/COM².tar.gz")),
]


#: What a server or manifest may state in the place of a name.
UNNAMED: list[tuple[Any, str]] = [
    (None, "is not text"),
    (5, "is not text"),
    (["a"], "is not text"),
    ({"a": 1}, "is not text"),
    (b"a", "is not text"),
    *UNSAFE[:11],
]


def test_a_file_that_is_written_has_the_name_of_an_unfinished_one(tmp_path: Path) -> None:
    with in_place_of(tmp_path / "a.bam"):
        (part,) = tmp_path.iterdir()
        assert is_unfinished(part.name)
        assert unfinished(part.name) == "a.bam"
    assert not is_unfinished("a.bam")


@pytest.mark.parametrize(("name", "reason"), UNNAMED)
def test_an_invalid_name_is_refused_with_its_place(name: Any, reason: str) -> None:
    with pytest.raises(UnsafePath) as caught:
        safe_name(name, "row 7 of m.tsv")
    assert caught.value.message == f"The file name {name!r} of row 7 of m.tsv {reason}"
    with pytest.raises(UnsafePath):
        check_name(name)


def test_a_name_of_one_part_has_no_slash() -> None:
    assert safe_name("a/b", "row 7") == "a/b"
    assert safe_name("a", "row 7", one_part=True) == "a"
    with pytest.raises(UnsafePath) as caught:
        safe_name("a/b", "row 7", one_part=True)
    assert caught.value.reason == "of row 7 contains a slash"


@given(st.text(max_size=9).map(lambda text: text.replace("x", "../").replace("y", "/")))
def test_both_checks_are_one_rule(name: str) -> None:
    try:
        check_name(name)
    except UnsafePath:
        return
    assert safe_name(name, "row 7") == name


@pytest.mark.parametrize(("name", "reason"), UNSAFE)
@pytest.mark.parametrize("windows", [False, True])
def test_unsafe_names(name: str, reason: str, windows: bool) -> None:
    with pytest.raises(UnsafePath) as caught:
        check_name(name, windows=windows)
    assert caught.value.reason == reason
    assert ("Exclude it" in caught.value.remedy) == (reason == PART)  # rclone issue 3770: a download's remains


@pytest.mark.parametrize(("name", "reason"), UNSAFE_ON_WINDOWS)
def test_names_that_only_windows_takes_amiss(name: str, reason: str) -> None:
    with pytest.raises(UnsafePath) as caught:
        check_name(name, windows=True)
    assert caught.value.reason == reason
    check_name(name, windows=False)


@pytest.mark.parametrize(
    "name", ["a", "a/b.c", "a..b", ".hidden", "naïve/Größe", "x" * 255, "ü" * 127, "-rf", "a b", "a.b/c"]
)
def test_safe_names(name: str) -> None:
    check_name(name, windows=True)


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["..", ".", "", "a", "b\\..", "C:", "\0", "~"]), max_size=5).map("/".join)
)
def test_a_name_that_passes_stays_in_the_folder(name: str) -> None:
    try:
        check_name(name)
    except UnsafePath:
        return
    path = os.path.normpath("/target/" + name)
    assert path.startswith("/target/")
    assert path == "/target/" + name


@pytest.mark.parametrize(
    ("names", "folds"),
    [
        (["a", "b", "a"], False),
        (["a/b", "a"], False),
        (["a", "a/b/c"], False),
        (["Readme", "README"], True),
        (["Straße", "STRASSE"], True),
        (["cafe\u0301", "caf\xe9"], True),
        (["a/B", "A/b"], True),
        (["A/b", "a"], True),
    ],
)
def test_clashes(names: list[str], folds: bool) -> None:
    with pytest.raises(NameClash):
        check_names(names, folds_case=folds)


def test_what_does_not_clash() -> None:
    check_names(["a/b", "a/c", "A/b", "ab", "a.b"], folds_case=False)
    check_names(["a/b", "a/c", "ab", "a.b"], folds_case=True)


def test_links_out_of_the_folder(tmp_path: Path) -> None:
    target, outside = tmp_path / "target", tmp_path / "outside"
    (target / "real").mkdir(parents=True)
    outside.mkdir()
    (target / "out").symlink_to(outside)
    (target / "in").symlink_to(target / "real")
    (target / "nowhere").symlink_to(tmp_path / "missing")
    (target / "gone").symlink_to("missing")
    (target / "to-file").symlink_to("file")
    (target / "file").write_bytes(b"")
    assert check_links(["real/y", "in/x", "x"], str(target))
    assert not check_links(["real/y", "new/z", "x", "in"], str(target))
    outwards, nowhere = (
        "points outside the folder through the link {}",
        "passes through {}, a link to nothing or to a file",
    )
    for name, link, reason in (
        ("out/x", "out", outwards),
        ("real/../out/x", "real/../out", outwards),
        ("out/deep/x", "out", outwards),
        ("nowhere/x", "nowhere", outwards),
        ("gone/x", "gone", nowhere),
        ("to-file/x", "to-file", nowhere),
        ("file/x", "file", "needs a folder where the file {} is"),
        ("file/deep/x", "file", "needs a folder where the file {} is"),
    ):
        with pytest.raises(UnsafePath) as caught:
            check_links([name], str(target))
        assert caught.value.reason == reason.format(target / link)
        assert caught.value.remedy == "Nothing was written. Remove it, or choose another folder."


def test_a_link_states_where_a_file_lands(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "in").symlink_to("real")
    (tmp_path / "real" / "up").symlink_to("..")
    guard = LinkGuard(str(tmp_path))
    for name, there in {
        "x": "x",
        "in": "in",  # the file takes the link's own place
        "real/x": "real/x",
        "in/x": "real/x",
        "in/new/x": "real/new/x",
        "in/up/x": "x",
        "real/up/new/x": "new/x",
        "new/x": "new/x",
    }.items():
        assert [guard.check(name), guard.check(name)] == [there, there]
        assert LinkGuard(str(tmp_path)).check(name) == there


def test_in_a_folder_that_does_not_exist_names_has_no_target_else(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    assert not check_links(["x", "a/x"], missing)
    guard = NameGuard(folds_case=False, folder=missing)
    for name in ("x", "a/x", "a/y"):
        guard.check(name)
    with pytest.raises(NameClash):
        guard.check("a/x")


def test_case_of_a_file_system(tmp_path: Path) -> None:
    (tmp_path / "Probe").mkdir()
    folds = (tmp_path / "pROBE").exists()
    assert folds_case(str(tmp_path / "Probe")) is folds
    (tmp_path / "pROBE").mkdir(exist_ok=True)
    assert folds_case(str(tmp_path / "Probe")) is folds
    assert folds_case(os.sep) is (os.name == "nt")  # without letters nothing can be tried


def test_other_names_may_end_like_a_part() -> None:
    check_name("car.part")
    check_name("reads.123.part")


def test_a_folder_is_walked_without_links_to_folders_and_the_work_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("b/2", "b/1", "b/3.0123abcd.part", "a/x/3", f"a/{WORK_FOLDER}/run.journal", "top"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "empty").mkdir()
    (tmp_path / "b" / "back").symlink_to(tmp_path)
    (tmp_path / "b" / "file").symlink_to(tmp_path / "top")
    walked = [(folder.relative_to(tmp_path).as_posix(), names) for folder, names in walk_folder(tmp_path)]
    assert walked == [(".", ["top"]), ("a", []), ("a/x", ["3"]), ("b", ["1", "2", "file"]), ("empty", [])]
    assert f"{tmp_path / 'b' / 'back'} is a link to a folder" in caplog.text
    assert f"{tmp_path / 'b' / '3.0123abcd.part'} is what an interrupted download left" in caplog.text


def test_a_folder_that_cannot_be_read_ends_the_walk_unless_the_caller_takes_note(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    noted: list[OSError] = []
    with as_ordinary_user():
        with pytest.raises(UsageError, match="closed cannot be read: Permission"):
            list(walk_folder(tmp_path))
        assert len(list(walk_folder(tmp_path, noted.append))) == 1
    assert [Path(error.filename).name for error in noted] == ["closed"]
