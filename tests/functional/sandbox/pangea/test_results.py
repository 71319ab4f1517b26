"""Fields of results, and who sees them."""

import re
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pangea_responses import NOWHERE, Payload, created, names, status_and_body


def new(client: httpx.Client, result: Payload, data: object, name: str = "f") -> httpx.Response:
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
def test_any_json_comes_back_as_it_was_stored(owner: httpx.Client, result: Payload, data: object):
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
def test_data_that_cannot_be_stored_are_refused(owner: httpx.Client, result: Payload, data: object, complaint: str):
    assert status_and_body(new(owner, result, data)) == (400, {"stored_data": [complaint]})


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_that_json_has_no_word_for_is_refused_wherever_it_stands(
    owner: httpx.Client, library: Payload, result: Payload, number: str
):
    paths = (f"/sample_groups/{library['uuid']}", f"/samples/{result['sample']}", f"/sample_ars/{result['uuid']}")
    for path in paths:
        refused = owner.patch(path, content=f'{{"metadata": {{"a": [{number}]}}}}', headers=_AS_JSON)
        assert status_and_body(refused) == (400, {"metadata": ["Value must be valid JSON."]})
    body = f'{{"name": "f", "analysis_result": "{result["uuid"]}", "stored_data": [{{"x": {number}}}]}}'
    assert owner.post("/sample_ar_fields", content=body, headers=_AS_JSON).status_code == 400
    form = {"name": "f", "analysis_result": result["uuid"], "stored_data": f"[{number}]"}
    assert status_and_body(owner.post("/sample_ar_fields", data=form)) == (
        400,
        {"stored_data": ["Value must be valid JSON."]},
    )
    for path in ("/sample_ar_fields", "/sample_ars", "/samples", "/sample_groups"):
        assert owner.get(path).status_code == 200


def test_data_may_be_nested_deeply_and_name_what_they_may_not_have(owner: httpx.Client, result: Payload):
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
        assert status_and_body(owner.post("/sample_ar_fields", data=form)) == (
            400,
            {"stored_data": ["Value must be valid JSON."]},
        )
    assert names(owner.get("/sample_ar_fields")) == ["f"]


Change = tuple[str, int, bool]
changes = st.lists(
    st.tuples(
        st.sampled_from(["result", "result", "field", "privacy", "library", "deletion"]),
        st.integers(0, 9),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def test_a_module_states_what_it_needs_and_what_needs_it(owner: httpx.Client):
    pipeline = created(owner.post("/pipelines", json={"name": "pipe"}))
    fields = {"pipeline": pipeline["uuid"], "version": "1.0"}
    needed = created(owner.post("/pipeline_modules", json={**fields, "name": "a"}))
    needing = created(owner.post("/pipeline_modules", json={**fields, "name": "b", "dependencies": [needed["uuid"]]}))
    assert (needing["dependency_modules"], needing["downstream_modules"]) == ([[needed["uuid"], "a", "1.0"]], [])
    path = f"/pipelines/{pipeline['uuid']}/modules"
    found = owner.get(f"{path}/a/1.0").json()
    assert (found["uuid"], found["dependency_modules"]) == (needed["uuid"], [])
    assert found["downstream_modules"] == [[needing["uuid"], "b", "1.0"]]
    missing = {"detail": "PipelineModule with name a and version 2 not found in pipeline pipe"}
    assert status_and_body(owner.get(f"{path}/a/2")) == (404, missing)
    missing = {"detail": f"Pipeline with uuid {NOWHERE} not found"}
    assert status_and_body(owner.get(f"/pipelines/{NOWHERE}/modules/a/1.0")) == (404, missing)


def test_a_result_begins_with_the_defaults_and_a_replicate_of_its_own(owner: httpx.Client, sample: Payload):
    sent = {"module_name": "m", "sample": sample["uuid"]}
    first, second = (created(owner.post("/sample_ars", json=sent)) for _ in range(2))
    defaults = {"description": "", "metadata": {}, "is_private": False, "is_hidden": False, "pipeline_module": None}
    assert {name: first[name] for name in defaults} == defaults
    assert re.fullmatch("[0-9A-Za-z]{12}", first["replicate"])
    assert first["replicate"] != second["replicate"]
    assert names(owner.get("/sample_ars", params={"replicate": first["replicate"]}), "uuid") == [first["uuid"]]
    refusal = {"non_field_errors": ["The fields module_name, replicate, sample must make a unique set."]}
    same = {**sent, "replicate": first["replicate"]}
    assert status_and_body(owner.post("/sample_ars", json=same)) == (400, refusal)


@dataclass
class Kept:
    """A result as it should be.

    Attributes:
        uuid: Its UUID.
        private: Whether it is private.
        library: Which of the two libraries it is in.
        fields: The UUIDs of its fields.
    """

    uuid: str
    private: bool
    library: int
    fields: list[str] = field(default_factory=list[str])


class Model:
    """Does changes on the platform, and keeps what should be there."""

    def __init__(self, owner: httpx.Client, libraries: list[Payload], samples: list[Payload]) -> None:
        self._owner = owner
        self._libraries = libraries
        self._samples = samples
        self.public = [library["is_public"] for library in libraries]
        self.results: list[Kept] = []

    def do(self, change: Change) -> None:
        kind, number, flag = change
        if kind == "library":
            path = f"/sample_groups/{self._libraries[number % 2]['uuid']}"
            assert self._owner.patch(path, json={"is_public": flag}).json()["is_public"] is flag
            self.public[number % 2] = flag
        elif kind == "result":
            sample = self._samples[number % 2]["uuid"]
            sent = {"module_name": "m", "sample": sample, "is_private": flag}
            made = created(self._owner.post("/sample_ars", json=sent))
            self.results.append(Kept(made["uuid"], flag, number % 2))
        elif self.results:
            self._change_result(kind, self.results[number % len(self.results)], flag=flag)

    def _change_result(self, kind: str, result: Kept, *, flag: bool) -> None:
        path = f"/sample_ars/{result.uuid}"
        match kind:
            case "field":
                sent = {"name": f"f{len(result.fields)}", "analysis_result": result.uuid, "stored_data": {}}
                result.fields.append(created(self._owner.post("/sample_ar_fields", json=sent))["uuid"])
            case "privacy":
                assert self._owner.patch(path, json={"is_private": flag}).json()["is_private"] is flag
                result.private = flag
            case _:
                assert self._owner.delete(path).status_code == 204
                self.results.remove(result)

    def seen(self, *, member: bool) -> tuple[list[str], list[str]]:
        """The results and fields that a member sees, or another user."""
        results = [result for result in self.results if member or (self.public[result.library] and not result.private)]
        return sorted(result.uuid for result in results), sorted(uuid for result in results for uuid in result.fields)

    def clear(self) -> None:
        for result in list(self.results):
            self._change_result("deletion", result, flag=True)


def listed(client: httpx.Client) -> tuple[list[str], list[str]]:
    payloads = [client.get(path).json()["results"] for path in ("/sample_ars", "/sample_ar_fields")]
    results, fields = (sorted(row["uuid"] for row in rows) for rows in payloads)
    return results, fields


@settings(
    max_examples=5 * settings().max_examples // 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=changes)
def test_every_user_sees_what_they_may(
    changes: list[Change],
    owner: httpx.Client,
    member: httpx.Client,
    outsider: httpx.Client,
    anonymous: httpx.Client,
    library: Payload,
    private_library: Payload,
    sample: Payload,
    private_sample: Payload,
) -> None:
    libraries = [owner.get(f"/sample_groups/{group['uuid']}").json() for group in (library, private_library)]
    model = Model(owner, libraries, [sample, private_sample])
    for change in changes:
        model.do(change)
    for client in (owner, member, outsider, anonymous):
        mine = client in (owner, member)
        results, fields = model.seen(member=mine)
        assert listed(client) == (results, fields)
        for result in model.results:
            expected = 200 if result.uuid in results else 403
            assert client.get(f"/sample_ars/{result.uuid}").status_code == expected
            for uuid in result.fields:
                assert client.get(f"/sample_ar_fields/{uuid}").status_code == expected
    model.clear()
