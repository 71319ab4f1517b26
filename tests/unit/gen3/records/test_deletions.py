"""Records that link to each other: each is deleted once, after those that link to it, or the commons states what prevents it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest
from gen3_commons import COMMONS
from gen3_records import dictionary, relatives
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ANONYMOUS, NO_RETRY, BadRequest, NotFound, Retry
from omicsdk.gen3 import Gen3, Gen3Error, Gen3UserError
from omicsdk.gen3.records.deletions import delete_nodes, delete_project, delete_records
from omicsdk.gen3.records.projects import delete_empty_project

DICTIONARY = dictionary(subject=relatives())
PROJECT = "demo-one"


class Commons(httpx.MockTransport):
    """Deletes no record that another links to, and no unknown one.

    Args:
        links: By id, the ids that a subject links to.
        experiments: Further records.
        keeps: Ids that it reports as deleted and keeps.
        losses: How many responses to deletions are lost.
    """

    def __init__(
        self,
        links: Mapping[str, Iterable[str]],
        experiments: Iterable[str] = (),
        keeps: Iterable[str] = (),
        losses: int = 0,
    ) -> None:
        super().__init__(self._respond)
        self.types = dict.fromkeys(experiments, "experiment") | dict.fromkeys(links, "subject")
        self.links = {id: set(linked) for id, linked in links.items()}
        self.deletions, self.dry_runs = list[list[str]](), list[list[str]]()
        self.has_project = True
        self._keeps, self._losses = frozenset(keeps), losses

    @property
    def client(self) -> Gen3:
        retry = Retry(attempts=2, base=0) if self._losses else NO_RETRY
        return Gen3(COMMONS, credentials=ANONYMOUS, transport=self, retry=retry)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/graphql"):
            return httpx.Response(200, json={"data": self._queried(json.loads(request.content)["query"])})
        assert request.method == "DELETE"
        _, found, some = request.url.path.partition("/demo/one/entities/")
        if not found:
            if not self.has_project:
                return httpx.Response(404)
            self.has_project = False
            return self._lost_or(httpx.Response(204))
        ids = some.removeprefix("_dry_run/").split(",")
        dependents = [id for id in self.types if id not in ids and not self.links.get(id, set()).isdisjoint(ids)]
        entities = [{"id": id, "type": self.types.get(id, ""), "errors": []} for id in ids]
        if dependents or not self.types.keys() >= {*ids}:
            hindering = [{"id": id, "type": self.types[id]} for id in dependents]
            errors = [{"errors": [{"type": "INVALID_LINK", "dependents": hindering}]}]
            return httpx.Response(400, json={"success": False, "message": "no", "entities": errors})
        if some != ",".join(ids):
            self.dry_runs.append(ids)
        else:
            self.deletions.append(ids)
            for id in {*ids} - self._keeps:
                del self.types[id]
            return self._lost_or(httpx.Response(200, json={"success": True, "entities": entities}))
        return httpx.Response(200, json={"success": True, "entities": entities})

    def _lost_or(self, response: httpx.Response) -> httpx.Response:
        if self._losses:
            self._losses -= 1
            raise httpx.ReadTimeout("lost")
        return response

    def _queried(self, query: str) -> dict[str, Any]:
        of_type = {name: [id for id in self.types if self.types[id] == name] for name in ("subject", "experiment")}
        if "_count" in query:
            return {f"_{name}_count": len(of_type.get(name, [])) for name in re.findall(r"_(\w+)_count", query)}
        if ids := re.search(r"node\(ids: (\[.*?\])", query):
            return {"node": [{"id": id, "type": self.types[id]} for id in json.loads(ids[1]) if id in self.types]}
        name, first = re.findall(r"(\w+)\(first: (\d+)", query)[0]
        return {name: [{"id": id, "project_id": PROJECT} for id in of_type[name][: int(first)]]}


def chain(length: int) -> dict[str, list[str]]:
    """Subjects each of which links to the one before."""
    return {f"s{number}": [f"s{number - 1}"][:number] for number in range(length)}


GRAPHS = st.lists(st.sets(st.integers(0, 11), max_size=3), min_size=1, max_size=12).map(
    lambda links: {f"s{index}": [f"s{link}" for link in linked if link < index] for index, linked in enumerate(links)}
)
# Of a hundred and one dependents of the first record, the last one links to another as well, and so does the second record.
CROWD = {"s0": [], "x": ["s1"], **{f"s{number}": ["s0"] for number in range(1, 101)}, "s101": ["s0", "s1"]}


@pytest.mark.parametrize("links", [chain(50), CROWD], ids=["a chain", "a crowd"])
@pytest.mark.parametrize("by_ids", [False, True])
def test_a_record_is_deleted_once_after_those_that_link_to_it(links: dict[str, list[str]], by_ids: bool) -> None:
    check_deletion(links, by_ids, batch=2)


@given(GRAPHS, st.booleans(), st.integers(1, 4))
def test_records_go_in_any_order_of_their_links(links: dict[str, list[str]], by_ids: bool, batch: int) -> None:
    check_deletion(links, by_ids, batch)


def check_deletion(links: dict[str, list[str]], by_ids: bool, batch: int) -> None:
    commons, progress = Commons(links, ["e1", "e2"]), dict[str, int]()
    expected = {"subject": len(links), "experiment": 2}
    if by_ids:
        ids = ["e2", *links, "e1", *links]
        deletion = delete_records(commons.client, PROJECT, ids, dictionary=DICTIONARY, batch=batch)
    else:
        deletion = delete_nodes(
            commons.client, PROJECT, dictionary=DICTIONARY, batch=batch, on_deleted=progress.__setitem__
        )
        assert progress == expected
    assert commons.types == {}
    assert max(map(len, commons.deletions)) <= batch
    deleted = [id for ids in commons.deletions for id in ids]
    assert sorted(deleted) == sorted([*links, "e1", "e2"])
    counted = {"counts": expected, "total": len(links) + 2, "project": False, "dry_run": False}
    assert (deletion.as_dict(), list(deletion.counts)) == (counted, ["subject", "experiment"])


def test_a_dry_run_counts_and_requests_what_fits_into_one_batch() -> None:
    commons = Commons(chain(2), ["e1"])
    plan = delete_project(commons.client, PROJECT, dictionary=DICTIONARY, dry_run=True)
    assert plan.as_dict() == {"counts": {"subject": 2, "experiment": 1}, "total": 3, "project": True, "dry_run": True}
    for ids, batch in ([], 2), (["e1", "s1", "s0"], 2), (["s0", "s1"], 2):
        plan = delete_records(commons.client, PROJECT, ids, dictionary=DICTIONARY, dry_run=True, batch=batch)
        assert (plan.total, plan.dry_run) == (len(ids), True)
    assert (commons.dry_runs, commons.deletions, commons.has_project) == ([["s0", "s1"]], [], True)
    assert delete_project(commons.client, PROJECT, dictionary=DICTIONARY).project
    assert (commons.types, commons.has_project) == ({}, False)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_record_that_others_link_to_stays_and_one_of_these_is_named(dry_run: bool) -> None:
    commons = Commons(chain(3))
    with pytest.raises(BadRequest, match=r"such as subject s2: delete those first"):
        delete_records(commons.client, PROJECT, ["s0", "s1"], dictionary=DICTIONARY, dry_run=dry_run)
    assert commons.deletions == []


def test_a_record_of_a_node_that_the_dictionary_lacks_is_reported() -> None:
    commons = Commons(chain(1))
    commons.types["new"] = "subjekt"
    with pytest.raises(Gen3UserError, match="Did you mean 'subject'"):
        delete_records(commons.client, PROJECT, ["s0", "new"], dictionary=DICTIONARY)
    assert commons.deletions == []


def test_dependents_are_followed_to_a_depth_of_fifty() -> None:
    commons = Commons(chain(60))
    with pytest.raises(BadRequest, match="such as subject s51"):
        delete_nodes(commons.client, PROJECT, dictionary=DICTIONARY, batch=1)
    assert commons.deletions == []


def test_records_that_are_reported_as_deleted_and_exist_end_the_deletion() -> None:
    commons = Commons(chain(3), keeps=["s1"])
    with pytest.raises(Gen3Error, match="reported s1 of subject as deleted, but it still exists"):
        delete_nodes(commons.client, PROJECT, dictionary=DICTIONARY)


@pytest.mark.parametrize("by_ids", [False, True])
def test_a_deletion_whose_response_was_lost_is_one(by_ids: bool) -> None:
    commons = Commons(chain(2), losses=1)
    deletion = (
        delete_records(commons.client, PROJECT, ["s0", "s1"], dictionary=DICTIONARY)
        if by_ids
        else delete_nodes(commons.client, PROJECT, dictionary=DICTIONARY)
    )
    assert (deletion.counts, commons.types, len(commons.deletions)) == ({"subject": 2}, {}, 1)


def test_a_deleted_project_whose_response_was_lost_is_one() -> None:
    commons = Commons(chain(1), losses=2)
    delete_project(commons.client, PROJECT, dictionary=DICTIONARY)
    assert not commons.has_project
    with pytest.raises(NotFound):
        delete_empty_project(commons.client, "demo", "one")


@pytest.mark.parametrize("batch", [0, -1])
def test_a_batch_has_a_record(batch: int) -> None:
    commons = Commons(chain(1))
    for delete in (delete_nodes, delete_project):
        with pytest.raises(Gen3UserError, match=f"^{batch} records cannot"):
            delete(commons.client, PROJECT, dictionary=DICTIONARY, batch=batch)
    with pytest.raises(Gen3UserError, match=f"^{batch} records cannot"):
        delete_records(commons.client, PROJECT, ["s0"], dictionary=DICTIONARY, batch=batch)
    with pytest.raises(Gen3UserError, match=r"Record other and 1 more not found.*nothing was deleted"):
        delete_records(commons.client, PROJECT, ["s0", "other", "third"], dictionary=DICTIONARY)
    assert commons.deletions == []


def test_a_deletion_that_the_commons_calls_unsuccessful_is_an_error() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(200, json={"success": False, "message": "locked", "entities": []})
        return httpx.Response(200, json={"data": {"node": [{"id": "s1", "type": "subject"}]}})

    client = Gen3(COMMONS, credentials=ANONYMOUS, transport=httpx.MockTransport(respond), retry=NO_RETRY)
    with client, pytest.raises(Gen3Error, match="did not delete s1: locked"):
        delete_records(client, PROJECT, ["s1"], dictionary=DICTIONARY)
