"""The base of all platforms' clients: one search for base URL and credentials, and workflows on both clients."""

from __future__ import annotations

import asyncio
import inspect
import io
import selectors
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest
from leaving_clock import LeavingClock
from omicsdk.core import ANONYMOUS, ApiKey, BearerToken, ConfigError, Interrupted, OmicsError
from omicsdk.core.platform import (
    NOTHING,
    AsyncPlatform,
    Discovery,
    Listing,
    Opening,
    Platform,
    Search,
    SourceResult,
    Workflow,
    resolve,
    to_thread,
    variables,
)
from omicsdk_api.dss import AsyncDssApi, DssApi

URL = "https://toy.example.org"


def _files(search: Search) -> SourceResult:
    if search.profile not in (None, "work"):
        return NOTHING
    return SourceResult(
        f"https://{search.profile or 'files'}.example.org", BearerToken(f"{search.profile or 'files'}-token")
    )


TOY = Discovery(
    platform="toy",
    environment=variables("TOY_URL", "TOY_TOKEN", BearerToken),
    files=_files,
    requires_credentials=True,
    remedy="Set TOY_TOKEN.",
)


def _settings(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return {"OMICS_SETTINGS_FILE": str(path)}


def _resolved(environ: Mapping[str, str], discovery: Discovery = TOY, **options: Any) -> tuple[str, str]:
    url, credentials = resolve(discovery, environ={"OMICS_SETTINGS_FILE": "/dev/null/nowhere", **environ}, **options)
    sent: Mapping[str, str] = {} if credentials is None else credentials.headers("GET", url)
    return url, sent.get("authorization", "").removeprefix("Bearer ")


# -- the order


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({}, {}, ("https://files.example.org", "files-token")),
        ({}, {"TOY_URL": URL, "TOY_TOKEN": "env"}, (URL, "env")),
        ({}, {"TOY_TOKEN": "env"}, ("https://files.example.org", "env")),
        ({"profile": "work"}, {"TOY_URL": URL, "TOY_TOKEN": "env"}, ("https://work.example.org", "work-token")),
        ({}, {"OMICS_PROFILE": "work", "TOY_URL": URL}, ("https://work.example.org", "work-token")),
        ({"base_url": URL, "credentials": "arg"}, {"TOY_TOKEN": "env"}, (URL, "arg")),
        ({"credentials": "arg"}, {}, ("https://files.example.org", "arg")),
        ({"base_url": "https://files.example.org/v2"}, {"TOY_TOKEN": "env"}, ("https://files.example.org/v2", "env")),
        ({"credentials": ANONYMOUS}, {}, ("https://files.example.org", "")),
    ],
)
def test_each_source_wins_over_those_after_it(
    options: dict[str, Any], environ: dict[str, str], expected: tuple[str, str]
) -> None:
    assert _resolved(environ, **options) == expected


def test_own_settings_come_after_the_environment_and_before_the_platforms_files(tmp_path: Path) -> None:
    environ = _settings(tmp_path, '[profiles.default.toy]\nbase_url = "https://settings.example.org"\n')
    assert _resolved(environ, credentials="arg")[0] == "https://settings.example.org"
    assert _resolved({**environ, "TOY_URL": URL}, credentials="arg")[0] == URL


def test_a_named_profile_is_searched_in_own_settings_first(tmp_path: Path) -> None:
    environ = _settings(tmp_path, '[profiles.work.toy]\nbase_url = "https://settings.example.org"\n')
    assert _resolved(environ, profile="work", credentials="arg")[0] == "https://settings.example.org"


# -- what is refused


def test_credentials_found_beside_another_base_url_are_not_sent() -> None:
    with pytest.raises(
        ConfigError, match=r"No credentials found for https://toy\.example\.org.*belong to https://files"
    ) as failed:
        _resolved({}, base_url=URL)
    assert failed.value.remedy == "Set TOY_TOKEN."


def test_a_profile_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ConfigError, match="No profile 'other' for the platform toy"):
        _resolved({}, profile="other")


def test_malformed_settings_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"settings\.toml:2: .*base_url is not text"):
        _resolved(_settings(tmp_path, "[profiles.default.toy]\nbase_url = 3\n"))


def test_text_that_is_given_as_credentials_becomes_the_platforms_own_kind() -> None:
    discovery = Discovery(platform="toy", default_url=URL, token=lambda text: ApiKey(text, header="X-Toy"))
    _, credentials = resolve(discovery, credentials="t", environ={})
    assert isinstance(credentials, ApiKey)


# -- the clients


def _count(client: Platform, what: str, *, stop: threading.Event | None = None) -> int:
    """Count the letters of a word."""
    assert isinstance(client, Toy)
    if what == "wait":
        assert stop is not None
        stop.wait(30)
        raise Interrupted("stopped")
    if what == "fail":
        raise OmicsError("it failed")
    return len(what)


def _fetch(client: Platform, what: str, **options: Any) -> int:
    """Count the letters of a word as a transfer, which takes `stop` among its options."""
    return _count(client, what, **options)


def _ls(client: Toy, most: int) -> Iterator[int]:
    """List numbers."""
    closed.clear()
    try:
        yield from range(most)
    finally:
        closed.append(client.base_url)


@contextmanager
def _open(client: Toy, text: str) -> Generator[BinaryIO]:
    """Open a text."""
    left.clear()
    try:
        with io.BytesIO(text.encode()) as file:
            yield file
    except BaseException as error:
        left.append(error)
        if text != "forgiving":
            raise


def _status(client: Toy) -> int:
    """Ask the service."""
    return client.get_bundle.raw(uuid="u", replica="aws").status_code


def _ask(client: Toy, *, stop: threading.Event | None = None) -> int:
    """Ask the service, and be stopped."""
    del stop
    return _status(client)


def _name(client: Toy) -> str:
    """Read a context variable of the caller."""
    return caller.get()


closed: list[str] = []
left: list[BaseException] = []
caller = ContextVar("caller", default="")


class _Workflows:
    count = Workflow(_count)
    fetch = Workflow(_fetch)
    status = Workflow(_status)
    ls = Listing(_ls)
    open = Opening(_open)
    name = Workflow(_name)
    ask = Workflow(_ask)


class Toy(_Workflows, Platform, DssApi):
    _discovery = Discovery(platform="toy", default_url=URL)


class AsyncToy(_Workflows, AsyncPlatform, AsyncDssApi):
    _discovery = Toy._discovery
    _blocking_class = Toy


def test_workflows_of_the_blocking_client() -> None:
    with Toy() as toy:
        assert toy.count("word") == 4
        assert list(toy.ls(3)) == [0, 1, 2]
        with toy.open("text") as file:
            assert file.read() == b"text"


def test_workflows_of_the_asynchronous_client() -> None:
    async def run() -> None:
        async with AsyncToy() as toy:
            assert await toy.count("word") == 4
            assert [number async for number in toy.ls(2500)] == list(range(2500))
            async with toy.open("text") as file:
                assert await file.read() == b"text"
            with pytest.raises(OmicsError, match="it failed"):
                await toy.count("fail")

    asyncio.run(run())


def test_a_listing_that_is_left_early_is_closed() -> None:
    async def run() -> None:
        async with AsyncToy() as toy:
            numbers = toy.ls(10_000_000)
            async for _ in numbers:
                break
            await numbers.aclose()

    asyncio.run(run())
    assert closed == [URL]


@pytest.mark.parametrize("text", ["strict", "forgiving"])
def test_an_opened_file_is_left_with_the_error_of_the_block(text: str) -> None:
    async def run() -> bool:
        async with AsyncToy() as toy:
            try:
                async with toy.open(text):
                    raise OmicsError("in the block")
            except OmicsError as error:
                return error is left[0]
        return False

    assert asyncio.run(run()) is (text == "strict")
    assert [str(raised) for raised in left] == ["in the block"]


def test_a_workflow_in_a_thread_sees_the_callers_context() -> None:
    async def run() -> str:
        caller.set("task 1")
        async with AsyncToy() as toy:
            return await toy.name()

    assert asyncio.run(run()) == "task 1"


@pytest.mark.parametrize("name", ["count", "fetch"])
def test_cancelling_the_task_stops_the_workflow_and_waits_for_it(name: str) -> None:
    async def run() -> threading.Thread | None:
        async with AsyncToy() as toy:
            task = asyncio.ensure_future(getattr(toy, name)("wait"))
            while not (names := [thread for thread in threading.enumerate() if thread.name == "omicsdk-workflow"]):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return names[0]

    thread = asyncio.run(run())
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive()


def test_a_cancellation_that_does_not_wake_the_loop_stops_a_function_in_a_thread() -> None:
    """As that of a cell: the signal of the interrupted kernel cancels its task while the loop waits for events."""
    waits_for_events, stopped = threading.Event(), list[bool]()

    class Selector(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> Any:
            if timeout is None:
                waits_for_events.set()
            return super().select(timeout)

    async def run() -> None:
        task = asyncio.current_task()

        def work(stop: threading.Event) -> None:
            assert task is not None
            assert waits_for_events.wait(60)
            task.cancel()
            stopped.append(stop.wait(60))

        await to_thread(work)

    with (
        asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(Selector())) as runner,
        pytest.raises(asyncio.CancelledError),
    ):
        runner.run(run())
    assert stopped == [True]


def test_the_stop_of_a_workflow_ends_the_waits_of_its_clients_requests() -> None:
    def busy(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": "300"}, json={})

    clock = LeavingClock()
    with Toy(transport=httpx.MockTransport(busy), clock=clock) as toy, pytest.raises(Interrupted):
        toy.ask(stop=clock.stop)
    assert sum(clock.slept) < 1.5


def test_both_clients_show_the_workflows_signature_and_documentation() -> None:
    blocking, asynchronous = Toy().count, AsyncToy().count
    assert list(inspect.signature(blocking).parameters) == ["what", "stop"]
    assert inspect.signature(blocking) == inspect.signature(asynchronous)
    assert blocking.__doc__ == asynchronous.__doc__ == "Count the letters of a word."
    assert inspect.iscoroutinefunction(asynchronous)


def test_clients_show_their_base_url() -> None:
    assert repr(Toy()) == f"<Toy {URL}>"
    assert repr(AsyncToy("https://other.example.org/")) == "<AsyncToy https://other.example.org>"


# -- the blocking twin


def _responses(status: int) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, json={}))


def test_a_workflow_of_a_client_with_its_own_transport_needs_one_that_blocks() -> None:
    async def run() -> None:
        async with AsyncToy(transport=_responses(200)) as toy:
            with pytest.raises(ConfigError, match="cannot run in a thread") as failed:
                await toy.status()
            assert "blocking_transport=" in failed.value.remedy
        async with AsyncToy(transport=_responses(200), blocking_transport=_responses(206)) as toy:
            assert await toy.status() == 206

    asyncio.run(run())


def test_the_twin_has_the_settings_of_the_client_and_of_its_clones() -> None:
    seen: list[tuple[str | None, str | None]] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers.get("authorization"), request.headers.get("x-mark")))
        return httpx.Response(200, json={})

    async def run() -> None:
        transport = httpx.MockTransport(response)
        async with AsyncToy(credentials="secret", transport=transport, blocking_transport=transport) as toy:
            await toy.status()
            await toy.with_options(headers={"X-Mark": "1"}, credentials=None).status()

    asyncio.run(run())
    assert seen == [("Bearer secret", None), (None, "1")]


def test_a_platform_calls_hooks() -> None:
    sent: list[str] = []

    def hook(request: httpx.Request) -> None:
        request.headers["x-trace"] = "1"

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["x-trace"])
        return httpx.Response(200, json={})

    network = httpx.MockTransport(respond)
    with Toy(URL, credentials="token", transport=network, before_request=hook) as toy:
        toy.get_bundle.raw(uuid="u", replica="aws")
    assert sent == ["1"]
