import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen.naming import (
    DEVICES,
    MAX_LENGTH,
    Wanted,
    argument_name,
    class_name,
    field_name,
    module_name,
    operation_name,
    pascal_case,
    settle,
    snake_case,
)


@pytest.mark.parametrize(
    ("text", "snake", "pascal"),
    [
        ("createdAt", "created_at", "CreatedAt"),
        ("URLPath", "url_path", "URLPath"),
        ("X-DSS-SHA256", "x_dss_sha256", "XDssSha256"),
        ("es_query", "es_query", "EsQuery"),
        ("getV2Foo", "get_v2_foo", "GetV2Foo"),
        ("URLs", "urls", "URLs"),
        ("respone_type", "respone_type", "ResponeType"),
        ("FOO", "foo", "Foo"),
        ("é", "e", "E"),
        ("1st", "n1st", "N1st"),
        ("", "unnamed", "Unnamed"),
        ("\u2028", "unnamed", "Unnamed"),
    ],
)
def test_names_are_spelled_as_python_spells_them(text: str, snake: str, pascal: str) -> None:
    assert snake_case(text) == snake
    assert pascal_case(text) == pascal


@given(st.text())
def test_every_text_becomes_an_identifier(text: str) -> None:
    for make in (argument_name, field_name, operation_name, class_name):
        name = make(text)
        assert name.isidentifier()
        assert name.isascii()
        assert not keyword.iskeyword(name)
        assert not name.startswith("_")
    assert operation_name(text) not in DEVICES
    module = module_name(class_name(text))
    assert module.isidentifier()
    assert not keyword.iskeyword(module)
    assert module not in DEVICES


@pytest.mark.parametrize(
    ("make", "text", "name"),
    [
        (argument_name, "class", "class_"),
        (argument_name, "self", "self_"),
        (argument_name, "max_items", "max_items_"),
        (argument_name, "id", "id"),
        (field_name, "from_dict", "from_dict_"),
        (field_name, "list", "list_"),
        (field_name, "type", "type"),
        (operation_name, "close", "close_"),
        (operation_name, "with_options", "with_options_"),
        (operation_name, "import", "import_"),
        (operation_name, "con", "con_"),
        (class_name, "Any", "Any_"),
        (class_name, "Model", "Model_"),
        (module_name, "Con", "con_"),
        (module_name, "Import", "import_"),
        (module_name, "Any_", "any_"),
        (module_name, "List", "list_"),
        (module_name, "Foo_3f2a1c", "foo_3f2a1c"),
    ],
)
def test_reserved_names_get_a_trailing_underscore(make: object, text: str, name: str) -> None:
    assert callable(make)
    assert make(text) == name


def test_what_the_document_spells_itself_keeps_its_name() -> None:
    names = settle([Wanted("/a", ("Foo",)), Wanted("/b", ("Foo",), exact=True), Wanted("/c", ("Foo", "FooBar"))])
    assert names["/b"] == "Foo"
    assert names["/c"] == "FooBar"
    assert names["/a"].startswith("Foo_")


def test_two_equal_claims_are_told_apart_by_their_places() -> None:
    names = settle([Wanted("/a", ("Foo",), exact=True), Wanted("/b", ("foo",), exact=True)])
    assert len({name.casefold() for name in names.values()}) == 2
    assert all("_" in name for name in names.values())


_THINGS = st.lists(
    st.builds(
        Wanted,
        st.text("abc/", min_size=1, max_size=4),
        st.lists(st.sampled_from(["Foo", "foo", "Bar", "FooBar", "a" * 80]), min_size=1, max_size=3).map(tuple),
        st.booleans(),
    ),
    unique_by=lambda thing: thing.key,
    max_size=8,
)


@given(_THINGS, st.randoms(use_true_random=False))
def test_names_are_distinct_without_case_and_whatever_the_order(things: list[Wanted], random: object) -> None:
    names = settle(things, {"Bar"})
    assert len({name.casefold() for name in names.values()}) == len(things)
    assert "bar" not in {name.casefold() for name in names.values()}
    assert all(len(name) <= MAX_LENGTH for name in names.values())
    assert settle(reversed(things), {"Bar"}) == names


@given(_THINGS)
def test_names_hold_still_when_something_unrelated_comes(things: list[Wanted]) -> None:
    assert settle([*things, Wanted("/new", ("Unrelated",))]) == {**settle(things), "/new": "Unrelated"}
