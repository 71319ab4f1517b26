"""Settings for all tests. Properties have no time limit: it would measure the machine rather than the code."""

import contextlib
import ctypes
import functools
import gc
import importlib
import inspect
import itertools
import logging
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from network_guard import FOLDERS, Guard

pytest_plugins = ["forks"]

# The programs that tests start inherit it; it is ignored where `nohup` started these.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The same examples on every run, in every environment: a change is judged by what it changed.
settings.register_profile(
    "repeatable",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    max_examples=40,
)
# `make test-long` searches. It passes a seed and prints it; derandomize is stated because Hypothesis turns it on by itself where CI is
# set. A test with its own number of examples states it as a multiple of this one.
settings.register_profile("search", settings.get_profile("repeatable"), derandomize=False, max_examples=2_000)
settings.load_profile("repeatable")


def pytest_sessionstart() -> None:
    """Draw no constants of the modules that happen to be loaded, unless it is a search: they would be others in each process.

    Nor are the states of generators looked at that no property draws from, NumPy's before and after each example and `random`'s around
    each strategy: it takes longer than many a test. A search does so, and reports strategies that draw from them.
    """
    if settings.default is not None and settings.default.derandomize:
        providers: Any = importlib.import_module("hypothesis.internal.conjecture.providers")
        none = providers.Constants()
        providers._get_local_constants = lambda: none
        entropy: Any = importlib.import_module("hypothesis.internal.entropy")
        entropy.NP_RANDOM = entropy.NP_RANDOM or object()
        unwatched = contextlib.nullcontext()
        for name in ("hypothesis.control", "hypothesis.strategies._internal.core"):
            importlib.import_module(name).deprecate_random_in_strategy = lambda *_: unwatched


@pytest.fixture
def clock() -> Any:
    """A clock that moves when somebody waits."""
    from omicsdk.core import ManualClock

    return ManualClock()


# A developer's service account would be found by every client of the tests, before their own logins.
os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
# A dumb terminal, as many runners and editors have, gets no progress and no colours, and a narrow one breaks lines.
os.environ["TERM"] = "xterm"
# A proxy would get the requests to the servers of tests.
for _variable in [*os.environ]:
    if _variable in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS") or _variable.lower().endswith("_proxy"):
        del os.environ[_variable]
os.environ.pop("GITHUB_ACTIONS", None)

# A job in the background of a script ignores Ctrl-C, and so would the commands that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# httpx waits five seconds for a response, which a server beside other tests on a busy machine may need.
_calls: Any = [
    httpx.Client.__init__,
    httpx.AsyncClient.__init__,
    httpx.request,
    httpx.stream,
    httpx.get,
    httpx.post,
    httpx.put,
]
for _call in [*_calls, httpx.patch, httpx.delete, httpx.head, httpx.options]:
    inspect.unwrap(_call).__kwdefaults__["timeout"] = httpx.Timeout(60.0)


def _once_a_process() -> None:
    """Lets thousands of clients share what each would make for itself: S3's descriptions and rules, trust in the world's CAs."""
    loaders: Any = importlib.import_module("botocore.loaders")
    loader = loaders.JSONFileLoader
    read = loader.load_file
    shipped = functools.cache(functools.partial(read, loader()))
    packaged = f"{os.sep}botocore{os.sep}data{os.sep}"

    def load_file(self: Any, path: str) -> Any:
        return shipped(path) if packaged in path else read(self, path)

    loader.load_file = load_file
    look = loaders.Loader.list_available_services
    lists: dict[tuple[str, ...], list[str]] = {}

    def services(self: Any, type_name: str) -> list[str]:
        places = (type_name, *self.search_paths)
        return lists.get(places) or lists.setdefault(places, look(self, type_name))

    loaders.Loader.list_available_services = services
    _events_and_rules()
    transport: Any = importlib.import_module("httpx._transports.default")
    make = transport.create_ssl_context

    @functools.cache
    def by_files(verify: bool, trust_env: bool, *_named: str | None) -> Any:
        return make(verify=verify, trust_env=trust_env)

    def context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
        if cert or not isinstance(verify, bool):
            return make(verify=verify, cert=cert, trust_env=trust_env)  # by name: their order differs by version
        named = map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")) if trust_env else ()
        return by_files(verify, trust_env, *named)

    transport.create_ssl_context = context


def _events_and_rules() -> None:
    """Lets clients of S3 share the names of events, the signatures of those who hear them, and the rules for hosts."""
    hooks: Any = importlib.import_module("botocore.hooks")
    endpoints: Any = importlib.import_module("botocore.endpoint_provider")
    begin, accepts, rules = (
        hooks.EventAliaser.__init__,
        functools.lru_cache(1_000)(hooks.accepts_kwargs),
        endpoints.RuleSet,
    )
    names: dict[str, str] = {}
    made: dict[tuple[int, int], tuple[Any, Any]] = {}

    def __init__(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        begin(self, event_emitter, event_aliases)
        if self._event_aliases == hooks.EVENT_ALIASES:
            self._alias_name_cache = names

    def rule_set(**arguments: Any) -> Any:
        which = (
            id(arguments["rules"]),
            id(arguments["partitions"]),
        )  # the first is kept with its rules, so ids stay its own
        if which not in made:
            made[which] = arguments, rules(**arguments)
        return made[which][1]

    hooks.EventAliaser.__init__ = __init__
    hooks.accepts_kwargs = lambda function: accepts(getattr(function, "__func__", function))
    endpoints.RuleSet = rule_set


def _logs_of_the_root() -> None:
    """Has pytest listen to the root's logger alone, to which others hand on: it looks through hundreds of them six times a test."""
    catching: Any = importlib.import_module("_pytest.logging").catching_logs
    enter = catching.__enter__

    def __enter__(self: Any) -> Any:
        if self.level is not None:
            return enter(self)
        self.attached_loggers.append(root := logging.getLogger())
        root.addHandler(self.handler)
        return self.handler

    catching.__enter__ = __enter__


def _keep_memory() -> None:
    """Has glibc keep what is freed: else each buffer of some MiB is given back, and its pages are made again for the next one."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    # M_ARENA_MAX, M_MMAP_THRESHOLD, of which this is the most, and M_TRIM_THRESHOLD, for this process alone and those that it forks
    for parameter, value in ((-8, 1), (-3, 32 << 20), (-1, 1 << 30)) if mallopt is not None else ():
        mallopt(parameter, value)


_once_a_process()
_logs_of_the_root()
_keep_memory()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Leave out of garbage collections what lives to the end: each would look at the tests and all that was imported for them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        # Tests build documents and clients of many objects and drop them: full collections in between find little.
        gc.set_threshold(5_000, 20, 20)


LATE = ["aiohttp", "boto3.s3.inject", "moto.iam.models", "moto.moto_server.werkzeug_app", "moto.s3.models"]
LATE += ["omicsdk.core.sending.aiohttp_transport", "omicsdk.sandbox.server", "pydantic.type_adapter"]
"""What most processes of functional tests import at its first use."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Guard unit tests where no others run; else import what most processes need before they are forked."""
    if all(any(item.path.is_relative_to(folder) for folder in FOLDERS) for item in session.items):
        session.config.pluginmanager.register(Guard(), "network-guard")
    elif session.config.getoption("forks") > 1 and len(session.items) > 1_000:
        for name in LATE:
            importlib.import_module(name)


ABOUT_DISKS = tuple(Path(__file__).parent / name for name in ("faults", "functional/transfer", "unit/transfer"))
"""Folders of tests whose own folders are on a disk though those of others are in memory."""
_folders = itertools.count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A folder of the test, gone after it unless it failed.

    pytest keeps those of three runs, which are tens of gigabytes, and looks through all of a run's to name the next.
    """
    if "PYTEST_DEBUG_TEMPROOT" in os.environ and any(map(request.path.is_relative_to, ABOUT_DISKS)):
        path = Path(mkdtemp(prefix="omicsdk-test-"))
    else:
        path = tmp_path_factory.getbasetemp() / f"test-{next(_folders)}"
        path.mkdir(mode=0o700)
    failed = request.session.testsfailed
    yield path
    if request.session.testsfailed == failed:
        rmtree(path, ignore_errors=True)


def pytest_unconfigure() -> None:
    """End what forked for the tests of this process."""
    if (programs := sys.modules.get("fork_server")) is not None:
        programs.forked.close()


ROOT = Path(__file__).parents[1]


def _files_of_the_root() -> set[str]:
    return {entry.name for entry in os.scandir(ROOT) if entry.is_file() and not entry.name.startswith(".")}


_before = _files_of_the_root()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """Fail a test that leaves a file beside pyproject.toml, where the next commit would take it."""
    try:
        return (yield)
    finally:
        if added := _files_of_the_root() - _before:
            _before.update(added)
            pytest.fail(f"A test wrote {', '.join(sorted(added))} into {ROOT}: use tmp_path.", pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Make boto3 read the environment in each test: its default session keeps the credentials that it found first."""
    if (boto3 := sys.modules.get("boto3")) is not None:
        boto3.DEFAULT_SESSION = None
