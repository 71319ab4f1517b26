"""Output of Gen3Convertor is accepted by a commons with the SDS dictionary, and GraphQL returns it completely."""

import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk.dtp import Auth, Gen3Convertor, Gen3Submitter, Querier
from omicsdk.gen3 import Gen3
from sds_sheets import DESCRIPTION, INPUT, SUBJECTS, rows_of, write_sheet

PLACE = ("demo1", "12L")


@pytest.fixture
def key(sandbox, tmp_path):
    sandbox.gen3.records.seed(*PLACE)
    return sandbox.gen3_credentials(tmp_path / "credentials.json")


@pytest.fixture
def auth(key):
    return Auth(refresh_file=key)


@pytest.fixture
def golden(data_set):
    return data_set(
        {
            "dataset_description": DESCRIPTION,
            "subjects": SUBJECTS,
            "samples": [
                ["sample id", "subject id", "was derived from"],
                ["sam-1", "sub-1", None],
                ["sam-2", "sub_2/b", "sam-1"],
            ],
            "manifest": rows_of(INPUT["manifest.xlsx"]),
            "primary/sub-1/manifest.xlsx": rows_of(INPUT["primary/sub-1/manifest.xlsx"]),
            "submission": [["Submission Item", "Definition", "Value"], ["Milestone achieved", "d", "M1"]],
            "resources": [["RRID", "URL"], ["RRID:1", "https://x.example"]],
            "code_parameters": [["Name", "Type"], ["n", "t"]],
            "code_description": [["Metadata element", "Description", "Example", "Value"], ["Name", "", "", "flow"]],
            "performances": [["performance id"], ["p"]],
        }
    )


def test_a_data_set_is_taken_file_by_file_in_order_and_graphql_gives_it_back(golden, sandbox, key, auth, tmp_path):
    with Gen3(sandbox.gen3_url, credentials=auth) as commons:
        made = Gen3Convertor("12L", "syn-ds", dictionary=commons).execute(golden, tmp_path / "out")
    with Gen3Submitter(sandbox.gen3_url, key) as submitter:
        for file in made.files:
            assert submitter.submit_record(*PLACE, file).ok
    query = """{
        experiment(submitter_id: "syn-ds") {
            submitter_id
            dataset_descriptions { title keywords number_of_subjects }
            cases(order_by_asc: "submitter_id") {
                subject_id strain rrid_for_strain pool_id samples { sample_id wasDerivedFromSample }
            }
            manifests(order_by_asc: "submitter_id") { filename file_type additional_metadata }
        }
        _sample_count _submission_count _resource_count _performance_count _code_parameter_count _code_description_count
    }"""
    with Querier(auth) as querier:
        data = querier.graphql_query(query)
    assert [data.pop(f"_{name}_count") for name in ("sample", "submission", "resource", "performance")] == [2, 1, 1, 1]
    assert [data.pop(f"_{name}_count") for name in ("code_parameter", "code_description")] == [1, 1]
    (experiment,) = data["experiment"]
    (description,) = experiment["dataset_descriptions"]
    assert (description["title"], description["keywords"]) == (["T"], ["k1", "k2"])
    assert [str(number) for number in description["number_of_subjects"]] == ["2"]
    assert experiment["cases"] == [
        {
            "subject_id": "sub-1",
            "strain": "say 'x'",
            "rrid_for_strain": "a\nb",
            "pool_id": "NA",
            "samples": [{"sample_id": "sam-1", "wasDerivedFromSample": "NA"}],
        },
        {
            "subject_id": "sub_2/b",
            "strain": "s",
            "rrid_for_strain": "r",
            "pool_id": "pool-1",
            "samples": [{"sample_id": "sam-2", "wasDerivedFromSample": "sam-1"}],
        },
    ]
    assert [manifest["filename"] for manifest in experiment["manifests"]] == [
        "local.txt",
        "./primary/sub-1/a b_c,d'e.dcm",
    ]
    assert experiment["manifests"][1]["additional_metadata"] == "zz"


def test_what_a_commons_exports_becomes_the_data_set_again(golden, sandbox, key, auth, tmp_path):
    with Gen3(sandbox.gen3_url, credentials=auth) as commons:
        convertor = Gen3Convertor("12L", "syn-ds", dictionary=commons)
        made = convertor.execute(golden, tmp_path / "out")
    with Gen3Submitter(sandbox.gen3_url, key) as submitter:
        submitter.submit_record(*PLACE, tmp_path / "out")
    with Querier(auth) as querier:
        exported = [record for node in made.counts for record in querier.get_node_records(node, *PLACE)]
    convertor.restore(exported, tmp_path / "back")
    again = convertor.execute(tmp_path / "back", tmp_path / "again")
    assert again.counts == made.counts
    before, after = convertor.convert(golden).records, convertor.convert(tmp_path / "back").records
    for name, records in before.items():
        key_of = {record["submitter_id"]: record for record in after[name]}
        assert [key_of[record["submitter_id"]] for record in records] == records


CELL = st.sampled_from(
    [
        None,
        "",
        "sub-1",
        "sub_1",
        "sam-1",
        "a\nb",
        '"q"',
        "disease",
        "NA",
        "é",
        "./a",
        -1,
        2.5,
        True,
        datetime(2024, 1, 2),
    ]
)
HEADERS = {
    "subjects": ["subject id", "age", "strain", "disease or disorder", "body mass", "speceis", "own"],
    "samples": ["sample id", "subject id", "was derived from", "sample type"],
    "manifest": ["filename", "timestamp", "isDerivedFrom", "Additional Metadata", "description"],
    "performances": ["performance id", "date", "Additional Metadata"],
    "code_parameters": ["Name", "Type", "Data Units"],
}


@settings(max_examples=3 * settings().max_examples // 4)
@given(data=st.data())
def test_whatever_the_cells_are_a_commons_takes_what_was_found_without_fault(
    data, sandbox_server, dictionary, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("cells")
    for stem, headers in HEADERS.items():
        row = st.lists(CELL, min_size=len(headers), max_size=len(headers))
        write_sheet(folder / f"{stem}.xlsx", [headers, *data.draw(st.lists(row, max_size=4), stem)])
    elements = ("Metadata Version", "Title", "Number of subjects", "Keywords")
    described = [[name, None, None, *data.draw(st.lists(CELL, max_size=2), name)] for name in elements]
    write_sheet(
        folder / "dataset_description.xlsx", [["Metadata element", "Description", "Example", "Value"], *described]
    )
    convertor = Gen3Convertor("12L", "syn-ds", dictionary=dictionary)
    made = convertor.execute(folder, folder / "out", skip_invalid=True)
    records = []
    for file in made.files:
        document = json.loads(file.read_text())
        records += document if isinstance(document, list) else [document]
    sandbox_server.reset()
    assert len(sandbox_server.gen3.records.seed(*PLACE, records)) == sum(made.counts.values())
