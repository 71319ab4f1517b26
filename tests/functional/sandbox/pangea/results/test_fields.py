"""Fields of analysis results: what they hold, and what is refused."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pangea_responses import Thing, created, names, told


def new(client: httpx.Client, result: Thing, data: object, name: str = "f") -> httpx.Response:
    return client.post("/sample_ar_fields", json={"name": name, "analysis_result": result["uuid"], "stored_data": data})


_LEAVES = st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
_AS_JSON = {"Content-Type": "application/json"}
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_VALUES = st.recursive(
    _LEAVES | _TEXTS,
    lambda inner: st.lists(inner | st.none(), max_size=4) | st.dictionaries(_TEXTS, inner | st.none(), max_size=4),
    max_leaves=20,
)


@settings(
    max_examples=3 * settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=_VALUES)
def test_any_json_comes_back_as_it_was_stored(owner: httpx.Client, result: Thing, data: object):
    made = created(new(owner, result, data))
    assert made["stored_data"] == data
    assert owner.get(f"/sample_ar_fields/{made['uuid']}").json()["stored_data"] == data
    assert owner.delete(f"/sample_ar_fields/{made['uuid']}").status_code == 204


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (None, "This field may not be null."),
        ({"x": ["a\0b"]}, "Null characters are not allowed."),
        ({"a\0b": 1}, "Null characters are not allowed."),
    ],
)
def test_data_that_cannot_be_stored_are_refused(owner: httpx.Client, result: Thing, data: object, complaint: str):
    assert told(new(owner, result, data)) == (400, {"stored_data": [complaint]})


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_that_json_has_no_word_for_is_refused_wherever_it_stands(
    owner: httpx.Client, library: Thing, result: Thing, number: str
):
    paths = (f"/sample_groups/{library['uuid']}", f"/samples/{result['sample']}", f"/sample_ars/{result['uuid']}")
    for path in paths:
        refused = owner.patch(path, content=f'{{"metadata": {{"a": [{number}]}}}}', headers=_AS_JSON)
        assert told(refused) == (400, {"metadata": ["Value must be valid JSON."]})
    body = f'{{"name": "f", "analysis_result": "{result["uuid"]}", "stored_data": [{{"x": {number}}}]}}'
    assert owner.post("/sample_ar_fields", content=body, headers=_AS_JSON).status_code == 400
    form = {"name": "f", "analysis_result": result["uuid"], "stored_data": f"[{number}]"}
    assert told(owner.post("/sample_ar_fields", data=form)) == (400, {"stored_data": ["Value must be valid JSON."]})
    for path in ("/sample_ar_fields", "/sample_ars", "/samples", "/sample_groups"):
        assert owner.get(path).status_code == 200


def test_data_may_be_nested_deeply_and_name_what_they_may_not_have(owner: httpx.Client, result: Thing):
    deep: object = r"\u0000"
    for _ in range(200):
        deep = [{"x": deep}]
    assert created(new(owner, result, deep))["stored_data"] == deep
    for depth in (501, 960, 990, 100_000):
        data = "[" * depth + "]" * depth
        body = f'{{"name": "g", "analysis_result": "{result["uuid"]}", "stored_data": {data}}}'
        refused = owner.post("/sample_ar_fields", content=body, headers=_AS_JSON)
        assert refused.status_code == 400
        form = {"name": "g", "analysis_result": result["uuid"], "stored_data": data}
        assert told(owner.post("/sample_ar_fields", data=form)) == (400, {"stored_data": ["Value must be valid JSON."]})
    assert names(owner.get("/sample_ar_fields")) == ["f"]
