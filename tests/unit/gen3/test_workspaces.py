"""Copies of workspaces' files: what is refused before any request."""

from pathlib import Path

import httpx
import pytest
from omicsdk.core import BearerToken
from omicsdk.gen3 import Gen3
from omicsdk.gen3.errors import Gen3UserError


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("ws:x", "is not a URL of a workspace"),
        ("ws:///@user", "does not name a file"),
        ("ws:///@user/a/", "does not name a file"),
        ("ws:///@user/a/..", "does not name a file"),
        ("ws:///@user/%2E%2E", "does not name a file"),
    ],
)
@pytest.mark.parametrize("target", ["copy", "folder/", "ws:///@user/copies/"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_source_that_names_no_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str, target: str, dry_run: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    transport = httpx.MockTransport(lambda request: pytest.fail(f"a request: {request.url}"))
    with (
        Gen3("http://127.0.0.1:9", credentials=BearerToken("t"), transport=transport) as commons,
        pytest.raises(Gen3UserError, match=message),
    ):
        commons.workspace_copy(source, target, dry_run=dry_run)
