"""Guppy: queries, counts and downloads of rows, and who sees which."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox

Json = dict[str, Any]
HALF = "half@example.org"


def row(number: int) -> Json:
    return {
        "subject_id": f"s{number}",
        "sex": ("male", "female", None)[number % 3],
        "age": number,
        "weight": number / 2,
        "project_id": "demo-one" if number % 2 else "demo-two",
        "alive": number % 2 == 0,
        "tags": ["all", f"t{number % 2}"],
        "visits": [{"label": "first", "day": number}, {"label": "second", "day": number + 100}],
    }


ROWS = [row(number) for number in range(12)]


@pytest.fixture(autouse=True)
def _rows(sandbox: Sandbox) -> None:
    sandbox.gen3.guppy.put("subject", ROWS)
    sandbox.gen3.guppy.put("file", [{"file_id": "f1", "size": 2**40}])
    sandbox.gen3.access.add(HALF, [("/programs/demo/projects/one", "*", "read")])


@pytest.fixture
def ask(admin: httpx.Client) -> Callable[..., Json]:
    """Sends a query and returns the response's body."""

    def send(query: str, status: int = 200, client: httpx.Client = admin, **variables: Any) -> Json:
        response = client.post("/guppy/graphql", json={"query": query, "variables": variables})
        assert response.status_code == status, response.text
        return response.json()

    return send


def ids(response: Json) -> list[str]:
    return [row["subject_id"] for row in response["data"]["subject"]]


def test_rows_come_in_pages_and_in_order(ask) -> None:
    assert ids(ask("{subject {subject_id}}")) == [f"s{n}" for n in range(10)]
    assert ids(ask("{subject(first: 3, offset: 2) {subject_id}}")) == ["s2", "s3", "s4"]
    assert ids(ask("{subject(first: 0) {subject_id}}")) == []
    assert ids(ask("{subject(first: 2, sort: [{age: desc}]) {subject_id}}")) == ["s11", "s10"]
    by_sex = ask("query($s: JSON) {subject(first: 9, sort: $s) {subject_id}}", s={"sex": "asc", "age": "desc"})
    assert ids(by_sex) == ["s10", "s7", "s4", "s1", "s9", "s6", "s3", "s0", "s11"]


def test_fields_have_their_types(ask) -> None:
    data = ask("{subject(first: 1) {age weight sex alive tags visits {label day}} file {size}}")["data"]
    assert data["subject"] == [
        {
            "age": 0,
            "weight": 0.0,
            "sex": "male",
            "alive": "true",
            "tags": ["all", "t0"],
            "visits": [{"label": "first", "day": 0}, {"label": "second", "day": 100}],
        }
    ]
    assert data["file"] == [{"size": 2**40}]


@pytest.mark.parametrize(
    ("filter_", "count"),
    [
        ({}, 12),
        ({"=": {"sex": "male"}}, 4),
        ({"EQ": {"age": 3}}, 1),
        ({"!=": {"sex": "male"}}, 8),
        ({"IN": {"subject_id": ["s1", "s2", "none"]}}, 2),
        ({"in": {"tags": ["t1"]}}, 6),
        ({"=": {"alive": "true"}}, 6),
        ({">": {"age": 9}}, 2),
        ({"gte": {"age": 9}}, 3),
        ({"AND": [{">=": {"age": 2}}, {"<": {"age": 4}}]}, 2),
        ({"OR": [{"LTE": {"weight": 0.5}}, {"=": {"age": 11}}]}, 3),
        ({"AND": []}, 12),
        ({"AND": [{"AND": [{}, {"=": {"age": "3"}}]}]}, 1),
        ({"=": {"project_id": "demo-one"}}, 6),
    ],
)
def test_filters(ask, filter_: Json, count: int) -> None:
    query = "query($f: JSON) {subject(first: 100, filter: $f) {subject_id} _aggregation {subject(filter: $f) {_totalCount}}}"
    response = ask(query, f=filter_)
    assert len(response["data"]["subject"]) == count
    assert response["data"]["_aggregation"]["subject"]["_totalCount"] == count


@pytest.mark.parametrize(
    "filter_",
    [
        {"like": {"sex": "m"}},
        {">": {"sex": "m"}},
        {"=": {"nofield": 1}},
        {"=": {"visits": 1}},
        {"=": {"age": "ten"}},
        {"AND": {"=": {"age": 1}}},
        ["age"],
    ],
)
def test_wrong_filters_are_named(ask, admin: httpx.Client, filter_: Any) -> None:
    (error,) = ask("query($f: JSON) {subject(filter: $f) {age}}", f=filter_)["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["subject"], "BAD_USER_INPUT")
    refused = admin.post("/guppy/download", json={"type": "subject", "filter": filter_})
    assert (refused.status_code, refused.text) == (400, error["message"])


def test_counts_by_value(ask) -> None:
    response = ask("{_aggregation {subject {sex {histogram {key count}} age {asTextHistogram {key count}}}}}")
    counts = response["data"]["_aggregation"]["subject"]
    assert counts["sex"] == {
        "histogram": [{"key": "female", "count": 4}, {"key": "male", "count": 4}, {"key": "no data", "count": 4}]
    }
    assert len(counts["age"]["asTextHistogram"]) == 12


def test_pages_end_at_ten_thousand_and_downloads_do_not(sandbox: Sandbox, ask, admin: httpx.Client) -> None:
    sandbox.gen3.guppy.put("many", [{"n": n} for n in range(12_000)])
    last = ask("{many(first: 1, offset: 9999) {n}}")
    assert last["data"]["many"] == [{"n": 9999}]
    refused = ask("{many(first: 2, offset: 9999) {n}}")
    assert refused["data"] == {"many": None}
    assert "please use download endpoint" in refused["errors"][0]["message"]
    whole = admin.post("/guppy/download", json={"type": "many", "fields": ["n"], "sort": [{"n": "desc"}]})
    assert [row["n"] for row in whole.json()] == [*range(11_999, -1, -1)]


def test_downloads_have_the_fields_that_were_requested(admin: httpx.Client) -> None:
    body = {"type": "subject", "fields": ["age", "visits.label"], "filter": {"=": {"age": 3}}}
    assert admin.post("/guppy/download", json=body).json() == [
        {"age": 3, "visits": [{"label": "first"}, {"label": "second"}]}
    ]
    everything = admin.post("/guppy/download", json={"type": "subject"}).json()
    assert everything[0] == {**ROWS[0], "auth_resource_path": "/programs/demo/projects/two"}
    for body, message in (
        ({"type": "nope"}, "Invalid es type"),
        ({"type": "subject", "fields": ["z"]}, "Invalid fields"),
    ):
        refused = admin.post("/guppy/download", json=body)
        assert (refused.status_code, refused.text.startswith(message)) == (400, True)


@pytest.mark.parametrize("fields", [5, [5], {"a": 1}])
def test_fields_of_downloads_are_names(admin: httpx.Client, fields: Any) -> None:
    response = admin.post("/guppy/download", json={"type": "subject", "fields": fields})
    assert (response.status_code, response.text) == (400, "fields is a list of names")


def test_bodies_that_are_no_text_are_refused(admin: httpx.Client) -> None:
    for path in ("graphql", "download"):
        for content in (b"{", b'{"type": "\\ud800"}'):
            response = admin.post(f"/guppy/{path}", content=content)
            assert response.status_code == 400


def test_rows_of_other_projects_are_refused_or_left_out(ask, client_of) -> None:
    half = client_of(HALF)
    (error,) = ask("{subject {subject_id}}", client=half)["errors"]
    assert error["extensions"]["code"] == 401
    accessible = ask("{subject(accessibility: accessible) {subject_id}}", client=half)
    assert ids(accessible) == [f"s{number}" for number in range(1, 12, 2)]
    mine = ask('{subject(filter: {eq: {project_id: "demo-one"}}) {subject_id}}', client=half)
    assert len(ids(mine)) == 6
    assert half.post("/guppy/download", json={"type": "subject"}).status_code == 401
    body = {"type": "subject", "accessibility": "accessible", "fields": ["age"]}
    assert [row["age"] for row in half.post("/guppy/download", json=body).json()] == [1, 3, 5, 7, 9, 11]


def test_counts_reveal_nothing_about_a_few_rows_that_one_may_not_read(sandbox: Sandbox, ask, client_of) -> None:
    half = client_of(HALF)
    query = "{_aggregation {subject(accessibility: %s) {_totalCount sex {histogram {key count}}}}}"
    hidden = ask(query % "all", client=half)["data"]["_aggregation"]["subject"]
    assert (hidden["_totalCount"], {bucket["count"] for bucket in hidden["sex"]["histogram"]}) == (-1, {-1})
    seen = ask(query % "accessible", client=half)["data"]["_aggregation"]["subject"]
    assert (seen["_totalCount"], {bucket["count"] for bucket in seen["sex"]["histogram"]}) == (6, {2})
    many = [{"sex": "male", "project_id": "demo-two"}] * 1000 + [{"sex": "female", "project_id": "demo-one"}]
    sandbox.gen3.guppy.put("subject", many)
    counts = ask(query % "all", client=half)["data"]["_aggregation"]["subject"]
    assert counts == {
        "_totalCount": 1001,
        "sex": {"histogram": [{"key": "male", "count": 1000}, {"key": "female", "count": 1}]},
    }


def test_levels_of_private_and_free_data(sandbox: Sandbox, ask, anonymous: httpx.Client, client_of) -> None:
    query = "{subject {subject_id} _aggregation {subject {_totalCount}}}"
    sandbox.gen3.guppy.put("subject", ROWS, level="private")
    response = ask(query, client=client_of(HALF))["data"]
    assert (len(response["subject"]), response["_aggregation"]["subject"]["_totalCount"]) == (6, 6)
    sandbox.gen3.guppy.put("subject", ROWS, level="libre")
    response = ask(query, client=anonymous)["data"]
    assert (len(response["subject"]), response["_aggregation"]["subject"]["_totalCount"]) == (10, 12)


def test_a_token_that_ended_is_refused(sandbox: Sandbox, admin: httpx.Client) -> None:
    sandbox.clock.advance(3600)
    assert admin.post("/guppy/graphql", json={"query": "{subject {age}}"}).status_code == 401
    assert admin.post("/guppy/download", json={"type": "subject"}).status_code == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{subj"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{nope {age}}"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{subject {nope}}"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($n: Int) {subject(first: $n) {age}}", "variables": {"n": "x"}}, "BAD_USER_INPUT"),
        ({"query": "query a {subject {age}}", "operationName": "b"}, "BAD_USER_INPUT"),
        ({"query": "{subject {age}}", "variables": [1]}, "BAD_REQUEST"),
        ({"variables": {}}, "BAD_REQUEST"),
        ([], "BAD_REQUEST"),
        ({"query": "{" * 3000}, "GRAPHQL_PARSE_FAILED"),
    ],
)
def test_wrong_queries_are_named(admin: httpx.Client, body: Any, code: str) -> None:
    response = admin.post("/guppy/graphql", json=body)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, code)


def test_rows_must_make_a_schema(sandbox: Sandbox) -> None:
    for rows, complaint in (
        ([{"a b": 1}], "a b"),
        ([{"a": 1}, {"a": {"b": 1}}], "fields of its own"),
    ):
        with pytest.raises(ValueError, match=complaint):
            sandbox.gen3.guppy.put("subject", rows)
    with pytest.raises(ValueError, match="level"):
        sandbox.gen3.guppy.put("subject", ROWS, level="none")


def test_an_empty_commons_has_no_data_types(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    assert "version" in anonymous.get("/guppy/_version").json()
    sandbox.reset()
    response = anonymous.post("/guppy/graphql", json={"query": "{subject {age}}"})
    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        400,
        "There are no data types: put rows first",
    )
