"""Objects of a Pangea by their names, what is created where there is none, and pages that are requested ahead."""

import json
import threading
from typing import Any

import httpx
import pytest
from omicsdk.core import NO_RETRY, NotFound, OmicsError, ResponseMismatch
from omicsdk.pangea import Pangea
from omicsdk.pangea.listings import ensure_result, find_result, group_samples, has_route, own_samples, prefetched_pages

Row = dict[str, Any]


def uuid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


LAB, GUT, SUBSET, OTHER = (uuid(number) for number in range(1, 5))


class Server(httpx.MockTransport):
    """Lists rows by their path, filtered by what they have, and takes new ones.

    Attributes:
        created: Fields that the server sets in what is created.
    """

    def __init__(self, **tables: list[Row]) -> None:
        super().__init__(self._respond)
        group = {"organization": LAB, "is_library": False, "name": "g"}
        groups = [{**group, "uuid": GUT, "is_library": True}, {**group, "uuid": SUBSET}]
        self.tables: dict[str, list[Row]] = {"organizations": [{"uuid": LAB, "name": "Lab"}], "sample_groups": groups}
        self.tables |= tables
        self.requests = 0
        self.created: Row = {}
        self.client = Pangea("https://pangea.example.org", credentials="t", transport=self, retry=NO_RETRY)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        path = request.url.path.removeprefix("/api/")
        if request.method == "POST":
            self.tables.setdefault(path, []).append({"uuid": uuid(999), **json.loads(request.content), **self.created})
            return httpx.Response(201, json=self.tables[path][-1])
        if path not in self.tables and path.rpartition("/")[0] in self.tables:
            table, _, last = path.rpartition("/")
            return httpx.Response(200, json=next(row for row in self.tables[table] if row["uuid"] == last))
        criteria = {name.removesuffix("_id"): value for name, value in request.url.params.items()}
        rows = [row for row in self.tables.get(path, ()) if criteria.items() <= row.items()]
        return httpx.Response(200, json={"count": len(rows), "next": None, "previous": None, "results": rows})


@pytest.mark.parametrize(("name", "has"), [("a", True), (".a", True), ("", False), (".", False), ("..", False), ("a/b", False), (LAB, False)])  # fmt: skip
def test_a_name_that_can_be_in_a_route(name: str, has: bool) -> None:
    assert has_route(name) is has


@pytest.mark.parametrize(("count", "requests"), [(50, 50), (51, 1)])
def test_a_few_samples_of_a_library_are_requested_by_name_and_many_as_a_list(count: int, requests: int) -> None:
    names = [f"s{number}" for number in range(count)]
    rows = [{"uuid": uuid(100 + at), "name": name, "library": GUT} for at, name in enumerate([*names, "other"])]
    foreign = {"uuid": uuid(9), "name": "s0", "library": OTHER}
    both = [foreign, *rows]
    server = Server(samples=both, **{f"sample_groups/{GUT}/samples": both, f"sample_groups/{SUBSET}/samples": both})
    library, subset = (server.client.get_sample_group(uuid=group) for group in (GUT, SUBSET))
    before = server.requests
    assert [sample.library for sample in own_samples(server.client, library, names)] == [GUT] * count
    assert server.requests - before == requests
    assert len(list(group_samples(server.client, subset))) == count + 2
    assert [sample.uuid for sample in group_samples(server.client, subset, ["s0"])] == [uuid(9), uuid(100)]


def test_an_organization_alone_lists_its_groups() -> None:
    server = Server()
    assert [item.uuid for item in server.client.ls(LAB)] == [GUT, SUBSET]
    assert str(server.client.ensure_tags(["t", "u", "t"])) == "2 tags created"


@pytest.mark.parametrize("of_group", [False, True])
def test_the_newest_result_of_a_module_is_found_or_one_is_created(of_group: bool) -> None:
    field, owner = "sample_group" if of_group else "sample", uuid(7)
    rows: list[Row] = [
        {"uuid": uuid(at), "module_name": "m", "replicate": f"r{at}", field: owner, "updated_at": f"{at}"}
        for at in range(3)
    ]
    server = Server(**{f"{field}_ars": [*reversed(rows)]})
    table, client = server.tables[f"{field}_ars"], server.client
    found = [find_result(client, owner, "m", which, of_group=of_group).replicate for which in (None, "r1")]
    assert found == ["r2", "r1"]
    for module, which, words in (("m", "r9", "'m' with the replicate 'r9' "), ("m9", None, "'m9' ")):
        with pytest.raises(NotFound, match=rf"There is no analysis result of {words}\("):
            find_result(client, owner, module, which, of_group=of_group)

    def ensured(module: str, **more: Any) -> Any:
        return ensure_result(client, owner, module, of_group=of_group, private=True, **more)

    ensured("new", replicate="r4", metadata={"a": 1})
    sent = {"module_name": "new", field: owner, "is_private": True, "replicate": "r4", "metadata": {"a": 1}}
    assert table[-1] == {"uuid": uuid(999), **sent}
    for module, created, error, words in (
        ("one", {"is_private": False}, OmicsError, r"was created, but is not private\. Delete it"),
        ("two", {field: OTHER}, ResponseMismatch, f"create_result two.*'{OTHER}'"),
        ("three", {"module_name": "other"}, ResponseMismatch, "^create_result: .*'other'"),
        ("four", {"module_name": None}, OmicsError, "^create_result: "),
    ):
        server.created = created
        with pytest.raises(error, match=words):
            ensured(module)


def test_three_pages_are_requested_at_once_and_none_that_does_not_exist() -> None:
    requested, together = list[int](), threading.Barrier(3, timeout=20)

    def fetch(url: str) -> Row:
        number = int(url.rpartition("=")[2])
        requested.append(number)
        if 2 <= number <= 4:
            together.wait()
        following = f"p?page={number + 1}" if number < 7 else None
        return {"count": 13, "next": following, "results": [number] * (1 if number == 7 else 2)}

    pages = prefetched_pages(fetch, "p?page=1", lambda url: url)
    assert [page["results"][0] for page in pages] == [1, 2, 3, 4, 5, 6, 7]
    assert sorted(requested) == [1, 2, 3, 4, 5, 6, 7]
