"""Queries are built from names of the dictionary, read by the service as they were meant, and paged to the last row."""

import pytest
from gen3_records import case, dictionary, experiment
from omicsdk.gen3 import Gen3, Gen3SubmissionQueryError, Gen3UserError
from omicsdk.gen3.queries import Query, ask, count, rows
from omicsdk.sandbox import Sandbox

SDS = dictionary()


def test_all_rows_come_whatever_the_pages_are(sandbox: Sandbox, commons: Gen3) -> None:
    sandbox.gen3.records.seed("demo", "one", [experiment(), *(case(f"c{n:02}") for n in range(25))])
    sandbox.gen3.records.seed(
        "demo", "two", [experiment(projects=[{"code": "two"}]), *(case(f"c{n:02}") for n in range(5))]
    )
    query = Query("case", SDS).fields("project_id", "submitter_id")
    expected = sorted([("demo-one", f"c{n:02}") for n in range(25)] + [("demo-two", f"c{n:02}") for n in range(5)])
    for page in (1, 4, 30, 1000):
        assert sorted((row["project_id"], row["submitter_id"]) for row in rows(commons, query, page=page)) == expected
    assert count(commons, query) == 30
    assert count(commons, query.project("demo-two").first(1)) == 5
    few = [row["submitter_id"] for row in rows(commons, query.project("demo-one").offset(20).first(10), page=3)]
    assert few == ["c20", "c21", "c22", "c23", "c24"]
    assert len(list(rows(commons, query.first(7), page=3))) == 7


def test_rows_carry_what_is_linked(sandbox: Sandbox, commons: Gen3) -> None:
    sandbox.gen3.records.seed("demo", "one", [experiment(), *(case(f"c{n:02}") for n in range(15))])
    data = ask(commons, Query("experiment", SDS).fields("submitter_id").links(cases=["submitter_id"]))
    assert len(data["experiment"][0]["cases"]) == 15


def test_numbers_are_as_the_dictionary_has_them(sandbox: Sandbox, commons: Gen3) -> None:
    sandbox.gen3.records.seed("demo", "one", [experiment(number_experimental_group=3), case("c1")])
    query = Query("experiment", SDS).fields("number_experimental_group", "type_of_data")
    [row] = rows(commons, query)
    assert repr(row) == "{'number_experimental_group': 3, 'type_of_data': None}"
    [of_case] = rows(commons, Query("case", SDS).fields("age", "experiments.number_experimental_group"))
    assert repr(of_case["experiments"]) == "[{'number_experimental_group': 3}]"


def test_a_text_is_paged_by_its_variables(sandbox: Sandbox, commons: Gen3) -> None:
    sandbox.gen3.records.seed("demo", "one", [experiment(), *(case(f"c{n:02}") for n in range(15))])
    text = (
        "query ($first: Int, $offset: Int, $sex: [String]) "
        '{ case(first: $first, offset: $offset, sex: $sex, order_by_asc: "submitter_id") { submitter_id } }'
    )
    assert len(list(rows(commons, text, {"sex": ["NA"]}, page=4))) == 15
    with pytest.raises(Gen3UserError, match=r"needs the variables \$first and \$offset"):
        next(rows(commons, "{ case { id } }"))


def test_a_refused_query_states_why(commons: Gen3) -> None:
    with pytest.raises(Gen3SubmissionQueryError, match='Cannot query field "nope"'):
        ask(commons, "{ nope { id } }")
    with pytest.raises(Gen3SubmissionQueryError, match="Cannot order by colour"):
        ask(commons, Query("case").order_by("colour"))
