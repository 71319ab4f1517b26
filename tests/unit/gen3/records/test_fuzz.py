"""Whatever is in a file or a record, it is read or refused with a place: nothing else goes wrong."""

import json
from typing import Any

import pytest
from gen3_records import case, dictionary
from hypothesis import example, given
from hypothesis import strategies as st
from omicsdk.gen3 import Gen3UserError
from omicsdk.gen3.records import Project, Table, validate

SDS = dictionary()
NAMES = [
    "type", "submitter_id", "id", "project_id", "experiments", "projects", "slides", "state", "created_datetime",
    "type_of_data", "number_experimental_group", "keywords", "is_described_by", "sex",
]  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["case", "Raw", "e1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["submitter_id", "id", "code"]) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
RECORDS = st.lists(
    st.builds(
        lambda kind, more: {**more, **({"type": kind} if kind else {})},
        st.sampled_from(["case", "experiment", "dataset_description", "manifest", "slide_image", "program", ""]),
        st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), JSON, max_size=6),
    ),
    max_size=4,
)


@given(RECORDS)
def test_any_record_is_right_or_has_findings(records: list[dict[str, Any]]) -> None:
    for finding in validate(records, SDS, project=Project("demo", "one"), known=lambda *_: set()):
        assert finding.row in range(1, len(records) + 1)
        assert finding.message
        assert finding.kind
        str(finding)
        json.dumps(finding.as_dict(), default=str)


@given(RECORDS)
def test_a_right_record_stays_right_among_others(records: list[dict[str, Any]]) -> None:
    right = case("the right one", "there")
    findings = validate(
        [*records, right], SDS, project=Project("demo", "one"), known=lambda *arguments: set(arguments[2])
    )
    assert all(finding.row != len(records) + 1 for finding in findings)


BYTES = st.binary(max_size=60) | st.text(alphabet='type\t,"\n\r{}[]:1\x00é*', max_size=60).map(str.encode)


@pytest.mark.parametrize("kind", ["tsv", "csv", "json", "jsonl", "xlsx"])
@example(b"type\n\x00\n")
@example(b'type\tx\n"a\n')
@example(b"\xef\xbb\xbf\xef\xbb\xbftype\ncase\n")
@example(b"[" * 100_000)
@given(BYTES)
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, kind: str, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / f"any.{kind}"
    file.write_bytes(content)
    try:
        for row in Table(file):
            assert row.place.row is not None
            assert all(isinstance(name, str) for name in row.values)
    except Gen3UserError as error:
        assert str(file) in str(error)  # noqa: PT017 - most are read
