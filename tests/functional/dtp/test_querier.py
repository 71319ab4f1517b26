"""`Querier`: programs, projects, records and GraphQL, on the sandbox."""

import pytest
from dtp_project import DATASET, PROGRAM, PROJECT
from omicsdk.core import BadRequest, NotFound
from omicsdk.dtp import Querier
from omicsdk.gen3 import Gen3UserError
from omicsdk.gen3.queries import Query

pytestmark = pytest.mark.sandbox


@pytest.fixture
def querier(auth):
    with Querier(auth) as made:
        yield made


def test_programs_and_projects_come_by_their_names(querier, omics_sandbox):
    omics_sandbox.gen3.records.seed("demo2", "a")
    omics_sandbox.gen3.records.seed(PROGRAM, "other")
    assert sorted(querier.get_programs()) == [PROGRAM, "demo2"]
    assert sorted(querier.get_projects(PROGRAM)) == [PROJECT, "other"]


def test_names_that_links_quote_come_as_they_were_given_and_refer_to_their_records(querier, omics_sandbox):
    omics_sandbox.gen3.records.seed("our data", "50% ü")
    assert "our data" in querier.get_programs()
    assert querier.get_projects("our data") == ["50% ü"]
    assert querier.get_node_records("case", "our data", "50% ü") == []


def test_records_of_a_node_come_as_dictionaries(querier):
    (experiment,) = querier.get_node_records("experiment", PROGRAM, PROJECT)
    assert (experiment["submitter_id"], experiment["project_id"]) == (DATASET, f"{PROGRAM}-{PROJECT}")
    cases = querier.get_node_records("case", PROGRAM, PROJECT)
    assert {case["subject_id"]: case["sex"] for case in cases} == {"sub-1": "F", "sub-2": "M"}
    assert [target["submitter_id"] for target in cases[0]["experiments"]] == [DATASET]
    assert querier.get_node_records("sample", PROGRAM, PROJECT) == []


def test_graphql_gives_the_data(querier):
    text = f'{{experiment(submitter_id: "{DATASET}"){{submitter_id cases{{subject_id}}}}}}'
    (experiment,) = querier.graphql_query(text)["experiment"]
    assert sorted(case["subject_id"] for case in experiment["cases"]) == ["sub-1", "sub-2"]


def test_graphql_takes_variables_and_built_queries(querier):
    text = "query($sex: [String]) { case(sex: $sex) { subject_id } }"
    assert querier.graphql_query(text, {"sex": ["M"]}) == {"case": [{"subject_id": "sub-2"}]}
    query = Query("case").where(sex="M").fields("subject_id")
    assert querier.graphql_query(query) == {"case": [{"subject_id": "sub-2"}]}


def test_a_missing_object_is_reported_with_what_was_meant(querier):
    with pytest.raises(NotFound, match=r"demo.*Did you mean 'demo1'\?"):
        querier.get_projects("demo")
    with pytest.raises(NotFound, match=r"demo.*Did you mean 'demo1'\?"):
        querier.get_node_records("case", "demo", PROJECT)
    with pytest.raises(Gen3UserError, match=r"The program demo1 has no project '12l'. Did you mean '12L'\?"):
        querier.get_node_records("case", PROGRAM, "12l")
    with pytest.raises(BadRequest, match=r"cases.*Did you mean 'case'\?"):
        querier.get_node_records("cases", PROGRAM, PROJECT)


def test_it_states_which_commons_it_asks_and_shows_no_secret(querier, omics_sandbox):
    assert repr(querier) == f"<Querier {omics_sandbox.gen3_url}>"
