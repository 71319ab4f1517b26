"""Queries are built from names of the dictionary, read by the service as they were meant, and paged to the last row."""

import json
from typing import Any

import httpx
import pytest
from gen3_records import dictionary
from graphql import parse, value_from_ast_untyped
from graphql.language import FieldNode, OperationDefinitionNode
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NO_RETRY, DecodeError
from omicsdk.gen3 import Gen3, Gen3Error, Gen3UserError
from omicsdk.gen3.queries import Query, literal, restored, rows

SDS = dictionary()
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True)
VALUES = st.recursive(
    st.text() | st.integers(-(2**31), 2**31 - 1) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def field_of(text: str) -> FieldNode:
    [definition] = parse(text).definitions
    assert isinstance(definition, OperationDefinitionNode)
    [field] = definition.selection_set.selections
    assert isinstance(field, FieldNode)
    return field


def arguments_of(field: FieldNode) -> dict[str, Any]:
    return {argument.name.value: value_from_ast_untyped(argument.value) for argument in field.arguments}


def fields_of(field: FieldNode) -> list[Any]:
    selected = field.selection_set.selections if field.selection_set is not None else ()
    return [
        (selection.name.value, fields_of(selection)) if selection.selection_set is not None else selection.name.value
        for selection in selected
        if isinstance(selection, FieldNode)
    ]


@given(VALUES)
def test_a_value_is_read_as_it_was_written(value: Any) -> None:
    read = arguments_of(field_of(f"{{ a(b: {literal(value)}) }}"))["b"]
    assert read == value
    assert type(read) is type(value)


@given(st.text(), st.lists(st.text(), min_size=1))
def test_no_text_changes_the_query_that_it_is_in(one: str, many: list[str]) -> None:
    query = Query("case", SDS).where(sex=one, submitter_id=many).excluding(strain=one)
    assert arguments_of(field_of(query.text)) == {
        "first": 0,
        "sex": one,
        "submitter_id": many,
        "not": [{"strain": one}],
    }
    assert fields_of(field_of(query.text)) == ["id", "submitter_id"]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "\ud800", object(), b"x", [None]])
def test_what_can_not_be_in_a_query_is_refused(value: Any) -> None:
    with pytest.raises(Gen3UserError):
        Query("case", SDS).where(sex=value)


def test_a_query_is_written_from_its_parts() -> None:
    query = (
        Query("case", SDS)
        .project("demo-one")
        .where({"sex": ["F", "M"]})
        .with_links("samples")
        .with_path_to("experiment", submitter_id="e1")
        .without_path_to("sample", sample_type="t")
        .order_by("submitter_id")
        .first(5)
        .offset(10)
        .fields("submitter_id", "experiments.submitter_id", "experiments.projects.code", "_samples_count")
        .links("samples")
    )
    field = field_of(query.text)
    assert arguments_of(field) == {
        "project_id": "demo-one",
        "sex": ["F", "M"],
        "with_links": ["samples"],
        "with_path_to": [{"type": "experiment", "submitter_id": "e1"}],
        "without_path_to": [{"type": "sample", "sample_type": "t"}],
        "order_by_asc": "submitter_id",
        "first": 5,
        "offset": 10,
    }
    assert fields_of(field) == [
        "submitter_id",
        "_samples_count",
        ("experiments", ["submitter_id", ("projects", ["code"])]),
        ("samples", ["id", "submitter_id"]),
    ]
    counted = arguments_of(field_of(query.count_text))
    assert counted.keys() == {"project_id", "sex", "with_links", "with_path_to", "without_path_to"}


def test_further_values_of_a_property_are_excluded_together() -> None:
    query = Query("case", SDS).excluding(sex="F", strain="a").excluding(sex="M").excluding(sex=["NA"])
    assert arguments_of(field_of(query.text))["not"] == [{"sex": ["F", "M", "NA"]}, {"strain": "a"}]


def test_queries_of_links_have_separate_conditions() -> None:
    inner = Query("case", SDS).where(sex="F").fields("age").first(3)
    query = Query("experiment", SDS).fields("submitter_id").links(cases=inner, manifests=["filename"])
    assert query.text == (
        '{ experiment(first: 0) { submitter_id cases(first: 3, sex: "F") { age } manifests(first: 0) { filename } } }'
    )
    assert fields_of(field_of(query.text)) == ["submitter_id", ("cases", ["age"]), ("manifests", ["filename"])]


def test_a_query_stays_as_it_is_when_another_is_made_of_it() -> None:
    query = Query("case", SDS).where(sex="F")
    query.where(age="1").fields("age").first(1)
    assert (query.selected, dict(query.chosen)) == ((), {"sex": "F"})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Query("cas", SDS), "no node 'cas'.*Did you mean 'case'"),
        (lambda: Query("case", SDS).where(sexx="F"), "no property 'sexx'.*Did you mean 'sex'"),
        (lambda: Query("case", SDS).fields("strian"), "no property 'strian'.*Did you mean 'strain'"),
        (lambda: Query("case", SDS).order_by("agee"), "no property 'agee'.*Did you mean 'age'"),
        (lambda: Query("case", SDS).links("sample"), "no link 'sample'.*Did you mean 'samples'"),
        (lambda: Query("case", SDS).fields("experiment.id"), "no link 'experiment'.*Did you mean 'experiments'"),
        (lambda: Query("case", SDS).fields("_sample_count"), "no link 'sample'"),
        (lambda: Query("case", SDS).with_path_to("samples"), "no node 'samples'.*Did you mean 'sample'"),
        (lambda: Query("case", SDS).with_path_to("sample", typ="x"), "no property 'typ'"),
        (lambda: Query("case", SDS).links(samples=Query("case", SDS)), "samples points to sample"),
        (lambda: Query("experiment", SDS).where(type_of_data="raw"), "never 'raw'.*Did you mean 'Raw'"),
        (lambda: Query("case", SDS).first(-1), "Cannot return -1 records"),
        (lambda: Query("case { id } #"), "not a GraphQL name"),
        (lambda: Query("case").fields("id } x"), "not a GraphQL name"),
        (lambda: Query("case").links("a b"), "not a GraphQL name"),
        (lambda: Query("case").where({"a b": 1}), "not a GraphQL name"),
    ],
)
def test_a_name_that_does_not_exist_names_the_nearest(build: Any, message: str) -> None:
    with pytest.raises(Gen3UserError, match=message):
        build()


def test_without_a_dictionary_names_are_taken_as_they_are() -> None:
    query = Query("anything").where(colour="red").links(others=["x"])
    assert query.text == '{ anything(first: 0, colour: "red") { others(first: 0) { x } } }'


def test_numbers_of_lists_are_numbers_again() -> None:
    large = 2**53 + 1  # which no float is
    record = {"number_of_subjects": ["12", "3.0", str(large), "x"], "keywords": ["1"]}
    expected = {"number_of_subjects": [12, 3, large, "x"], "keywords": ["1"]}
    assert restored(record, Query("dataset_description", SDS)) == expected


def test_a_number_of_numpy_is_written_as_a_number() -> None:
    assert literal([pytest.importorskip("numpy").float64(1.5)]) == "[1.5]"


def test_a_filter_by_a_number_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    Query("experiment", SDS).where(number_experimental_group=2)
    assert "number_experimental_group is a number" in caplog.text


def test_rows_that_went_while_they_were_read_are_reported() -> None:
    def answered(request: httpx.Request) -> httpx.Response:
        counted = b"_case_count" in request.content
        return httpx.Response(200, json={"data": {"_case_count": 3} if counted else {"case": [{"id": "1"}]}})

    with Gen3("https://commons.example.org", transport=httpx.MockTransport(answered), retry=NO_RETRY) as commons:
        with pytest.raises(Gen3Error, match="1 records of case were received, but 3"):
            list(rows(commons, Query("case")))
        # Paths are counted, not records, so that there is nothing to hold the rows against.
        assert len(list(rows(commons, Query("case").with_path_to("sample")))) == 1


def test_a_row_that_is_no_object_does_not_end_the_rows_of_a_text() -> None:
    page = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"case": [{"id": "1"}, None]}}))
    text = "query ($first: Int, $offset: Int) { case(first: $first, offset: $offset) { id } }"
    with (
        Gen3("https://commons.example.org", transport=page, retry=NO_RETRY) as commons,
        pytest.raises(DecodeError, match=r"case\[1\]"),
    ):
        list(rows(commons, text, page=2))


def test_pages_in_an_order_of_the_caller_distinguish_equal_records() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        query = json.loads(request.content)["query"]
        if "_count" in query:
            return httpx.Response(200, json={"data": {"_case_count": 4}})
        arguments = arguments_of(field_of(query))
        ids = [f"{number}" for number in range(4)]
        if arguments.get("order_by_desc") != "id":  # equal records come in any order
            ids = ids[arguments["offset"] :] + ids[: arguments["offset"]]
        page = ids[arguments["offset"] :][: arguments["first"]]
        return httpx.Response(200, json={"data": {"case": [{"id": id} for id in page]}})

    transport = httpx.MockTransport(respond)
    with Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons:
        records = rows(commons, Query("case").fields("id").order_by("sex"), page=1)
        assert [record["id"] for record in records] == ["0", "1", "2", "3"]
