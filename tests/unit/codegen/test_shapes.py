"""What the generator asks of types."""

import pytest
from omicsdk_codegen.shapes import (
    ANY,
    INTEGER,
    NULL,
    STRING,
    Array,
    Enum,
    Ref,
    Type,
    Union,
    is_larger,
    is_list_of_texts,
    is_plain,
    split_null,
)


def test_a_tag_selects_models_among_the_members() -> None:
    table = (("a", "A"), ("b", "B"), (None, "A"))
    assert Union((Ref("A"), STRING), "kind", table).tags == (("a", "A"), (None, "A"))
    assert Union((Ref("A"), STRING), None, table).tags == ()


def test_the_parts_of_a_type_are_counted() -> None:
    type_ = Array(Union((STRING, Array(INTEGER))))
    assert [is_larger(type_, most) for most in (1, 4, 5, 6)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("type_", "plain", "texts"),
    [
        (STRING, True, False),
        (Enum(("a",)), True, False),
        (ANY, False, False),
        (Array(STRING), False, True),
        (Array(Union((STRING, NULL))), False, True),
        (Array(Enum(("a",))), False, True),
        (Array(Enum((1,))), False, False),
        (Array(INTEGER), False, False),
    ],
)
def test_plain_types_and_lists_of_texts(type_: Type, plain: bool, texts: bool) -> None:
    assert (is_plain(type_), is_list_of_texts(type_)) == (plain, texts)


@pytest.mark.parametrize(
    ("type_", "parts"),
    [
        (NULL, (ANY, True)),
        (ANY, (ANY, True)),
        (STRING, (STRING, False)),
        (Union((STRING, NULL)), (STRING, True)),
        (Union((STRING, NULL, INTEGER)), (Union((STRING, INTEGER)), True)),
    ],
)
def test_a_type_is_parted_from_its_null(type_: Type, parts: tuple[Type, bool]) -> None:
    assert split_null(type_) == parts
