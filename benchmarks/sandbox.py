"""Small requests to the sandbox, compared with bare Starlette routes that answer the same.

    python benchmarks/sandbox.py [--case TEXT] [--rounds N] [--quick]

Prints ratios; all cases together write benchmarks/results/sandbox.json. Sandbox and bare routes are two processes with the same
server, uvicorn with the sandbox's settings. This process is the client of both: 8 connections that are kept alive.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import httpx
import measuring
import script
from measuring import Case, Row, Spent

CONNECTIONS = 8
REQUESTS, QUICK_REQUESTS = 2_000, 200
"""How many requests a run has."""
SLOWER = 2.0
"""How much longer than a bare route the sandbox may take for a small request."""
START_SECONDS = 0.6
ABOUT = """\
Seconds are for 2,000 GET requests over 8 keep-alive connections, with the CPU seconds of the server process in brackets; a ratio of 2 is
half the rate. A bare route encodes the same JSON and sends the same headers, served by a second process of uvicorn with the same settings
(h11). The client writes requests to sockets and reads responses up to their Content-Length, without a library. Each run of the sandbox is
directly before or after a run of the bare route. The last row is the time from process start to the first response, for
`/dss/v1/bundles/all`."""
CASES = (
    "dss get_file, redirect",
    "indexd, one record",
    "metadata service, one record",
    "Seven Bridges, one project",
    "django-crunch, one project",
    "django-crunch, page of 20 projects",
    "Pangea, one organization",
    "Pangea, page of 100 organizations",
)
START = "process start to first response"


class Target(NamedTuple):
    """A request.

    Attributes:
        path: Its path and query.
        authorization: Its Authorization header; empty for none.
    """

    path: str
    authorization: str = ""


# -- the two servers, each in a separate process


def serve_sandbox() -> None:
    """Serves a sandbox with something in it, prints the URL and the requests that read that, and ends with the input."""
    from omicsdk.sandbox import Sandbox

    with TemporaryDirectory() as folder, Sandbox() as sandbox:
        targets = dict(zip(CASES, _targets(sandbox, Path(folder)), strict=True))
        print(json.dumps([sandbox.url, targets]), flush=True)
        sys.stdin.read()


def _targets(sandbox: Any, folder: Path) -> Iterator[Target]:
    """Fills a sandbox; gives the requests in the order of CASES."""
    from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

    (folder / "cell.json").write_text('{"biomaterial_core": {"ncbi_taxon_id": [9606]}}')
    commons = sandbox.gen3.access.issue("sandbox-user@example.org", sandbox.gen3_url, audience=("openid", "user"))
    sb = {"X-SBG-Auth-Token": sandbox.sb_token}
    crunch = {"Authorization": f"Token {sandbox.crunch_token}"}
    with httpx.Client(base_url=sandbox.url, trust_env=False) as web:

        def post(path: str, body: Any, headers: Mapping[str, str] = {}) -> Any:
            return web.post(path, json=body, headers=headers).raise_for_status().json()

        bundle = sandbox.seed(folder)
        manifest = web.get(f"/dss/v1/bundles/{bundle['bundle_uuid']}", params={"replica": "aws"}).json()["bundle"]
        yield Target(f"/dss/v1/files/{manifest['files'][0]['uuid']}?replica=aws")
        hashes = {"md5": "0" * 32}
        administrator = {"Authorization": f"bearer {commons}"}
        record = post(
            "/index/index", {"form": "object", "size": 1, "hashes": hashes, "urls": ["s3://b/k"]}, administrator
        )
        yield Target(f"/index/index/{record['did']}")
        post("/mds-admin/metadata/one", {"gen3_discovery": {"subjects": 12}}, administrator)
        yield Target("/mds/metadata/one")
        group = web.get("/sb/v2/billing/groups", headers=sb).json()["items"][0]["id"]
        project = post("/sb/v2/projects", {"name": "one", "billing_group": group}, sb)
        yield Target(f"/sb/v2/projects/{project['id']}", f"Bearer {sandbox.sb_token}")
        made = [post("/crunch/api/projects/", {"name": f"project {number}"}, crunch) for number in range(40)]
        yield Target(f"/crunch/api/projects/{made[0]['slug']}/", crunch["Authorization"])
        yield Target("/crunch/api/projects/", crunch["Authorization"])
        login = {"email": SANDBOX_PANGEA_USER, "password": sandbox.password}
        pangea = {"Authorization": f"Token {post('/pangea/api/auth/token/login', login)['auth_token']}"}
        organizations = [
            post("/pangea/api/organizations", {"name": f"organization {number}"}, pangea) for number in range(120)
        ]
        yield Target(f"/pangea/api/organizations/{organizations[0]['uuid']}", pangea["Authorization"])
        yield Target("/pangea/api/organizations", pangea["Authorization"])


def serve_bare() -> None:
    """Serves the responses that are on the input's first line, prints the URL, and ends with the input."""
    from omicsdk.sandbox.traffic.server_thread import ServerThread
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    def route(path: str, status: int, headers: Mapping[str, str], content: str) -> Route:
        body = json.loads(content) if content else None

        async def response(_request: object) -> Response:
            return Response(json.dumps(body) if content else b"", status, headers)

        return Route(path, response)

    app = Starlette(routes=[route(*each) for each in json.loads(sys.stdin.readline())])
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        serving = ServerThread(app, listening)
        serving.begin()
        print(json.dumps(f"http://127.0.0.1:{listening.getsockname()[1]}"), flush=True)
        sys.stdin.read()
        serving.end()


class Server:
    """A server in a separate process.

    Args:
        role: Which of the two.
        stated: The input's first line; none for the sandbox.

    Attributes:
        said: What it printed.
    """

    def __init__(self, role: str, stated: Any = None) -> None:
        command = [sys.executable, __file__, role]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if stated is not None:
            self._process.stdin.write(f"{json.dumps(stated)}\n")
            self._process.stdin.flush()
        self.said: Any = json.loads(self._process.stdout.readline())

    def cpu_seconds(self) -> float:
        """CPU seconds of its process."""
        user, system = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Ends it."""
        self._process.communicate()


# -- the client


class Connection(asyncio.Protocol):
    """A connection on which the same request is sent again and again.

    Args:
        request: The request's bytes.
        left: Numbers that all connections of a run share, one for each request that is still to be sent.
        status: The status that each response has.
    """

    def __init__(self, request: bytes, left: Iterator[int], status: bytes) -> None:
        self._request, self._left, self._status = request, left, status
        self._came = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Sends the next request when the response is complete."""
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return
        if not head.startswith(self._status):
            self._fail(f"answered {head[:30]!r}")
            return
        self._came = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the run, which fails unless this side closed the connection."""
        self._fail(f"the server closed the connection: {exc}")

    def _next(self) -> None:
        if next(self._left, None) is not None:
            self._transport.write(self._request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))


def _request(target: Target) -> bytes:
    authorization = f"Authorization: {target.authorization}\r\n" if target.authorization else ""
    return f"GET {target.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n{authorization}\r\n".encode()


async def _send(url: str, target: Target, status: int, count: int) -> None:
    loop, left = asyncio.get_running_loop(), iter(range(count))
    host, _, port = url.removeprefix("http://").partition(":")
    connections: list[Connection] = []
    for _ in range(CONNECTIONS):
        _, made = await loop.create_connection(
            lambda: Connection(_request(target), left, f"HTTP/1.1 {status}".encode()), host, int(port)
        )
        connections.append(made)
    await asyncio.gather(*(each.done for each in connections))


class Bench(NamedTuple):
    """What the cases share.

    Attributes:
        ours: The sandbox.
        bare: The bare routes.
        targets: The request of each case.
        statuses: The status of each case's response.
        requests: How many requests a run has.
    """

    ours: Server
    bare: Server
    targets: Mapping[str, Target]
    statuses: Mapping[str, int]
    requests: int


@contextmanager
def benching(requests: int) -> Generator[Bench]:
    """Starts both servers.

    Args:
        requests: How many requests a run has.
    """
    ours = Server("serve-sandbox")
    try:
        url, stated = ours.said
        targets = {name: Target(*each) for name, each in stated.items()}
        responses = {name: _response(url, each) for name, each in targets.items()}
        bare = Server("serve-bare", list(responses.values()))
        try:
            yield Bench(ours, bare, targets, {name: each[1] for name, each in responses.items()}, requests)
        finally:
            bare.end()
    finally:
        ours.end()


def _response(url: str, target: Target) -> tuple[str, int, dict[str, str], str]:
    """Path, status, headers and body of a response, for a bare route."""
    headers = {"Authorization": target.authorization} if target.authorization else {}
    response = httpx.get(f"{url}{target.path}", headers=headers, trust_env=False)
    if response.status_code not in (200, 302):
        raise RuntimeError(f"{target.path} is answered {response.status_code}: {response.text}")
    sent = {name: value for name, value in response.headers.items() if name not in ("date", "content-length")}
    return target.path.partition("?")[0], response.status_code, sent, response.text


def small(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The row of a small request."""
    target, status = bench.targets[name], bench.statuses[name]

    def run(server: Server, url: str) -> Spent:
        cpu, began = server.cpu_seconds(), time.perf_counter()
        asyncio.run(_send(url, target, status, bench.requests))
        return Spent(time.perf_counter() - began, server.cpu_seconds() - cpu)

    case = Case(
        name, lambda: run(bench.ours, bench.ours.said[0]), lambda: run(bench.bare, bench.bare.said), goal, rounds
    )
    return measuring.compared(case)


def start(_bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The row of the start."""
    program = (
        "from omicsdk.sandbox import Sandbox, serve;"
        " serve(Sandbox(), on_ready=lambda sandbox: print(sandbox.url, flush=True))"
    )

    def once(_number: int) -> float:
        began = time.perf_counter()
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            httpx.get(f"{url}/dss/v1/bundles/all?replica=aws", trust_env=False).raise_for_status()
            took = time.perf_counter() - began
            process.terminate()
        return took

    return measuring.figure_row(name, measuring.quietest(rounds, once), goal, "s", {})


ENTRIES: Sequence[script.Entry[Bench]] = (
    *(script.Entry(name, SLOWER, (), small) for name in CASES),
    script.Entry(START, START_SECONDS, (), start),
)


def main() -> int:
    """Measures; gives the exit code."""
    asked = script.options(__doc__)
    session = script.Session("sandbox", ENTRIES, asked)
    with benching(QUICK_REQUESTS if asked.quick else REQUESTS) as bench:
        session.measure(bench, lambda _needs: [])
    return session.end(ABOUT)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve-sandbox"]:
        serve_sandbox()
    elif sys.argv[1:] == ["serve-bare"]:
        serve_bare()
    else:
        sys.exit(main())
