"""Searches and manifests against a service of the test's own: pages, long filters, refusals, and the wait for a manifest."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk import Azul
from omicsdk.core import BadRequest, DecodeError, Interrupted, ManualClock, ServerError, UsageError
from omicsdk.fs import PathNotFound, parse_uri
from omicsdk.fs.stores.azul import AzulStore
from omicsdk.hca.azul import UnknownFacet, read_manifest

BASE = "https://service.example.org"
TABLE = b"file_uuid\tfile_name\tfile_size\tfile_azul_url\r\nu1\ta.h5ad\t3\thttps://service.example.org/x\r\n"


class Service:
    """Responses as Azul does; its manifests need `pending` further requests.

    Attributes:
        requests: Requests so far: method, path and parameters of query or body.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.logins: list[str] = []
        self.pending = 2
        self.gone = False
        self.largest = self.too_large = 1000
        self.page_count = 2
        self.always_next = 0
        self.refusal = "Unknown field `genusspecies`"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        parameters: dict[str, Any] = dict(request.url.params)
        if request.content:
            parameters = json.loads(request.content)
        path = request.url.path
        self.requests.append((request.method, path, parameters))
        self.logins.append(request.headers.get("authorization", ""))
        if request.url.host == "storage.example.org":
            return httpx.Response(200, content=TABLE)
        if path == "/index/catalogs":
            return httpx.Response(200, json=CATALOGS)
        if path.startswith("/fetch/manifest/files"):
            return self._manifest(path)
        if path.startswith("/index/"):
            return self._page(path.rpartition("/")[2], parameters)
        raise AssertionError(path)

    def _manifest(self, path: str) -> httpx.Response:
        if self.gone and path.endswith("token-1"):
            self.gone = False
            return httpx.Response(410, json={"Code": "GoneError", "Message": "The manifest has expired"})
        if self.pending:
            self.pending -= 1
            location = f"{BASE}/fetch/manifest/files/token-{self.pending}"
            return httpx.Response(200, json={"Status": 301, "Location": location, "Retry-After": 4})
        return httpx.Response(200, json={"Status": 302, "Location": "https://storage.example.org/m?X-Amz-Signature=1"})

    def _page(self, entity: str, parameters: dict[str, Any]) -> httpx.Response:
        filters = json.loads(parameters.get("filters", "{}"))
        if entity == "planets":
            return httpx.Response(400, json={"Code": "BadRequestError", "Message": "Entity type 'planets' is invalid"})
        if "genusspecies" in filters:
            return httpx.Response(400, json={"Code": "BadRequestError", "Message": self.refusal})
        if parameters.get("catalog") == "broken":
            return httpx.Response(400, json={"Code": "BadRequestError", "Message": "No way"})
        if int(parameters.get("size", 10)) > self.largest:
            message = f"Invalid value for parameter `size`, must not be greater than {self.largest}"
            return httpx.Response(400, json={"Code": "BadRequestError", "Message": message})
        page_number = int(parameters.get("search_after", "[1]").strip("[]")) + ("search_after" in parameters)
        last = page_number == self.page_count and not self.always_next
        page_number = self.always_next or page_number
        assert not self.always_next or len(self.requests) < 9
        if page_number == 2 and int(parameters.get("size", 10)) > self.too_large:
            return httpx.Response(502, json={"message": "Internal server error"}, headers={"retry-after": "10"})
        following = (
            f"{BASE}/index/{entity}?size={parameters['size']}&search_after=%5B{page_number}%5D"
            f"&filters={parameters.get('filters', '{}')}"
        )
        hits = [{"entryId": f"e{page_number}"}]
        if "genusSpecies" in filters and not {"Homo sapiens", None}.intersection(filters["genusSpecies"]["is"]):
            return httpx.Response(200, json={"hits": [], "pagination": {"next": None}, "termFacets": FACETS})
        return httpx.Response(
            200, json={"hits": hits, "pagination": {"next": None if last else following}, "termFacets": FACETS}
        )


CATALOGS: dict[str, Any] = {
    "default_catalog": "dcp43",
    "catalogs": {
        "dcp42": {"atlas": "hca", "internal": False, "plugins": {}},
        "dcp43": {
            "atlas": "hca",
            "internal": False,
            "plugins": {"metadata": {"name": "hca", "indices": {name: {} for name in ("projects", "files")}}},
        },
        "it": {"atlas": "hca", "internal": True, "plugins": {}},
    },
}
FACETS: dict[str, Any] = {
    "genusSpecies": {"terms": [{"term": "Homo sapiens", "count": 5}, {"term": None, "count": 1}], "total": 6},
    "organismAge": {"terms": [{"term": {"value": "20", "unit": "year"}, "count": 6}], "total": 6},
}


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def client(service: Service, clock: ManualClock) -> Iterator[Azul]:
    with Azul(BASE, credentials="secret", transport=httpx.MockTransport(service), clock=clock) as made:
        yield made


def test_catalogs_for_tests_of_the_service_are_left_out(client: Azul) -> None:
    assert [(catalog.name, catalog.is_default, catalog.entity_types) for catalog in client.catalogs()] == [
        ("dcp43", True, ("projects", "files")),
        ("dcp42", False, ()),
    ]


def test_a_service_that_lists_no_public_catalog_is_searched_for_projects(
    client: Azul, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGS, "catalogs", {"it": CATALOGS["catalogs"]["it"]})
    list(client.ls("files", "11111111-2222-4333-8444-555555555555"))
    assert "projectId" in service.requests[-1][2]["filters"]
    with pytest.raises(PathNotFound, match="unknown catalog") as caught:
        AzulStore(client=client).entry(parse_uri("azul://dcp99/"))
    assert caught.value.remedy == f"{BASE} lists no public catalog: check its URL."


def test_a_listing_follows_the_addresses_of_its_pages(client: Azul, service: Service) -> None:
    assert [hit.entry_id for hit in client.ls("files", "genusSpecies=Homo sapiens")] == ["e1", "e2"]
    first, second = service.requests
    assert first[:2] == second[:2] == ("GET", "/index/files")
    assert json.loads(first[2]["filters"]) == {"genusSpecies": {"is": ["Homo sapiens"]}}
    assert (first[2]["size"], second[2]["search_after"]) == ("1000", "[1]")


MANY = {"fileId": {"is": [f"{at:036d}" for at in range(200)]}}


@pytest.mark.parametrize("what", [(), MANY])
def test_a_size_that_the_service_refuses_is_replaced_by_its_limit(client: Azul, service: Service, what: Any) -> None:
    service.largest = 25
    assert [hit.entry_id for hit in client.ls("projects", what)] == ["e1", "e2"]
    assert [int(parameters["size"]) for _, _, parameters in service.requests] == [50, 25, 25]


@pytest.mark.parametrize("what", [(), MANY])
def test_a_page_too_large_to_be_sent_is_requested_as_smaller_ones(
    client: Azul, service: Service, clock: ManualClock, what: Any
) -> None:
    service.too_large = 100
    assert [hit.entry_id for hit in client.ls("files", what)] == ["e1", "e2"]
    assert [int(parameters["size"]) for _, _, parameters in service.requests] == [1000, 1000, 250, 62]
    assert not clock.slept


@pytest.mark.parametrize("what", [(), MANY])
def test_pages_grow_back_after_one_that_was_too_large(client: Azul, service: Service, what: Any) -> None:
    service.too_large, service.page_count = 100, 30
    assert [hit.entry_id for hit in client.ls("files", what)] == [f"e{at}" for at in range(1, 31)]
    sizes = [int(parameters["size"]) for _, _, parameters in service.requests]
    assert sizes == [1000, 1000, 250] + [62] * 8 + [248] * 8 + [992] * 8 + [1000] * 5


def test_a_service_that_fails_small_pages_too_is_retried_as_ever(client: Azul, service: Service) -> None:
    service.too_large = 1
    with pytest.raises(ServerError):
        list(client.ls("files"))
    sizes = [int(parameters["size"]) for _, _, parameters in service.requests]
    assert (sizes[:6], set(sizes[6:]), len(sizes) > 10) == ([1000, 1000, 250, 62, 15, 10], {10}, True)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "genusSpecies=homo sapiens",
            "nothing has genusSpecies=homo sapiens. Did you mean Homo sapiens? List the values",
        ),
        (
            "genusSpecies=whale",
            "nothing has genusSpecies=whale. List the values: omics azul facets --facet genusSpecies",
        ),
    ],
)
def test_a_value_that_nothing_has_is_logged_with_similar_ones(
    client: Azul, caplog: pytest.LogCaptureFixture, condition: str, message: str
) -> None:
    assert list(client.ls("files", condition)) == []
    (record,) = caplog.records
    assert record.getMessage().startswith(message)


def test_filters_too_long_for_an_address_are_posted_on_every_page(client: Azul, service: Service) -> None:
    assert [hit.entry_id for hit in client.ls("files", MANY)] == ["e1", "e2"]
    assert [(method, path) for method, path, _ in service.requests] == [("POST", "/index/files")] * 2
    assert [json.loads(parameters["filters"]) for _, _, parameters in service.requests] == [MANY] * 2
    assert service.requests[1][2]["search_after"] == "[1]"


def test_a_search_whose_page_names_itself_as_the_next_one_ends(client: Azul, service: Service) -> None:
    service.always_next = 2
    with pytest.raises(DecodeError, match="the URL of another page"):
        list(client.ls("files", MANY))


def test_is_not_requests_the_values_of_the_facet_first(client: Azul, service: Service) -> None:
    list(client.ls("files", "genusSpecies!=Homo sapiens"))
    assert json.loads(service.requests[1][2]["filters"]) == {"genusSpecies": {"is": [None]}}


SCHEMA = "The value of the `filters` parameter is invalid against the schema: "


@pytest.mark.parametrize(
    "refusal",
    [
        "Unknown field `genusspecies`",
        f"{SCHEMA}Additional properties are not allowed ('genusspecies' was unexpected) at path $",
    ],
)
def test_an_unknown_field_is_answered_with_similar_ones(client: Azul, service: Service, refusal: str) -> None:
    service.refusal = refusal
    with pytest.raises(UnknownFacet, match=r"did you mean genusSpecies\?"):
        list(client.ls("files", "genusspecies=x"))


def test_an_invalid_value_of_a_field_that_is_no_facet_is_the_services_refusal(client: Azul, service: Service) -> None:
    service.refusal = f"{SCHEMA}'x' is not of type 'integer' at path $.genusspecies.is[0]"
    with pytest.raises(BadRequest, match="is not of type"):
        list(client.ls("files", "genusspecies=x"))


def test_an_unknown_type_is_answered_with_those_of_the_catalog(client: Azul) -> None:
    with pytest.raises(UsageError, match="not a type") as caught:
        list(client.ls("planets"))
    assert caught.value.remedy == "Use one of: projects, files."


def test_other_refusals_are_the_services_own(client: Azul) -> None:
    with pytest.raises(BadRequest, match="No way"):
        list(client.ls("files", "genusSpecies=x", catalog="broken"))


def test_facets_have_values_with_counts(client: Azul) -> None:
    assert [(term.facet, term.value, term.count) for term in client.facets()] == [
        ("genusSpecies", "Homo sapiens", 5),
        ("genusSpecies", None, 1),
        ("organismAge", {"value": "20", "unit": "year"}, 6),
    ]


def test_a_manifest_is_waited_for_and_fetched_without_the_login(
    client: Azul, service: Service, clock: ManualClock, tmp_path: Path
) -> None:
    messages: list[str] = []
    done = client.manifest("genusSpecies=Homo sapiens", tmp_path / "new" / "m.tsv", on_message=messages.append)
    assert (done.path.read_bytes(), done.size) == (TABLE, len(TABLE))
    assert sum(clock.slept) == 8
    assert messages == ["the manifest is being written; next check in 4 s"] * 2
    assert service.logins[:-1] == ["Bearer secret"] * 3
    assert service.logins[-1] == ""
    assert [file.name for file in done.path.parent.iterdir()] == ["m.tsv"]


def test_an_interrupted_wait_is_resumed_by_the_same_call(client: Azul, service: Service, tmp_path: Path) -> None:
    stopped = Stopped(after=1)
    with pytest.raises(Interrupted):
        client.manifest("", tmp_path / "m.tsv", stop=stopped)
    service.requests.clear()
    assert client.manifest("", tmp_path / "m.tsv").path.read_bytes() == TABLE
    assert [method for method, path, _ in service.requests if path.startswith("/fetch")] == ["GET", "GET"]


def test_another_request_and_one_that_has_ended_are_started_again(
    client: Azul, service: Service, tmp_path: Path
) -> None:
    for conditions in ("", "genusSpecies=Homo sapiens"):
        service.pending = 2
        with pytest.raises(Interrupted):
            client.manifest("", tmp_path / "m.tsv", stop=Stopped(after=1))
        service.requests.clear()
        service.pending = 0
        client.manifest(conditions, tmp_path / "m.tsv")
        assert "PUT" in [method for method, _, _ in service.requests]


def test_a_request_that_is_gone_is_made_again(client: Azul, service: Service, tmp_path: Path) -> None:
    service.gone = True
    client.manifest("", tmp_path / "m.tsv")
    assert [method for method, _, _ in service.requests] == ["PUT", "GET", "PUT", "GET", "GET"]


class Stopped:
    """An event that is set while it is examined for the second time."""

    def __init__(self, after: int) -> None:
        self._left = after

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html>\n", "not a manifest.*<html>"),
        ("", "not a manifest"),
        ("file_uuid\tfile_name\n", "not a manifest"),
        ("file_uuid\tfile_name\tfile_size\n\t\t3\n", "line 2: no file is named"),
        ("file_uuid\tfile_name\tfile_size\nu\ta\n", "line 2: 2 cells, but the header row has 3 columns"),
        ("file_uuid\tfile_name\tfile_size\n" + "u" * (2 << 20), "line 2: the line is longer than 1 MiB"),
    ],
)
def test_an_invalid_manifest_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "m.tsv"
    file.write_text(text)
    with pytest.raises(UsageError, match=reason):
        list(read_manifest(file))


def test_a_quote_in_a_name_swallows_no_rows_of_a_manifest(tmp_path: Path) -> None:
    file = tmp_path / "m.tsv"
    rows = [("u1", '"a', "1"), ("u2", "b", "2"), ("u3", 'c"', "3")]
    file.write_text("\n".join("\t".join(row) for row in [("file_uuid", "file_name", "file_size"), *rows]))
    assert [(file_row.uuid, file_row.name) for file_row in read_manifest(file)] == [row[:2] for row in rows]


def test_the_header_of_the_second_of_two_joined_manifests_is_no_row(tmp_path: Path) -> None:
    file = tmp_path / "m.tsv"
    file.write_text("file_uuid\tfile_name\tfile_size\nu1\ta\t1\n" * 2)
    assert [file_row.uuid for file_row in read_manifest(file)] == ["u1", "u1"]


def test_requests_keep_to_the_rate_of_the_service(service: Service, clock: ManualClock) -> None:
    with Azul("https://rate.example.org", transport=httpx.MockTransport(service), clock=clock) as azul:
        for _ in range(1001):
            azul.get_catalogs.raw()
    assert sum(clock.slept) == 300
