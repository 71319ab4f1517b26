import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk_codegen import parser, progress
from omicsdk_codegen.parser import (
    AnyOf,
    Choice,
    DictOf,
    ListOf,
    LostType,
    ModelOf,
    PythonType,
    Surrogate,
    TupleOf,
    Word,
    parse,
    surrogate,
)
from omicsdk_codegen.shapes import (
    ANY,
    BOOLEAN,
    BYTES,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    Array,
    Enum,
    Field,
    Map,
    Model,
    Ref,
    Scalar,
    Tuple,
    Type,
    Union,
    union_of,
)

_WORDS = {
    ANY: "Any", NULL: "None", STRING: "str", INTEGER: "int", NUMBER: "float", BOOLEAN: "bool", BYTES: "bytes",
}  # fmt: skip
_MODELS = [Model("/m", {}), Model("/n", {})]


def expected(type_: Type) -> PythonType:
    if isinstance(type_, Array):
        return ListOf(expected(type_.item))
    if isinstance(type_, Map):
        return DictOf(expected(type_.value))
    if isinstance(type_, Enum):
        return Choice(type_)
    if isinstance(type_, Ref):
        return ModelOf(type_.key)
    if isinstance(type_, Union):
        return AnyOf(tuple(expected(member) for member in type_.members))
    return Word(_WORDS[type_])


_LEAVES = st.sampled_from([
    STRING, INTEGER, NUMBER, BOOLEAN, Enum(("a", '"b')), Enum((1, -2)), Ref("/m"), Ref("/n")
])  # fmt: skip
_TYPES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(inner.map(Array), inner.map(Map), st.lists(inner, min_size=2, max_size=3).map(union_of)),
)


@settings(max_examples=5 * settings().max_examples // 4, deadline=None)  # the first call imports the parser
@given(st.lists(_TYPES, min_size=1, max_size=6))
def test_every_type_comes_back_as_what_it_is(types: list[Type]) -> None:
    types_by_key = {f"/wanted/{number}": type_ for number, type_ in enumerate(types)}
    model = Model("/m", {}, [Field(f"a b {n}", f"a_b_{n}", type_, True, False, {}) for n, type_ in enumerate(types)])
    parsed = parse([model, _MODELS[1]], types_by_key)
    assert parsed.types == {key: expected(type_) for key, type_ in types_by_key.items()}
    assert parsed.fields == {("/m", f"a b {n}"): expected(type_) for n, type_ in enumerate(types)}


@pytest.mark.parametrize("type_", [ANY, NULL, BYTES, Array(BYTES), Map(ANY), Array(Union((STRING, NULL)))])
def test_odd_types_come_back_too(type_: Type) -> None:
    assert parse([], {"x": type_}).types == {"x": expected(type_)}


def test_no_text_of_the_document_reaches_the_parser() -> None:
    secret = 'import os"""'
    model = Model(f"/components/schemas/{secret}", {"description": secret})
    model.fields = [Field(secret, "safe", Enum((secret,)), True, False, {"description": secret})]
    document = surrogate([Ref(model.key), *(field.type for field in model.fields)])
    assert "import os" not in json.dumps(document.data)


def test_the_parser_is_asked_for_each_type_once_and_never_for_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time grows with the square of what it is given, and ours must not."""
    models = [
        Model(
            f"/{n}",
            {},
            [Field(name, name, Array(Scalar("number", (n / 2,))), True, False, {}) for name in ("one", "two")],
        )
        for n in range(950)
    ]
    sizes: list[int] = []
    messages: list[str] = []

    def counting(types: Iterable[Type]) -> Surrogate:
        document = surrogate(types)
        sizes.append(len(document.types))
        return document

    monkeypatch.setattr(parser, "surrogate", counting)
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_COUNTS", 0)
    parsed = parse(models, {"again": Array(Scalar("number", (0.0,)))}, messages.append)
    assert len(parsed.fields) == 1900
    assert (sum(sizes), max(sizes)) == (950, 100)
    assert messages[-1] == "determining the Python types: 900 of 950"


@pytest.fixture
def parsed_types(monkeypatch: pytest.MonkeyPatch) -> list[Type]:
    """The types that are requested."""
    requested_types: list[Type] = []

    def listing(types: Iterable[Type]) -> Surrogate:
        requested_types.extend(types)
        return surrogate(requested_types)

    monkeypatch.setattr(parser, "surrogate", listing)
    return requested_types


def test_types_that_differ_in_their_models_alone_are_requested_once(parsed_types: list[Type]) -> None:
    either = [
        Union((Ref(first), Ref(second)), "kind", (("a", first), (None, second))) for first, second in ("ab", "bc")
    ]
    tuples = [Tuple((Ref(key), Array(Ref(key))), Map(Ref("a")), 2) for key in "ab"]
    parsed = parse([], {str(n): type_ for n, type_ in enumerate([*either, *tuples, Union((Ref("a"), STRING))])})
    assert len(parsed_types) == 4
    assert [parsed.types["0"], parsed.types["1"]] == [
        AnyOf((ModelOf(first), ModelOf(second))) for first, second in ("ab", "bc")
    ]
    assert parsed.types["2"] == TupleOf((ModelOf("a"), ListOf(ModelOf("a"))), DictOf(ModelOf("a")))
    assert parsed.types["3"] == TupleOf((ModelOf("b"), ListOf(ModelOf("b"))), DictOf(ModelOf("a")))
    assert parsed.types["4"] == AnyOf((ModelOf("a"), Word("str")))


def test_types_that_differ_in_their_enums_alone_are_requested_once(parsed_types: list[Type]) -> None:
    enums = Enum(("a", "b")), Enum(("c",)), Enum((1, 2)), Enum((3,))
    types_by_key = {str(n): Array(enum) for n, enum in enumerate(enums)}
    parsed = parse([], {**types_by_key, "both": Union((enums[1], enums[3])), "again": Union((enums[0], enums[2]))})
    assert len(parsed_types) == 3  # of texts, of whole numbers, of both
    assert [parsed.types[str(n)] for n in range(4)] == [ListOf(Choice(enum)) for enum in enums]
    assert parsed.types["both"] == AnyOf((Choice(enums[1]), Choice(enums[3])))
    assert parsed.types["again"] == AnyOf((Choice(enums[0]), Choice(enums[2])))


def test_a_type_that_does_not_come_back_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(types: Iterable[Type]) -> Surrogate:
        document = surrogate(types)
        components = document.data["components"]
        assert isinstance(components, dict)
        schemas = components["schemas"]
        assert isinstance(schemas, dict)
        del schemas["T2"]
        return document

    monkeypatch.setattr(parser, "surrogate", forgetful)
    fields = [Field(name, name, type_, True, False, {}) for name, type_ in (("one", STRING), ("two", NUMBER))]
    with pytest.raises(LostType, match=r"^/components/schemas/Thing/properties/two$"):
        parse([Model("/components/schemas/Thing", {}, fields)], {})
