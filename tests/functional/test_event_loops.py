"""Asynchronous clients on asyncio and on trio: what they return, and that a cancelled task waits for no server and leaves no thread."""

import threading
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import omicsdk
import pytest
from omicsdk import AsyncAzul, AsyncDrs, AsyncGen3, BearerToken, Lock
from omicsdk.locks import add
from omicsdk.sandbox import Sandbox
from quiet_server import QuietHandler, running

pytestmark = pytest.mark.timeout(40)  # less than the 60 seconds for which a client awaits a response

CONTENT = b"content"


class Silent(ThreadingHTTPServer):
    """A server that stops responding: it reads each request and waits until the client has gone.

    Attributes:
        requested: Set at the first request without a response, and after the last response.
        responses: Responses to the first requests, in order.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requested = threading.Event()
        self.responses: list[tuple[int, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        silent = self.server
        assert isinstance(silent, Silent)
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if silent.responses:
            status, headers, body = silent.responses.pop(0)
            self.reply(status, body, **headers)
            if not silent.responses:
                silent.requested.set()
            return
        silent.requested.set()
        self.close_connection = True
        with suppress(ConnectionError):
            self.rfile.read(1)

    do_GET = do_HEAD = do_POST = do_PUT = respond


@pytest.fixture
def silent() -> Generator[Silent]:
    server = Silent()
    with running(server):
        yield server


async def call(server: Silent, _: Path) -> None:
    async with AsyncAzul(server.url) as azul:
        await azul.get_version()


async def pages(server: Silent, _: Path) -> None:
    async with AsyncAzul(server.url) as azul:
        async for _page in azul.list_entities.pages(entity_type="projects", catalog="dcp1"):
            pass


async def listing(server: Silent, _: Path) -> None:
    async with AsyncAzul(server.url) as azul:
        async for _row in azul.ls("projects", catalog="dcp1"):
            pass


async def opening(server: Silent, _: Path) -> None:
    async with AsyncDrs(server.url) as drs, drs.open("object-1"):
        pass


async def download(server: Silent, folder: Path) -> None:
    async with AsyncDrs(server.url) as drs:
        await drs.download("object-1", folder)


async def upload(server: Silent, folder: Path) -> None:
    (folder / "a.txt").write_bytes(CONTENT)
    async with AsyncGen3(server.url, credentials=BearerToken("token")) as gen3:
        await gen3.upload(folder / "a.txt", authz="/programs/a")


async def polling(server: Silent, folder: Path) -> None:
    state = b'{"Status": 301, "Location": "%s/manifest/files/token", "Retry-After": 300}' % server.url.encode()
    server.responses.append((200, {"Content-Type": "application/json"}, state))
    async with AsyncAzul(server.url) as azul:
        await azul.manifest((), folder / "manifest.tsv", catalog="dcp1")


async def retry(server: Silent, _: Path) -> None:
    server.responses.append((429, {"Retry-After": "300"}, b""))
    async with AsyncAzul(server.url) as azul:
        await azul.summary(catalog="dcp1")


async def copy(server: Silent, folder: Path) -> None:
    await omicsdk.to_thread(
        omicsdk.download,
        "dss://aws/12345678-0000-4000-8000-000000000000",
        folder,
        storage_options={"base_url": server.url},
    )


async def opened(server: Silent, _: Path) -> None:
    await omicsdk.to_thread(omicsdk.open, "dss://aws/12345678-0000-4000-8000-000000000000", base_url=server.url)


async def get(server: Silent, folder: Path) -> None:
    await omicsdk.to_thread(omicsdk.get, f"{server.url}/a.bin", folder / "data")


async def pull(server: Silent, folder: Path) -> None:
    await omicsdk.to_thread(Lock(folder).pull)


def lasting() -> list[threading.Thread]:
    """The threads of this process, without the server's."""
    return [thread for thread in threading.enumerate() if "process_request_thread" not in thread.name]


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param)
    return request.param


@pytest.mark.sandbox
def test_operations_and_workflows_run_on_either_loop(backend: str, omics_sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(CONTENT)

    async def main() -> omicsdk.TransferReport:
        async with AsyncAzul(omics_sandbox.azul_url) as azul:
            assert (await azul.get_catalogs()).default_catalog
            assert [hit async for hit in azul.list_entities.iterate(entity_type="projects")] == []
            assert [row async for row in azul.ls("projects")] == []
            with pytest.raises(omicsdk.NotFound):
                await azul.get("12345678-0000-4000-8000-000000000000")
        file = await omicsdk.to_thread(omicsdk.open, str(tmp_path / "a.txt"))
        assert await omicsdk.to_thread(file.read) == CONTENT
        return await omicsdk.to_thread(omicsdk.download, str(tmp_path / "a.txt"), tmp_path / "to")

    assert anyio.run(main, backend=backend).ok
    assert (tmp_path / "to/a.txt").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "work", [call, pages, listing, opening, download, upload, polling, retry, copy, opened, get, pull]
)
def test_a_cancelled_task_does_not_wait_for_the_server(
    work: Callable[[Silent, Path], Coroutine[Any, Any, None]],
    backend: str,
    silent: Silent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    if work is pull:
        silent.responses += [(200, {"ETag": '"1"'}, CONTENT)] * 9
        add(f"{silent.url}/a.bin", to="data", name="web")
        Lock.load().update()
        silent.responses.clear()
        silent.requested.clear()
    before = lasting()

    async def main() -> None:
        began = 0.0
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work, silent, tmp_path)
            await anyio.to_thread.run_sync(silent.requested.wait)
            began = time.perf_counter()
            tasks.cancel_scope.cancel()
        print(f"{backend}, {work.__name__}: {time.perf_counter() - began:.3f} s")
        assert tasks.cancel_scope.cancelled_caught

    anyio.run(main, backend=backend)
    for thread in set(lasting()) - set(before):
        while thread.is_alive() and not thread.name.startswith(
            "Trio thread"
        ):  # which are kept, idle, for its next calls
            thread.join(0.1)
