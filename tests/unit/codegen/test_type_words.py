"""Types as Python writes them, and which of them are part of another."""

import pytest
from omicsdk_codegen.shapes import (
    ANY,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    Array,
    Enum,
    Map,
    Ref,
    Scalar,
    Tuple,
    Type,
    Union,
    python_text,
    within,
)

PAIR, MORE = Tuple((STRING, INTEGER), None, 2), Tuple((STRING,), INTEGER, 1)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (None, "None"),
        (NULL, "None"),
        (Scalar("decimal"), "Decimal"),
        (Scalar("uuid"), "UUID"),
        (Scalar("bytes"), "bytes"),
        (Scalar("byte"), "bytes"),
        (Scalar("duration"), "timedelta"),
        (Scalar("time"), "time"),
        (Scalar("int64"), "int"),
        (Scalar("date"), "date"),
        (Scalar("date-time"), "datetime"),
        (Enum((1, 2, 3, 4, 5, 6)), "Literal[1, 2, 3, 4, 5, 6]"),
        (Enum((1, 2, 3, 4, 5, 6, 7)), "Literal[1, 2, 3, 4, 5, 6, ...]"),
        (PAIR, "tuple[str, int]"),
        (MORE, "tuple[str, *tuple[int, ...]]"),
        (Map(Array(Ref("a"))), "dict[str, list[Thing]]"),
        (Union((STRING, NULL)), "str | None"),
    ],
)
def test_a_type_is_written_as_in_python(type_: Type | None, text: str) -> None:
    assert python_text(type_, {"a": "Thing"}) == text


def test_a_nullable_type_has_none_unless_it_is_any() -> None:
    assert [python_text(type_, {}, nullable=True) for type_ in (STRING, ANY)] == ["str | None", "Any"]


@pytest.mark.parametrize(
    ("inner", "outer", "is_within"),
    [
        (PAIR, Array(Union((STRING, INTEGER))), True),
        (MORE, Array(STRING), False),
        (PAIR, Tuple((STRING, NUMBER), None, 2), True),
        (PAIR, Tuple((STRING, STRING), None, 2), False),
        (PAIR, Tuple((STRING,), None, 1), False),
        (PAIR, MORE, False),
        (MORE, Tuple((STRING,), NUMBER, 1), True),
        (PAIR, Map(STRING), False),
        (Tuple((STRING,), None, 1), Map(STRING), False),
        (Ref("a"), Ref("b"), True),
        (Ref("a"), Ref("c"), False),
        (Ref("a"), STRING, False),
    ],
)
def test_a_type_is_within_another(inner: Type, outer: Type, is_within: bool) -> None:
    assert within(inner, outer, {"a": "Thing"}, {"b": "Thing", "c": "Other"}) is is_within
