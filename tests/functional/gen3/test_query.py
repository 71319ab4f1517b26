"""The documented client of the explorer."""

import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.query import Gen3Query
from omicsdk.core import BadRequest
from omicsdk.gen3 import Gen3UserError
from omicsdk.sandbox import Sandbox


@pytest.fixture
def explorer(sandbox: Sandbox, auth: Gen3Auth):
    rows = [
        {"submitter_id": f"s{number:03}", "age": number, "sex": "f" if number % 2 else "m", "visits": [{"place": "x"}]}
        for number in range(40)
    ]
    sandbox.gen3.guppy.put("subject", rows)
    with Gen3Query(auth) as query:
        yield query


def test_records(explorer: Gen3Query):
    told = explorer.query("subject", ["submitter_id", "age"], first=2, offset=1, sort_object={"age": "DESC"})
    assert told == {"data": {"subject": [{"submitter_id": "s038", "age": 38}, {"submitter_id": "s037", "age": 37}]}}
    assert len(explorer.query("subject", ["age"])["data"]["subject"]) == 10


def test_filters(explorer: Gen3Query):
    both = explorer.query("subject", ["age"], filters={"sex": "f", "age": 3})
    assert both["data"]["subject"] == [{"age": 3}]
    chosen = {"AND": [{">": {"age": 36}}, {"=": {"sex": "m"}}]}
    assert explorer.query("subject", ["age"], filter_object=chosen)["data"]["subject"] == [{"age": 38}]
    with pytest.raises(Gen3UserError, match="are mutually exclusive"):
        explorer.query("subject", ["age"], filters={"a": 1}, filter_object=chosen)


def test_what_is_within_others(explorer: Gen3Query):
    for field in ("visits.place", "visits { place }"):
        assert explorer.query("subject", [field], first=1)["data"]["subject"] == [{"visits": [{"place": "x"}]}]


def test_downloads(explorer: Gen3Query):
    assert len(explorer.raw_data_download("subject", ["age"])) == 40
    some = explorer.raw_data_download("subject", ["age"], {">": {"age": 5}}, [{"age": "asc"}], first=2, offset=1)
    assert some == [{"age": 7}, {"age": 8}]
    rows = explorer.iterate_rows("subject", ["age"])
    assert set(next(iter(rows))) == {"age"}


def test_beyond_what_a_query_reaches_it_is_downloaded(explorer: Gen3Query, caplog: pytest.LogCaptureFixture):
    told = explorer.query("subject", ["age"], first=9_990, offset=38, sort_object={"age": "asc"})
    assert told == {"data": {"subject": [{"age": 38}, {"age": 39}]}}
    assert "downloading all records" in caplog.text


def test_queries_manually(explorer: Gen3Query):
    text = "query($filter: JSON) { _aggregation { subject(filter: $filter) { _totalCount } } }"
    told = explorer.graphql_query(text, {"filter": {"=": {"sex": "f"}}})
    assert told["data"]["_aggregation"]["subject"]["_totalCount"] == 20
    with pytest.raises(BadRequest, match="nope"):
        explorer.graphql_query("{ nope }")
