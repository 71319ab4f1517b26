"""Tools of a registry and their files: listed, fetched, verified, kept in the folder."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk import NO_RETRY, ChecksumMismatch, ConfigError, DecodeError, NotFound, Trs, UnsafePath, UsageError
from omicsdk.core import NotWritable

BASE = "https://trs.example.org/ga4gh/trs/v2"


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def registry(listed: list[dict[str, Any]], contents: Callable[[str], Any]) -> Trs:
    """A client of a registry that lists these files of any tool, and has these contents by their path."""

    def response(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        if path.endswith("/files"):
            return httpx.Response(200, json=listed)
        if path.endswith("/containerfile"):
            return httpx.Response(200, json=contents("containerfile"))
        return httpx.Response(200, json=contents(path.rpartition("/")[2]))

    return Trs(BASE, transport=httpx.MockTransport(response), retry=NO_RETRY, environ={})


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
        lambda text: text.strip(". ")
    )
)
def test_every_identifier_is_one_segment(id: str) -> None:
    paths: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"id": id})

    with Trs(BASE, transport=httpx.MockTransport(response), environ={}) as client:
        client.get_version(id=f"#workflow/{id}", version_id=f"v/{id}")
    segments = paths[0].removeprefix("/ga4gh/trs/v2/").split("/")
    assert [segments[0], segments[2], len(segments)] == ["tools", "versions", 4]
    assert segments[1].startswith("%23workflow%2F")


def test_pages_follow_by_the_header_whatever_address_it_has() -> None:
    queries: list[dict[str, str]] = []

    def response(request: httpx.Request) -> httpx.Response:
        queries.append(dict(request.url.params))
        number = int(request.url.params.get("offset") or 0)
        headers = {"next_page": f"http://internal:8080/tools?offset={number + 1}&limit=1"} if number < 2 else {}
        return httpx.Response(200, json=[{"id": f"tool-{number}"}], headers=headers)

    with Trs(BASE, transport=httpx.MockTransport(response), environ={}) as client:
        assert [tool["id"] for tool in client.ls(name="x")] == ["tool-0", "tool-1", "tool-2"]
    assert queries == [{"toolname": "x"}, {"toolname": "x", "offset": "1"}, {"toolname": "x", "offset": "2"}]


def paged(tools: int, length: int, queries: list[dict[str, str]], **more: str) -> Trs:
    """A client of a registry that states a next page for ever, as trs-filer does."""

    def response(request: httpx.Request) -> httpx.Response:
        queries.append(dict(request.url.params))
        offset = int(request.url.params.get("offset") or 0)
        page = [{"id": f"tool-{number}"} for number in range(tools)][offset : offset + length]
        headers = {"next_page": f"{BASE}/tools?offset={offset + length}&limit={length}", **more}
        return httpx.Response(200, json=page, headers=headers)

    return Trs(BASE, transport=httpx.MockTransport(response), environ={})


@pytest.mark.parametrize(("tools", "requests"), [(0, 1), (3, 2), (4, 2), (9, 4)])
def test_an_empty_page_is_the_last_whatever_page_is_stated_next(tools: int, requests: int) -> None:
    queries: list[dict[str, str]] = []
    with paged(tools, 4, queries) as client:
        assert [tool["id"] for tool in client.ls()] == [f"tool-{number}" for number in range(tools)]
    assert len(queries) == requests


@pytest.mark.parametrize(("tools", "last", "requests"), [(0, 0, 1), (3, 0, 1), (9, 8, 3), (8, 4, 3), (9, 0, 3)])
def test_a_page_after_the_last_is_requested_only_where_the_page_before_it_is_full(
    tools: int, last: int, requests: int
) -> None:
    queries: list[dict[str, str]] = []
    with paged(tools, 4, queries, last_page=f"{BASE}/tools?offset={last}&limit=4") as client:
        assert len(list(client.ls())) == tools  # also where the registry states too small a last page
    assert len(queries) == requests


def test_pages_that_go_in_a_circle_end_in_an_error() -> None:
    def response(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[{"id": "a"}], headers={"next_page": f"{BASE}/tools?offset=5"})

    with (
        Trs(BASE, transport=httpx.MockTransport(response), environ={}) as client,
        pytest.raises(DecodeError, match="another page"),
    ):
        list(client.ls())


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", "a//b", "a/\0b"])
def test_a_path_that_leads_out_is_refused_and_the_others_are_written(tmp_path: Path, path: str) -> None:
    listed = [{"path": path, "file_type": "OTHER"}, {"path": "ok.cwl", "file_type": "PRIMARY_DESCRIPTOR"}]
    with registry(listed, lambda _: {"content": "text"}) as client:
        report = client.download("a", tmp_path / "in", version="1", type="CWL", check=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert isinstance(report.outcomes[0].error, UnsafePath)
    assert "other files are not affected" in report.outcomes[0].error.remedy
    assert files(tmp_path) == ["in/ok.cwl"]


def test_two_files_of_one_path_are_refused(tmp_path: Path) -> None:
    listed = [{"path": "a", "file_type": "OTHER"}, {"path": "a", "file_type": "OTHER"}]
    with registry(listed, lambda _: {"content": "text"}) as client:
        report = client.download("a", tmp_path, version="1", type="CWL", check=False)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    with registry([{"path": "link/x", "file_type": "OTHER"}], lambda _: {"content": "text"}) as client:
        report = client.download("a", tmp_path / "in", version="1", type="CWL", check=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed"]
    assert files(tmp_path / "out") == []


@pytest.mark.parametrize("kind", ["sha-256", "sha256", "SHA-1", "md5"])
def test_a_checksum_that_does_not_fit_is_an_error(tmp_path: Path, kind: str) -> None:
    name = kind.lower().replace("-", "")
    checksum = {"type": kind, "checksum": hashlib.new(name, b"something else").hexdigest()}
    for place in ("list", "contents"):
        listed: dict[str, Any] = {"path": "a.cwl", "file_type": "PRIMARY_DESCRIPTOR"}
        wrapper: dict[str, Any] = {"content": "text"}
        if place == "list":
            listed["checksum"] = checksum
        else:
            wrapper["checksum"] = [checksum]
        with registry([listed], lambda _, wrapper=wrapper: wrapper) as client:
            report = client.download("a", tmp_path, version="1", type="CWL", check=False)
        assert isinstance(report.outcomes[0].error, ChecksumMismatch), place
    assert files(tmp_path) == []


def test_an_existing_file_that_cannot_be_read_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    checksum = {"type": "sha-256", "checksum": hashlib.sha256(b"text").hexdigest()}
    listed = [{"path": path, "file_type": "OTHER", "checksum": checksum} for path in ("a", "b")]
    (tmp_path / "a").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with registry(listed, lambda _: {"content": "text"}) as client:
        report = client.download("a", tmp_path, version="1", type="CWL", check=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert isinstance(report.outcomes[0].error, NotWritable)


@pytest.mark.parametrize("wrapper", ['{"url": "https://elsewhere.example.org/b.cwl"}', r'{"content": "caf\udce9"}'])
def test_a_file_without_its_whole_text_is_read_as_plain_text(tmp_path: Path, wrapper: str) -> None:
    def response(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        if path.endswith("/files"):
            return httpx.Response(200, json=[{"path": "a/b.cwl", "file_type": "PRIMARY_DESCRIPTOR"}])
        if "/PLAIN_CWL/" in path:
            return httpx.Response(200, text="plain")
        return httpx.Response(200, text=wrapper)

    with Trs(BASE, transport=httpx.MockTransport(response), environ={}) as client:
        client.download("a", tmp_path, version="1", type="CWL")
    assert (tmp_path / "a" / "b.cwl").read_text() == "plain"


@pytest.mark.parametrize(
    ("version", "segment"),
    [
        ({"id": "v1", "name": "one", "url": f"{BASE}/tools/a%2Fb/versions/v1"}, "v1"),  # trs-filer
        ({"id": "a/b:1.0", "name": "1.0", "url": f"{BASE}/tools/a%2Fb/versions/1.0"}, "1.0"),  # Dockstore
        ({"id": "a/b:f/x", "name": "f/x", "url": f"{BASE}/tools/a%2Fb/versions/f%2Fx?y=1"}, "f%2Fx"),
        ({"id": "x", "name": "one", "url": f"{BASE}/tools/a%2Fb/versions/v1/"}, "v1"),
        ({"id": "v1", "name": "one"}, "v1"),
        ({"id": "a/b:1.0", "name": "1.0", "url": "http://[/versions/"}, "1.0"),
        ({"name": "one", "url": None}, "one"),
    ],
)
def test_the_only_version_is_requested_by_what_it_has_in_paths(version: dict[str, Any], segment: str) -> None:
    paths: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode().partition("/versions/")[2])
        return httpx.Response(200, json=[{"path": "a.cwl"}] if paths[-1].endswith("/files") else [version])

    with Trs(BASE, transport=httpx.MockTransport(response), retry=NO_RETRY, environ={}) as client:
        assert [file["path"] for file in client.files("a/b", type="CWL")] == ["a.cwl"]
    assert paths == ["", f"{segment}/CWL/files"]


def test_an_identifier_of_dockstore_is_requested_by_its_name() -> None:
    paths: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode().partition("/versions")[2])
        files = paths[-1].endswith("/files")
        return httpx.Response(200, json=[{"path": "a.cwl"}] if files else [{"id": "a/b:1.0", "name": "1.0"}])

    with Trs(BASE, transport=httpx.MockTransport(response), environ={}) as client:
        for version in ("a/b:1.0", "a/b:2.0", "1.0"):
            client.files("a/b", version=version, type="CWL")
    assert paths == ["", "/1.0/CWL/files", "", "/a%2Fb:2.0/CWL/files", "/1.0/CWL/files"]


def test_versions_are_shown_with_names_that_differ_from_identifiers() -> None:
    listed = [{"id": "v1", "name": "one"}, {"id": "v2", "name": "v2"}, {"id": "v3"}]
    with (
        registry([], lambda _: listed) as client,
        pytest.raises(UsageError, match=r"3 versions: v1 \(one\), v2, v3\. Name one with --version"),
    ):
        client.files("a")


def test_container_files_are_distinguished_by_checksum_or_place(tmp_path: Path) -> None:
    texts = [{"content": "FROM one"}, {"content": "FROM two"}]
    listed: list[dict[str, Any]] = [{"path": f"{name}/Dockerfile", "file_type": "CONTAINERFILE"} for name in "ab"]
    with registry(listed, lambda _: texts) as client:
        client.download("a", tmp_path / "1", version="1", type="CWL")
        assert (tmp_path / "1/a/Dockerfile").read_text() == "FROM one"
    listed[0]["checksum"] = {"type": "sha256", "checksum": hashlib.sha256(b"FROM two").hexdigest()}
    with registry(listed[:1], lambda _: texts) as client:
        client.download("a", tmp_path / "2", version="1", type="CWL")
        assert (tmp_path / "2/a/Dockerfile").read_text() == "FROM two"
    listed[0].pop("checksum")
    with registry(listed[:1], lambda _: texts) as client:
        report = client.download("a", tmp_path / "3", version="1", type="CWL", check=False)
    assert isinstance(report.outcomes[0].error, NotFound)


def test_a_container_file_is_selected_by_its_place_among_all(tmp_path: Path) -> None:
    texts = [{"content": "FROM one"}, {"content": "FROM two"}]
    listed = [{"path": f"{name}/Dockerfile", "file_type": "CONTAINERFILE"} for name in "ab"]
    with registry(listed, lambda _: texts) as client:
        client.download("a", tmp_path, version="1", type="CWL", include=["b/*"])
    assert (tmp_path / "b/Dockerfile").read_text() == "FROM two"


@pytest.mark.parametrize("response", [{}, None, "x"])
def test_a_list_that_is_none_is_an_error(response: Any) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=response))
    with Trs(BASE, transport=transport, environ={}) as client:
        for work in (
            lambda: client.versions("a"),
            lambda: list(client.ls()),
            lambda: client.files("a", version="1", type="CWL"),
        ):
            with pytest.raises(DecodeError):
                work()


def test_no_server_is_no_example_server() -> None:
    with pytest.raises(ConfigError, match="No base URL found for the platform trs"):
        Trs(environ={})
