"""Each store of the sandbox behind a proxy that lies, with a folder of files that commands are about, and one beside it."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from azul_project import PROJECT, write_project
from lying_proxy import LIES, Lie, LyingProxy, Reply, Request, of_another, without_filters
from omicsdk import Crunch, Gen3
from omicsdk.fs import CopyOptions, Put, Store, open_store
from omicsdk.gen3 import Gen3Login
from omicsdk.sandbox import Sandbox
from quiet_server import running
from user_commands import run_here

FILES = {"in/a.txt": b"a", "in/b.txt": b"bb", "in/sub/c.txt": b"ccc", "other/x.txt": b"x", "other/y.txt": b"yy"}
FLAT = {"in/a.txt": b"a", "in/b.txt": b"bb", "other/x.txt": b"x", "other/y.txt": b"yy"}


@dataclass
class World:
    """A store behind a proxy that lies.

    Attributes:
        root: URI of the folder that the test owns; commands are about its folder `in`. Empty if nothing can be put there.
        uri: URI of the folder that commands are about.
        files: What is in the root, by path below it.
        environ: The environment of commands, which reach the store through the proxies.
        proxies: The proxies.
        sandbox: The services behind the proxies.
        lies: What is lied about.
        states_no_counts: Whether the store's lists do not state how many entries they have.
    """

    root: str
    uri: str
    files: Mapping[str, bytes]
    environ: dict[str, str]
    proxies: list[LyingProxy]
    folder: Path
    sandbox: Sandbox
    lies: tuple[Lie, ...] = ()
    states_no_counts: bool = False
    _cached: dict[str, str] | None = field(default=None, init=False)
    _seen: tuple[int, ...] = field(default=(0, 0), init=False)

    @property
    def store(self) -> Store:
        """The store without a proxy, which knows nothing of what commands changed."""
        return open_store(self.root.partition("://")[0])

    @property
    def scheme(self) -> str:
        """The scheme of what commands are about."""
        return self.uri.partition("://")[0]

    @property
    def path(self) -> str:
        """The root's path below its scheme."""
        return self.root.partition("://")[2]

    def contents(self) -> dict[str, str]:
        """What the server has, by path below the root: an ETag, checksum or size of each file.

        It is what it was where only GET, HEAD and logins have been requested of any server since.
        """
        fingerprints: dict[str, str] = {}
        if not self.root:
            return fingerprints
        logs = self.sandbox.request_log, self.sandbox.s3_log
        new = [log.newest("", 0, log.count - seen)[1] for log, seen in zip(logs, self._seen, strict=True)]
        new_entries = (entry for entries in new for entry in entries)
        if self._cached is not None and all(
            e.method in ("GET", "HEAD") or e.operation == "pangea login" for e in new_entries
        ):
            return self._cached
        with self.store as store:
            for entry in store.walk(self.path):
                name = entry.path.removeprefix(f"{self.path}/")
                fingerprints[name] = json.dumps(
                    [entry.size, sorted(entry.checksums.items()) or entry.details.get("etag")]
                )
        self._cached, self._seen = fingerprints, tuple(log.count for log in logs)
        return fingerprints

    def restore(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Make the store as it was."""
        if before.keys() == after.keys():
            return
        with self.store as store:
            for name in after.keys() - before.keys():
                store.remove(store.stat(f"{self.path}/{name}"))
        gone = {name: self.files[name] for name in before.keys() - after.keys()}
        self.fill(gone)

    def fill(self, files: Mapping[str, bytes]) -> None:
        """Put files."""
        puts = []
        for number, (name, data) in enumerate(files.items()):
            source = self.folder / f"source-{number}"
            source.write_bytes(data)
            puts.append(Put(str(source), f"{self.path}/{name}"))
        if puts:
            with self.store as store:
                store.put(puts, CopyOptions()).raise_if_failed()

    def run(self, lie: Lie | None, only: int | None, *words: str, typed: str = "") -> Any:
        """Run a command while the proxies lie."""
        self.lie(lie, only)
        try:
            return run_here(self.environ, *words, typed=typed)
        finally:
            for proxy in self.proxies:
                proxy.lie = None

    def lie(self, lie: Lie | None, only: int | None = None) -> None:
        """Have the proxies lie from now on, or tell the truth."""
        for proxy in self.proxies:
            proxy.begin(lie, only)

    @property
    def request_count(self) -> int:
        """How many requests of the last command a lie could be about, at the proxy with most of them."""
        return max(len(proxy.requests) for proxy in self.proxies)


def recorded(world: World, *words: str) -> dict[str, Reply]:
    """Run a command truthfully, and return the responses by method, path and query."""
    responses: dict[str, Reply] = {}

    def keep(request: Request, reply: Reply) -> Reply:
        responses[f"{request.method} {request.target}"] = reply
        return reply

    world.run(Lie("none", reply=keep), None, *words)
    return responses


def answered_with(name: str, responses: Mapping[str, Reply], swap: Callable[[str], str]) -> Lie:
    """The lie that a request gets the recorded response to another one; signed requests cannot be changed on their way."""

    def reply(request: Request, truth: Reply) -> Reply:
        return responses.get(swap(f"{request.method} {request.target}"), truth)

    return Lie(name, reply=reply)


@pytest.fixture
def opened_proxies() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def own_environ(omics_sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """The variables of a user of the sandbox, who tries nothing twice for long."""
    home = {name: str(tmp_path / "home") for name in ("HOME", "OMICS_STATE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    (tmp_path / "home").mkdir()
    return {**home, **omics_sandbox.environment(), "AWS_EC2_METADATA_DISABLED": "true", "OMICS_CALL_BUDGET": "2s"}


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    omics_sandbox: Sandbox,
    own_environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened_proxies: ExitStack,
) -> World:
    """The store that a test names, or services that have none."""
    for name, value in own_environ.items():
        monkeypatch.setenv(name, value)
    scheme: str = request.param
    proxies: list[LyingProxy] = []
    behind = dict(own_environ)
    for server in (omics_sandbox.url, omics_sandbox.s3_url):
        proxy = LyingProxy(server)
        opened_proxies.enter_context(running(proxy))
        proxies.append(proxy)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(server))
        behind = {name: value.replace(origin, proxy.origin) for name, value in behind.items()}
    # Files of settings name the servers themselves.
    behind |= {
        "OMICS_DSS_URL": f"{proxies[0].origin}{urlsplit(omics_sandbox.swagger_url).path.rpartition('/')[0]}",
        "OMICS_GEN3_URL": proxies[0].origin,
        "OMICS_GEN3_TOKEN": omics_sandbox.gen3_token(3600),
    }
    if scheme in READ_ONLY:
        (tmp_path / "seeds").mkdir()
        uri, lies = READ_ONLY[scheme](omics_sandbox, proxies[0], tmp_path / "seeds")
        return World(
            "", uri, FLAT, behind, proxies, tmp_path, omics_sandbox, (*LIES, *lies), scheme in ("dss", "gen3", "drs")
        )
    if scheme not in ROOTS:
        return World("", "", {}, behind, proxies, tmp_path, omics_sandbox)
    with open_store(scheme) as store:
        root, files = ROOTS[scheme](omics_sandbox, store)
    made = World(root, f"{root}/in/", files, behind, proxies, tmp_path, omics_sandbox)
    made.fill(files)
    made.lies = (*LIES, *OWN_LIES[scheme](made))
    return made


# -- stores


def _s3(_sandbox: Sandbox, _store: Store) -> tuple[str, Mapping[str, bytes]]:
    client = boto3.client("s3")
    client.create_bucket(Bucket="lies")
    client.close()
    return "s3://lies/t", {**FILES, "inside/z.txt": b"z"}


def _sb(_sandbox: Sandbox, store: Any) -> tuple[str, Mapping[str, bytes]]:
    groups = store.client.list_billing_groups().items
    store.client.create_project(name="lies", billing_group=groups[0].id)
    return "sb://sandbox-user/lies", FILES


def _pangea(_sandbox: Sandbox, store: Store) -> tuple[str, Mapping[str, bytes]]:
    store.make_folder("Sandbox/Sandbox Library/s")
    store.make_folder("Sandbox/Sandbox Library/neighbour")
    return "pangea://Sandbox/Sandbox Library/s", FLAT


def _lies_of_s3(world: World) -> tuple[Lie, ...]:
    """Requests are signed, so that the responses to others are recorded: those about a sibling, about all keys, and about a prefix
    without its slash."""
    responses: dict[str, Reply] = {}
    for folder in ("", "other/"):
        for words in (["ls"], ["ls", "-r"]):
            responses |= recorded(world, *words, f"{world.root}/{folder}")

    def swapped(prefix: str) -> Callable[[str], str]:
        return lambda text: re.sub(r"(?<=prefix=t%2F)in%2F(sub%2F)?", prefix, text)

    return (
        answered_with("of a sibling", responses, swapped("other%2F")),
        answered_with("the prefix is ignored", responses, swapped("")),
    )


def _lies_of_sb(world: World) -> tuple[Lie, ...]:
    with world.store as store:
        ids = {name: store.stat(f"{world.path}/{name}").handle for name in ("in", "other", "in/a.txt", "other/x.txt")}
    return (
        without_filters("name"),
        without_filters("parent", "name"),
        replace(of_another({ids["in"]: ids["other"]}), name="of a sibling"),
        replace(of_another({ids["in/a.txt"]: ids["other/x.txt"]}), name="another file"),
    )


def _lies_of_pangea(world: World) -> tuple[Lie, ...]:
    names = ("module_name", "sample_id", "analysis_result_id", "name")
    return (without_filters(*names), *(replace(without_filters(name), name=f"{name} is ignored") for name in names))


def _seeded(folder: Path, beginning: str) -> Path:
    for name, data in FLAT.items():
        if name.startswith(beginning):
            path = folder / name.partition("/")[2]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder


def _dss(sandbox: Sandbox, _proxy: LyingProxy, folder: Path) -> tuple[str, tuple[Lie, ...]]:
    bundle, other = (sandbox.seed(_seeded(folder / name, name))["bundle_uuid"] for name in ("in", "other"))
    return f"dss://aws/{bundle}/", (of_another({bundle: other}),)


def _azul(sandbox: Sandbox, _proxy: LyingProxy, folder: Path) -> tuple[str, tuple[Lie, ...]]:
    other = PROJECT.replace("7", "8")
    for name, project in (("in", PROJECT), ("other", other)):
        contents = {path.partition("/")[2]: data for path, data in FLAT.items() if path.startswith(name)}
        sandbox.seed(write_project(folder / name, project, contents))
    return f"azul://dcp43/projects/{PROJECT}/", (of_another({PROJECT: other}), without_filters("filters"))


def _bundles(sandbox: Sandbox) -> list[str]:
    """The GUIDs of a bundle of the files below `in`, and of one of the others."""
    made = []
    with Gen3(sandbox.gen3_url, credentials=Gen3Login(refresh_file=os.environ["GEN3_API_KEY"])) as commons:
        for beginning in ("in/", "other/"):
            names = {name.removeprefix(beginning): data for name, data in FLAT.items() if name.startswith(beginning)}
            guids = [sandbox.gen3.add_file(name, data) for name, data in names.items()]
            made.append(commons.indexd.create_bundle.raw(name=beginning[:-1], bundles=guids).json()["bundle_id"])
    return made


def _of_commons(scheme: str) -> Callable[[Sandbox, LyingProxy, Path], tuple[str, tuple[Lie, ...]]]:
    def make(sandbox: Sandbox, proxy: LyingProxy, _folder: Path) -> tuple[str, tuple[Lie, ...]]:
        bundle, other = _bundles(sandbox)
        swaps = {bundle: other, quote(bundle, safe=""): quote(other, safe="")}
        return f"{scheme}://{urlsplit(proxy.origin).netloc}/{bundle}/", (of_another(swaps),)

    return make


def _crunch(_sandbox: Sandbox, _proxy: LyingProxy, folder: Path) -> tuple[str, tuple[Lie, ...]]:
    with Crunch() as client:
        client.add_project(name="lies")
        for name in ("in", "other"):
            client.add_dataset(parent="lies", name=name, base_file_path=f"lies/{name}")
            media = Path(json.loads(Path(os.environ["CRUNCH_STORAGE_SETTINGS"]).read_text())["MEDIA_ROOT"])
            _seeded(media / "lies" / name, name)
    return "crunch://lies/in/", (of_another({"lies%3Ain": "lies%3Aother", "lies:in": "lies:other"}),)


READ_ONLY: dict[str, Callable[[Sandbox, LyingProxy, Path], tuple[str, tuple[Lie, ...]]]] = {
    "dss": _dss,
    "azul": _azul,
    "gen3": _of_commons("gen3"),
    "drs": _of_commons("drs"),
    "crunch": _crunch,
}
ROOTS: dict[str, Callable[[Sandbox, Any], tuple[str, Mapping[str, bytes]]]] = {"s3": _s3, "sb": _sb, "pangea": _pangea}
OWN_LIES: dict[str, Callable[[World], tuple[Lie, ...]]] = {
    "s3": _lies_of_s3,
    "sb": _lies_of_sb,
    "pangea": _lies_of_pangea,
}
