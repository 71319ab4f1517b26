"""A user of a sandbox's commons, and processes that can be killed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from breakable import noise as noise
from fork_server import forked
from omicsdk.gen3 import Gen3, Gen3Login
from omicsdk.sandbox import Sandbox
from omicsdk.transfer import PartRules
from small_cells import UNIT
from small_cells import small_cells as small_cells

STORAGE = "/gen3/_storage"

_PROGRAM = """
import functools, json, sys
from omicsdk.drs import ResolutionSettings
from omicsdk.gen3 import Gen3
from omicsdk.gen3 import Gen3Login, fence_store, uploads

key, what, arguments, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
if limit := options.pop("limit", None):
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if least := options.pop("least", None):
    fence_store.PartRules, uploads.LEAST_PART = functools.partial(fence_store.PartRules, least=least), least
auth = Gen3Login(refresh_file=key)
with Gen3(auth.endpoint, credentials=auth) as commons:
    if what == "download":
        done = commons.download(*arguments, settings=ResolutionSettings(order=()), **options)
    else:
        done = commons.upload(*arguments, **options)
done.raise_if_failed()
"""


@pytest.fixture
def key(sandbox: Sandbox, tmp_path: Path) -> Path:
    return sandbox.gen3_credentials(tmp_path / "key.json")


@pytest.fixture
def commons(sandbox: Sandbox, key: Path) -> Iterator[Gen3]:
    with Gen3(sandbox.gen3_url, credentials=Gen3Login(refresh_file=key)) as made:
        yield made


@pytest.fixture
def start(key: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a download or an upload as a process of its own."""
    begun: list[subprocess.Popen[str]] = []

    def begin(what: str, *arguments: Any, **options: Any) -> "subprocess.Popen[str]":
        json_arguments = [json.dumps(arguments), json.dumps(options)]
        command = [sys.executable, "-c", _PROGRAM, str(key), what, *json_arguments]
        begun.append(forked.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def small_fence_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts may have a sixteenth of what S3 wants."""
    monkeypatch.setattr("omicsdk.gen3.fence_store.PartRules", partial(PartRules, least=5 * UNIT))
    monkeypatch.setattr("omicsdk.gen3.uploads.LEAST_PART", 5 * UNIT)
    monkeypatch.setattr("omicsdk.sandbox.gen3.storage.LEAST_PART", 5 * UNIT)


@pytest.fixture
def puts(sandbox: Sandbox) -> Callable[[], int]:
    """How many times the storage was sent a file or a part."""
    return lambda: sum(entry["method"] == "PUT" for entry in sandbox.requests(STORAGE))
