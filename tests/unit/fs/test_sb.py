"""sb:// paths: projects, folders and files of the platform examined, listed, fetched, put, copied and removed."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from omicsdk.core import DecodeError, InconsistentListing, ResponseMismatch, Retry, TransferError, UnsafePath
from omicsdk.fs import parse_uri
from omicsdk.fs.copying.removal import plan_removal, remove
from omicsdk.fs.stores.sb import SbStore
from omicsdk.fs.uris import Stores
from omicsdk.sb import SevenBridges
from omicsdk.sb.store import PlatformStore
from unsettled import nothing_around as nothing_around

FILE = {"id": "1" * 24, "name": "a.txt", "type": "file", "size": 1}


def platform(respond: Callable[[httpx.Request], httpx.Response], retry: Retry | None = None) -> SevenBridges:
    """A client of a platform that responds so."""
    transport = httpx.MockTransport(respond)
    return SevenBridges("https://api.example.org/v2", credentials="t", transport=transport, retry=retry)


def listing(total: str = "", **content: Any) -> SevenBridges:
    """A client of a platform that answers one listing, whatever is listed."""

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/files"):
            headers = {"content-type": "application/json", **({"X-Total-Matching-Query": total} if total else {})}
            return httpx.Response(200, headers=headers, **content)
        return httpx.Response(200, json={"id": "o/p", "name": "p"})

    return platform(response)


@pytest.mark.parametrize(
    "body", ["{}", '{"items": null}', '{"items": "x"}', '{"items": {}}', '{"items": [null]}', "null", ""]
)
def test_a_listing_without_its_list_is_an_error(body: str):
    with listing(text=body) as client:
        store = SbStore(client=client)
        for ask in (
            lambda: list(store.walk("o/p")),
            lambda: list(store.entries("o/p")),
            lambda: list(client.ls("sb://o/p")),
        ):
            with pytest.raises(DecodeError):
                ask()


@pytest.mark.parametrize(
    ("links", "total", "error", "problem"),
    [(links, "2", InconsistentListing, "stated total is 2, but 1 entries are listed") for links in (None, [], "x")]
    + [([], total, DecodeError, "X-Total-Matching-Query") for total in ("-1", "abc", "7" * 5_000, "1.5")],
)
def test_a_total_that_is_no_count_or_is_not_reached_is_an_error(
    links: object, total: str, error: type[Exception], problem: str
):
    with listing(total, json={"items": [FILE], "links": links}) as client, pytest.raises(error, match=problem):
        list(SbStore(client=client).walk("o/p"))


@pytest.mark.parametrize("name", [None, 5, ["a"], "", "/etc/passwd", "..", "a/b", "a\0b"])
def test_a_name_that_no_file_can_have_is_refused_with_its_file(name: object):
    with (
        listing(json={"items": [{**FILE, "name": name}], "links": []}) as client,
        pytest.raises(UnsafePath, match=f"of the file {FILE['id']} "),
    ):
        list(SbStore(client=client).walk("o/p"))


# -- a gateway that alters requests or responses

ROOT, IN, OTHER = "a" * 24, "b" * 24, "c" * 24


def entry(number: int, name: str, parent: str = ROOT, kind: str = "file", project: str = "o/p") -> dict[str, object]:
    """A file or folder as the platform states it."""
    return {"id": f"{number:024x}", "name": name, "type": kind, "size": 1, "parent": parent, "project": project}


FOLDER, SIBLING = ({**entry(0, name, kind="folder"), "id": id} for name, id in (("in", IN), ("on", OTHER)))
FILES = [FOLDER, SIBLING, entry(1, "f0.txt"), entry(2, "f3.txt"), entry(3, "x", IN), entry(4, "y", OTHER)]


class Gateway:
    """A platform behind a gateway.

    Args:
        files: All files and folders.
        ignores: Parameters that the gateway does not pass on.
        adds: Entries that it adds to each list.
    """

    def __init__(self, files: list[Any], ignores: Sequence[str] = (), adds: Sequence[Any] = ()) -> None:
        self.files, self.ignores, self.adds = files, ignores, list(adds)
        self.changed: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v2")
        if request.method != "GET":
            self.changed.append(f"{request.method} {path}")
            return httpx.Response(204) if request.method == "DELETE" else httpx.Response(200, json=self.files[-1])
        if path.startswith("/projects"):
            return httpx.Response(200, json={"id": "o/p", "name": "p", "root_folder": ROOT})
        if path.startswith("/files/"):
            return httpx.Response(200, json=self.files[-1])
        query = {name: value for name, value in request.url.params.items() if name not in self.ignores}
        matches = [
            file
            for file in self.files
            if file["name"] == query.get("name", file["name"])
            and file["parent"] == query.get("parent", ROOT if "project" in query else file["parent"])
        ]
        matches += self.adds
        total = {"X-Total-Matching-Query": str(len(matches))}
        return httpx.Response(200, json={"items": matches, "links": []}, headers=total)


def remove_by(gateway: Gateway, uri: str) -> None:
    """Remove a URI by a gateway, as `omics rm -r` does."""
    with platform(gateway) as api:
        stores = Stores({"sb": {"client": api}})
        remove(stores, plan_removal(stores, [parse_uri(uri)], recursive=True)).raise_if_failed()


@pytest.mark.parametrize(
    ("uri", "gateway", "words"),
    [
        ("sb://o/p/f3.txt", Gateway(FILES, ignores=["name"]), "requested the name 'f3.txt' but the service returned 'in'"),
        ("sb://o/p/in/", Gateway(FILES[1:], ignores=["name"]), "requested the name 'in' but the service returned 'on'"),
        ("sb://o/p/in/", Gateway(FILES, ignores=["parent"]), "requested the folder"),
        ("sb://o/p/in/", Gateway(FILES, adds=[entry(9, "in", project="o/q")]), "project 'o/p' but the service returned 'o/q'"),
        ("sb://o/p/in/", Gateway(FILES, adds=[entry(9, "in", kind="folder")]), "2 entries have this name"),
        ("sb://o/p/f3.txt", Gateway([*FILES, entry(2, "f3.txt")]), "2 entries have this name"),
        ("sb://o/p/in/", Gateway([*FILES, entry(3, "x", IN)]), "listed more than once"),
        ("sb://o/p/in/", Gateway([*FILES, {**FOLDER, "parent": IN}]), "is listed within itself"),
    ],
)  # fmt: skip
def test_nothing_is_removed_by_a_response_about_something_else(uri: str, gateway: Gateway, words: str):
    with pytest.raises((ResponseMismatch, InconsistentListing), match=words):
        remove_by(gateway, uri)
    assert gateway.changed == []


def test_what_was_requested_is_removed():
    gateway = Gateway(FILES)
    remove_by(gateway, "sb://o/p/in/")
    assert gateway.changed == [f"DELETE /files/{3:024x}", f"DELETE /files/{IN}"]


@pytest.mark.parametrize(
    ("path", "gateway", "words"),
    [
        ("sb://o/p/", Gateway(FILES, adds=[entry(9, "z", OTHER)]), "requested the folder"),
        ("sb://o/p/in/", Gateway([*FILES, {**FOLDER, "parent": IN}]), "is listed within itself"),
    ],
)
@pytest.mark.parametrize("recursive", [False, True])
def test_a_folder_is_not_listed_with_what_is_elsewhere(path: str, gateway: Gateway, words: str, recursive: bool):
    with platform(gateway) as api, pytest.raises((ResponseMismatch, InconsistentListing), match=words):
        list(api.ls(path, recursive=recursive))


def test_a_listing_of_a_folder_in_two_places_ends():
    twice = Gateway([*FILES[:4], {**FOLDER, "id": OTHER, "parent": IN}])
    with platform(twice) as api, pytest.raises(InconsistentListing):
        list(api.ls("sb://o/p/", recursive=True))


def test_a_folder_below_that_changed_is_read_once_more():
    gateway = Gateway([*FILES, entry(3, "x", IN)])

    def handle(request: httpx.Request) -> httpx.Response:
        response = gateway(request)
        if request.url.params.get("parent") == IN:
            gateway.files = FILES
        return response

    with platform(handle) as api:
        paths = [str(item.path) for item in api.ls("sb://o/p/", recursive=True)]
    assert paths.count("sb://o/p/in/x") == 1


def test_a_listing_that_changed_is_read_once_more():
    class Settling(Gateway):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            response = super().__call__(request)
            if request.url.params.get("parent") == IN:
                self.files = FILES
            return response

    settling = Settling([*FILES, entry(3, "x", IN)])
    remove_by(settling, "sb://o/p/in/")
    assert settling.changed == [f"DELETE /files/{3:024x}", f"DELETE /files/{IN}"]


@pytest.mark.parametrize(
    "copied", [{"name": "other"}, {"parent": OTHER}, {"id": f"{2:024x}"}], ids=["name", "folder", "the file itself"]
)
def test_a_copy_that_the_platform_states_otherwise_replaces_nothing(copied):
    gateway = Gateway(FILES)

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/actions/copy"):
            made = {**entry(10, json.loads(request.content)["name"], IN), **copied}
            return httpx.Response(200, json=made)
        return gateway(request)

    with platform(response) as api:
        store = SbStore(client=api)
        with pytest.raises(ResponseMismatch):
            store.copy(store.stat("o/p/f3.txt"), "o/p/in/x")
    assert gateway.changed == []


def test_a_replaced_file_whose_deletion_was_repeated_is_replaced():
    """The response to its deletion is lost, and the copy is not removed, too."""
    gateway, losses = Gateway(FILES), [502, 404]

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/actions/copy"):
            gateway.files = [*FILES, entry(10, json.loads(request.content)["name"], IN)]
        answer = gateway(request)
        return httpx.Response(losses.pop(0)) if request.method == "DELETE" else answer

    with platform(response, Retry(attempts=2, base=0)) as api:
        store = SbStore(client=api)
        assert store.copy(store.stat("o/p/f3.txt"), "o/p/in/x")
    copied, *deleted, renamed = gateway.changed
    assert (copied, renamed) == (f"POST /files/{2:024x}/actions/copy", f"PATCH /files/{10:024x}")
    assert deleted == [f"DELETE /files/{3:024x}"] * 2


def test_a_file_that_the_platform_states_at_its_own_target_is_not_replaced_by_itself():
    """Its copy would replace what is at the target: the file itself would be deleted."""
    gateway = Gateway([*FILES, entry(2, "there", IN)])
    with platform(gateway) as api:
        store = SbStore(client=api)
        with pytest.raises(ResponseMismatch, match="what is at"):
            store.copy(store.stat("o/p/f3.txt"), "o/p/in/there")
    assert gateway.changed == []


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"size": 4}, "5 bytes were sent, but the platform created a file of 4"),
        ({"name": "b.txt"}, "the name 'a.txt' but"),
    ],
)
def test_an_upload_of_which_the_platform_states_something_else_has_failed(made, words):
    with platform(lambda _: httpx.Response(200, json={**FILE, "size": 5, **made})) as api:
        upload = PlatformStore(api, "a.txt", {"project": "o/p"}, 5)
        with pytest.raises((TransferError, ResponseMismatch), match=words):
            upload.complete("u", [], {})


@pytest.mark.parametrize("call", ["files_by_id", "wait_for_tasks"])
def test_a_bulk_request_whose_records_are_about_other_objects_is_refused(call: str):
    records = {"items": [{"resource": entry(number, "x")} for number in (2, 1)]}
    with (
        platform(lambda _: httpx.Response(200, json=records)) as api,
        pytest.raises(ResponseMismatch, match="bulk_get_"),
    ):
        getattr(api, call)([f"{number:024x}" for number in (1, 2)])


@pytest.mark.parametrize(
    ("origin", "checksums"), [({"task": "t"}, {}), ({"task": None}, {"md5": "0" * 32}), ({}, {"md5": "0" * 32})]
)
def test_checksums_that_an_output_inherits_are_not_its_own(origin: dict[str, Any], checksums: dict[str, str]):
    """Outputs of tasks have the metadata of their inputs, as reported for tools whose outputs state `__inherit__`."""
    file = {**FILE, "metadata": {"__inherit__": "input_bam", "md5": "0" * 32}, "origin": origin}
    with listing(json={"items": [file]}) as client:
        assert [entry.checksums for entry in SbStore(client=client).entries("o/p")] == [checksums]
