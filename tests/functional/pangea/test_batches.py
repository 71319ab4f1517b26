"""Several objects at once, and again: what is done is skipped, and what fails is named."""

import asyncio
import json
import random
from pathlib import Path

import httpx
import pytest
from omicsdk.core import NotFound, OmicsError, SomeFailed
from omicsdk.pangea import AsyncPangea, FieldExists, Pangea, PasswordLogin, ResultId
from omicsdk.pangea.batches import Batch, for_each
from omicsdk.pangea.fields import CHUNK
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

WHERE = ("Sandbox", "Sandbox Library")


@pytest.fixture
def login(sandbox: Sandbox) -> PasswordLogin:
    return PasswordLogin(SANDBOX_PANGEA_USER, sandbox.password)


@pytest.fixture
def pangea(sandbox: Sandbox, login: PasswordLogin):
    with Pangea(sandbox.pangea_url, credentials=login) as client:
        yield client


def test_a_batch_states_what_was_done():
    assert str(Batch("created", "samples", ["a"])) == "1 sample created"
    refused = [OmicsError("no"), OmicsError("never")]
    some = Batch("created", "samples", ["a", "b", "c"], 1, refused)
    assert str(some) == "2 samples created, 1 skipped, 2 failed"
    with pytest.raises(SomeFailed, match="2 of 5 samples failed"):
        some.raise_if_failed()
    Batch("created", "samples", ["a"], 1).raise_if_failed()


@pytest.mark.parametrize("in_order", [True, False])
def test_one_that_fails_is_named_and_keeps_no_other(in_order: bool):
    messages: list[str] = []

    def work(number: int) -> int:
        if number == 7:
            raise OmicsError("unlucky")
        return -number

    done, errors = for_each(
        range(2001), work, lambda number: f"number {number}", in_order=in_order, on_message=messages.append
    )
    assert done == [-number for number in range(2001) if number != 7]
    assert [str(error) for error in errors] == ["number 7: unlucky"]
    assert messages == ["1000 of 2001", "2000 of 2001"]


def test_samples_are_made_added_and_tagged_once(pangea: Pangea):
    assert str(pangea.ensure_samples(*WHERE, ["a", "b", "a"])) == "2 samples created"
    again = pangea.ensure_samples(*WHERE, ["b", "c"])
    assert (str(again), [sample.name for sample in again.items]) == ("1 sample created, 1 skipped", ["b", "c"])
    owner = pangea.find_organization("Sandbox").uuid
    pangea.create_sample_group(name="Plain", organization=owner, is_library=False)
    added = pangea.add_samples_to_group(*WHERE, "Sandbox", "Plain", ["a", "b", "zz"])
    assert str(added) == "2 samples added, 1 failed"
    assert 'Sample "zz" not found in Sandbox Library' in str(added.errors[0])
    assert str(pangea.add_samples_to_group(*WHERE, "Sandbox", "Plain", ["a", "b"])) == "0 samples added, 2 skipped"
    assert [sample.name for sample in pangea.samples_of("Sandbox", "Plain", ["b", "a"])] == ["a", "b"]
    with pytest.raises(NotFound, match="There is no tag 't'"):
        pangea.tag_samples(*WHERE, ["t"])
    assert str(pangea.ensure_tags(["t", "t", "u"])) == "2 tags created"
    assert str(pangea.ensure_tags(["t"])) == "0 tags created, 1 skipped"
    assert str(pangea.tag_samples(*WHERE, ["t", "u"])) == "3 samples tagged"


class Halfway(httpx.HTTPTransport):
    """Creates all samples of a request but the last one, and fails, as pangea-django does without a transaction."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/bulk_samples"):
            return super().handle_request(request)
        payload = json.loads(request.content)
        headers = {"authorization": request.headers["authorization"]}
        payload["names"].pop()
        assert (
            super().handle_request(httpx.Request("POST", request.url, json=payload, headers=headers)).status_code == 201
        )
        return httpx.Response(500, text="DataError at /api/bulk_samples")


def test_samples_of_a_request_that_failed_halfway_are_found(sandbox: Sandbox, login: PasswordLogin):
    with Pangea(sandbox.pangea_url, credentials=login, transport=Halfway()) as client:
        samples = client.ensure_samples(*WHERE, [f"s{number}" for number in range(60)])
    assert (str(samples), len(samples.items)) == ("60 samples created", 60)


def test_metadata_are_saved_where_they_change(pangea: Pangea):
    pangea.ensure_samples(*WHERE, ["a", "b"])
    rows = {"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 3}}
    assert str(pangea.save_metadata(*WHERE, rows)) == "2 samples saved, 1 failed"
    created = pangea.save_metadata(*WHERE, rows, create=True)
    assert (str(created), [sample.metadata["n"] for sample in created.items]) == (
        "1 sample saved, 2 skipped",
        [1, 2, 3],
    )
    assert str(pangea.save_metadata(*WHERE, {"a": {"m": 5}}, update=True)) == "1 sample saved"
    assert next(pangea.samples_of(*WHERE, ["a"])).metadata == {"n": 1, "m": 5}


@pytest.mark.parametrize("count", [1, 60])
def test_metadata_are_those_of_the_librarys_own_sample(pangea: Pangea, count: int):
    names = [f"s{number}" for number in range(count)]
    own = pangea.ensure_samples(*WHERE, names).items[0]
    owner = pangea.find_organization("Sandbox").uuid
    other = pangea.create_sample_group(name="Other", organization=owner, is_library=True)
    foreign = pangea.create_sample(name=own.name, library=other.uuid)
    pangea.add_sample_group_samples(group_pk=own.library, sample_uuids=[foreign.uuid])
    assert [sample.uuid for sample in pangea.samples_of(*WHERE, names) if sample.name == own.name] == [own.uuid]
    assert pangea.save_metadata(*WHERE, {name: {"n": 1} for name in names}).items[0].uuid == own.uuid
    assert pangea.get_sample(uuid=foreign.uuid).metadata == {}


@pytest.mark.parametrize("size", [14, CHUNK, 2 * CHUNK + 1])
def test_a_field_that_holds_the_file_is_skipped(pangea: Pangea, tmp_path: Path, size: int):
    path = tmp_path / "reads"
    path.write_bytes(random.Random(1).randbytes(size))
    sample = pangea.ensure_samples(*WHERE, ["a"]).items[0]
    result = ResultId(pangea.create_sample_analysis_result(module_name="m", sample=sample.uuid).uuid)
    first = pangea.upload_field(path, result, "f")
    assert (first.counts["done"], first.analysis_result) == (1, result.uuid)
    again = pangea.upload_field(path, result, "f")
    assert (again.counts["skipped"], again.uuid) == (1, first.uuid)
    assert again.outcomes[0].verification == "verified"
    path.write_bytes(random.Random(2).randbytes(size))
    with pytest.raises(FieldExists, match="already contains data"):
        pangea.upload_field(path, result, "f")


def test_names_that_do_not_exist_are_distinguished(sandbox: Sandbox, pangea: Pangea):
    for place, problem in (
        (("Nope", "Sandbox Library", "s"), "There is no organization 'Nope'"),
        (("Sandbox", "Nope", "s"), "There is no sample group 'Nope' in the organization 'Sandbox'"),
        ((*WHERE, "s"), "There is no sample 's' in the group 'Sandbox Library'"),
    ):
        with pytest.raises(NotFound, match=problem) as caught:
            pangea.find_sample(*place)
        assert "login" not in caught.value.remedy


def test_the_asynchronous_client_has_the_same(sandbox: Sandbox, login: PasswordLogin):
    async def run() -> str:
        async with AsyncPangea(sandbox.pangea_url, credentials=login) as pangea:
            await pangea.ensure_tags(["t"])
            samples = await pangea.ensure_samples(*WHERE, ["a"])
            return f"{samples}; {await pangea.tag_samples(*WHERE, ['t'])}"

    assert asyncio.run(run()) == "1 sample created; 1 sample tagged"
