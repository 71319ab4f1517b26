"""Our client, answered by a recording of what the published client and a real server said to each other."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.compat.pangea_api import (
    Knex,
    Organization,
    PangeaInternalError,
    PangeaNotFoundError,
    PangeaOtherError,
    Pipeline,
    RemoteObjectError,
    RemoteObjectOverwriteError,
    SampleGroup,
    User,
)
from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag

RECORDING = Path(__file__).parents[3] / "data/compat/pangea_api/recordings" / "pangea.client.recording.jsonl.gz"
SERVER = "http://127.0.0.1:8000"


class Recorded:
    """Responses with what the server answered to the same method and path, in the recorded order; the last one stays."""

    def __init__(self) -> None:
        self.responses: dict[str, list[dict[str, Any]]] = {}
        self.sent: list[tuple[str, Any]] = []
        with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
            for line in lines:
                step = json.loads(line)
                path = step["request"]["path"].replace("?format=json", "")
                if step["response"]["status"] != 301 and not path.startswith("{s3}"):
                    if path in ("/api/auth/token/login", "/api/contrib/tags"):
                        path += "/"
                    self.responses.setdefault(f"{step['request']['method']} {path}", []).append(step)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        line = f"{request.method} {request.url.raw_path.decode()}"
        body = json.loads(request.content) if request.content else None
        self.sent.append((line, body))
        steps = self.responses.get(line)
        assert steps, f"{line} isn't in the recording"
        chosen = next((step for step in steps if _same(step["request"]["body"], body)), steps[0])
        if len(steps) > 1:
            steps.remove(chosen)
        response = chosen["response"]
        text = response["body"] if isinstance(response["body"], str) else json.dumps(response["body"])
        text = text.replace("http://{server}", SERVER)
        return httpx.Response(
            response["status"], text="" if response["body"] is None else text, headers=response["headers"]
        )

    def bodies(self, line: str) -> list[Any]:
        """What the published client sent there."""
        return [step["request"]["body"] for step in self.responses[line]]


def _same(recorded: Any, ours: Any) -> bool:
    return isinstance(recorded, dict) and isinstance(ours, dict) and recorded.get("name") == ours.get("name")


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def knex(recorded: Recorded) -> Iterator[Knex]:
    with Knex(SERVER, transport=httpx.MockTransport(recorded)) as knex:
        knex.add_auth_token("0" * 40)
        yield knex


@pytest.fixture
def library(knex: Knex) -> SampleGroup:
    """The recorded library, which the published client never fetched by name."""
    made = Organization(knex, "Cli Org")
    made.create()
    return made.sample_group("Cli Lib", is_library=True, is_public=None).create()


def test_logging_in(recorded: Recorded):
    with Knex(SERVER, transport=httpx.MockTransport(recorded)) as knex:
        User(knex, "foo@bar.com", "Foobar22").register()
        with pytest.raises(PangeaOtherError, match="already exists"):
            User(knex, "foo@bar.com", "Foobar22").register()
    lines = ["POST /api/auth/users/", "POST /api/auth/token/login/"]
    assert [line for line, _ in recorded.sent] == [*lines, lines[0]]
    assert recorded.sent[0][1] == {"email": "foo@bar.com", "password": "Foobar22"}


def test_a_missing_object(knex: Knex):
    with pytest.raises(PangeaNotFoundError) as caught:
        Organization(knex, "nope").get()
    assert len(str(caught.value)) < 400
    assert not Organization(knex, "Cli Org").exists()


def test_what_creates_is_what_the_published_client_sends_and_what_it_forgets(
    knex: Knex, library: SampleGroup, recorded: Recorded
):
    with pytest.raises(PangeaOtherError, match="organization with this name already exists"):
        Organization(knex, "Cli Org").create()
    assert (library.name, library.is_library, library.is_public) == ("Cli Lib", True, True)
    _, sent = recorded.sent[1]
    assert sent == {"organization": library.org.uuid, "name": "Cli Lib", "is_library": True, "metadata": {}}
    sample = library.sample("s 1", metadata={"city": "Paris"}).create()
    assert recorded.sent[-1][0] == "POST /api/samples"
    assert recorded.sent[-1][1] == {"name": "s 1", "metadata": {"city": "Paris"}, "library": library.uuid}
    assert (sample.uuid, sample.metadata) == ("72fba024-bc65-400f-b090-bd9678a31c56", {"city": "Paris"})
    with pytest.raises(PangeaOtherError, match="must make a unique set"):
        library.sample("s 1").create()


def test_a_private_group_of_a_server_that_is_not_queried_stays_no_secret(knex: Knex, recorded: Recorded):
    org = Organization(knex, "Cli Org").create()
    with pytest.raises(RemoteObjectError, match="set to private, but is still public on the server"):
        org.sample_group("Cli Priv", is_library=True, is_public=False).create()
    assert recorded.sent[-1][1]["is_public"] is False
    for step in recorded.responses["POST /api/sample_groups"]:
        step["response"]["body"]["is_public"] = False
    with pytest.raises(RemoteObjectError, match="set to public, but is still private on the server"):
        org.sample_group("Cli Lib", is_library=True, is_public=True).create()


def test_arguments_that_have_moved_are_given_by_name(knex: Knex):
    org = Organization(knex, "An Org")
    for made in (SampleGroup, lambda knex, org, *more, **named: org.sample_group(*more, **named)):
        with pytest.raises(TypeError, match="is_library= and is_public= are given by name"):
            made(knex, org, "g", True)
        with pytest.raises(TypeError, match="metadata is an object"):
            made(knex, org, "g", metadata=True)
        with pytest.raises(TypeError, match="is_library is True or False"):
            made(knex, org, "g", is_library="yes")
        with pytest.raises(TypeError, match="is_public is True, False or None"):
            made(knex, org, "g", is_public=1)


def test_samples_are_added_and_removed_when_the_group_is_saved(knex: Knex, library: SampleGroup, recorded: Recorded):
    plain = library.org.sample_group("Cli Grp").create()
    sample = library.sample("s 1").get()
    for method, change in (("POST", plain.add_sample), ("DELETE", plain.remove_sample)):
        change(sample).save()
        path = f"/api/sample_groups/{plain.uuid}/samples"
        assert recorded.sent[-1] == (f"{method} {path}", {"sample_uuids": [sample.uuid]})


def test_fetching(knex: Knex, library: SampleGroup, recorded: Recorded):
    assert library.sample("s 1").get().description == ""
    with pytest.raises(RemoteObjectOverwriteError):
        library.sample("s 1", metadata={"city": "Rome"}).get()
    place = "GET /api/nested/Cli%20Org/sample_groups/Cli%20Lib/samples"
    assert recorded.sent[-1][0] == f"{place}/s%201/"
    assert library.sample("é 🧬").get().uuid == "c3a5821b-c443-4ea8-a259-e5f8d2eabb35"
    assert recorded.sent[-1][0] == f"{place}/%C3%A9%20%F0%9F%A7%AC/"


def test_results(knex: Knex, library: SampleGroup):
    sample = library.sample("s 1").get()
    assert sample.analysis_result("mod::x", replicate="r1").get().replicate == "r1"
    assert sample.analysis_result("mod::x").get().replicate == "WL4CHwKORglc"
    results = [(result.module_name, result.is_private) for result in sample.get_analysis_results()]
    assert results == [("mod::x", False), ("mod::x", False), ("privmod", True), ("solo", False)]
    assert library.get_module_counts() == {"n_samples": 4, "solo": 1, "mod::x": 1, "privmod": 1}
    assert {entry["name"] for entry in library.get_manifest()["samples"]} >= {"s 1", "a/b"}
    assert sample.get_manifest()["name"] == "s 1"


def test_205_samples_on_three_pages(knex: Knex, recorded: Recorded):
    org = Organization(knex, "Cli Org").create()
    paged = org.sample_group("Cli Paged", is_library=True, is_public=None).create()
    names = [f"p{number:03}" for number in range(205)]
    assert len(knex.client.create_samples(names=names, library=str(paged.uuid)).uuids) == 205
    assert [sample.name for sample in paged.get_samples()] == [f"p{number:03}" for number in range(205)]
    lines = [line for line, _ in recorded.sent if "/samples" in line]
    route = f"GET /api/sample_groups/{paged.uuid}/samples"
    assert sorted(lines) == [route, f"{route}?page=2", f"{route}?page=3"]
    assert [id(sample) for sample in paged.get_samples()] == [id(sample) for sample in paged.get_samples()]
    assert [line for line, _ in recorded.sent if "/samples" in line] == lines


def test_lists_of_groups_pipelines_and_tags(knex: Knex, library: SampleGroup):
    assert [group.name for group in library.org.get_sample_groups()] == ["Cli Lib", "Cli Priv", "Cli Grp", "Cli Throw"]
    pipeline = Pipeline(knex, "Cli Pipe").get()
    assert [module.name for module in pipeline.get_modules()] == ["m", "n"]
    assert pipeline.module("m", "1.0").get().version == "1.0"
    tag = Tag(knex, "Cli Tag").get()
    assert (tag.payload, [sample.name for sample in tag.get_samples()]) == ("pay", ["s 1"])
    assert [group.name for group in tag.get_sample_groups()] == ["Cli Grp"]
    assert [sample.name for sample in tag.get_random_samples(n=2)] == ["s 1"]


def test_deleting(knex: Knex):
    assert knex.delete("samples/91d8380f-f26c-463e-ad73-03ac4a862595") is None
    with pytest.raises(PangeaInternalError) as caught:
        knex.post("sample_ar_fields/27bafa2f-5aa4-4015-9913-cf5fe5d62c2d/upload_s3")
    assert len(str(caught.value)) < 600
