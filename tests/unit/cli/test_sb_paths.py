"""sb:// paths: what they name, and what is refused with words that help."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.sb import SbPath, WrongPath
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
    ("text", "told"),
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
def test_an_invalid_path_is_refused_with_what_to_do(text, told):
    with pytest.raises(WrongPath) as caught:
        parse(text)
    assert told in str(caught.value)
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
