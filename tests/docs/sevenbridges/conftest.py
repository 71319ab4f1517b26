"""What runs the examples of docs/coming-from-sevenbridges.md: an Api of the sandbox, and what they name."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import omicsdk.compat.sevenbridges
import pytest
from omicsdk.sandbox import Sandbox
from published import published_names
from sandbox_clock import SandboxClock
from sb_page import EXAMPLES, FASTQ, PROJECT, USER

URL, CGC_URL = "https://api.sbgenomics.com/v2", "https://cgc-api.sbgenomics.com/v2"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The settings' folder of a user who has none, in whose home the examples run."""
    for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for scheme in ("http", "https", "all"):
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            monkeypatch.setenv(name, "")  # so that what an example sets is undone
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".sevenbridges" / "sevenbridges-python"
    folder.mkdir(parents=True)
    return folder.parent


@pytest.fixture
def plain(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[omicsdk.compat.sevenbridges.Api]]:
    """Has `sbg.Api` speak plain http, as the sandbox does, and wait by its clock; gives what was made."""
    made: list[omicsdk.compat.sevenbridges.Api] = []
    make = functools.partial(omicsdk.compat.sevenbridges.Api, debug=True, clock=SandboxClock(omics_sandbox))

    def making(*arguments: Any, **named: Any) -> omicsdk.compat.sevenbridges.Api:
        made.append(make(*arguments, **named))
        return made[-1]

    monkeypatch.setattr(omicsdk.compat.sevenbridges, "Api", making)
    yield made
    for client in made:
        client.close()


Run = Callable[..., SimpleNamespace]


@pytest.fixture
def text(omics_sandbox: Sandbox) -> Callable[..., str]:
    """An example with what is the sandbox's own in the place of what it leaves open."""

    def reading(name: str, **ids: str) -> str:
        places = {
            URL: omics_sandbox.sb_url,
            CGC_URL: omics_sandbox.sb_url,
            "<TOKEN_HERE>": omics_sandbox.sb_token,
            "<CGC_TOKEN_HERE>": omics_sandbox.sb.token_for("ada"),
            "my-username/": f"{USER}/",
            '"newuser"': '"ada"',
        }
        source = EXAMPLES[name]
        for old, new in {**places, **ids}.items():
            source = source.replace(old, new)
        return source

    return reading


@pytest.fixture
def alone(home: Path, plain: list[omicsdk.compat.sevenbridges.Api], text: Callable[..., str]) -> Iterator[Run]:
    """Runs an example that stands for itself, under the published names, and gives the names that it has made."""
    with published_names() as as_published:

        def running(name: str, names: dict[str, Any] | None = None, **ids: str) -> SimpleNamespace:
            there = {} if names is None else names
            exec(compile(as_published(text(name, **ids)), name, "exec"), there)
            return SimpleNamespace(**{name: value for name, value in there.items() if name != "__builtins__"})

        yield running


@pytest.fixture
def run(alone: Run, omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs an example that goes on from the first lines of the page."""

    def running(name: str, **ids: str) -> SimpleNamespace:
        monkeypatch.setenv("SB_API_ENDPOINT", omics_sandbox.sb_url)
        monkeypatch.setenv("SB_AUTH_TOKEN", omics_sandbox.sb_token)
        names: dict[str, Any] = {}
        alone("begin.py", names)
        names["time"] = SimpleNamespace(sleep=omics_sandbox.clock.advance)
        return alone(name, names, **ids)

    return running


@pytest.fixture
def api(run: Run) -> omicsdk.compat.sevenbridges.Api:
    """An Api of the sandbox's user, made by the page's first lines."""
    return run("me.py").api


@pytest.fixture
def upload(api: omicsdk.compat.sevenbridges.Api, tmp_path: Path) -> Callable[..., Any]:
    """Puts a file into a project and gives it."""

    def uploading(name: str, content: bytes = FASTQ, project: str = PROJECT, **metadata: str) -> Any:
        (tmp_path / name).write_bytes(content)
        file = api.files.upload(tmp_path / name, project).result()
        assert file is not None
        (tmp_path / name).unlink()
        if metadata:
            file.metadata = metadata
            file.save()
        return file

    return uploading


@pytest.fixture
def project(api: omicsdk.compat.sevenbridges.Api) -> omicsdk.compat.sevenbridges.Project:
    """The project that the examples name."""
    made = api.projects.create("My project")
    assert made.id == PROJECT
    return made


@pytest.fixture
def other(api: omicsdk.compat.sevenbridges.Api) -> omicsdk.compat.sevenbridges.Project:
    """The other project."""
    return api.projects.create("My other project")
