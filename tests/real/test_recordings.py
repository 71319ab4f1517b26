"""What servers of others were once asked for, sent to the sandbox: it answers the same, but for what is argued."""

from collections.abc import Callable
from fnmatch import filter as matching
from functools import partial
from pathlib import Path

import pytest
from omicsdk.sandbox import Sandbox
from real_results import REPLAYED, sandbox_differences
from real_servers import KEYS, localstack
from replayed_recordings import Both, agree, compared_s3, replayed_drs, replayed_htsget, replayed_s3, replayed_trs

REPLAYS: dict[str, tuple[Callable[[Sandbox], Both], int]] = {
    "ga4gh/htsget-refserver": (replayed_htsget, 39),
    "elixir-cloud-aai/trs-filer": (replayed_trs, 85),
    "elixir-cloud-aai/drs-filer": (replayed_drs, 29),
    "moto": (partial(replayed_s3, server="s3-moto"), 240),
    "s3rver": (partial(replayed_s3, server="s3-s3rver"), 237),
    "rclone serve s3": (partial(replayed_s3, server="s3-rclone"), 239),
}


@pytest.mark.parametrize("server", REPLAYS)
def test_the_sandbox_responds_as_recorded(
    server: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    replayed, count = REPLAYS[server]
    with Sandbox(tmp_path) as sandbox:
        both = replayed(sandbox)
    assert len(both) == count
    _check(server, both, record_property)


def test_the_sandbox_responds_as_localstack(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    (folder := tmp_path / "server").mkdir()
    with localstack(folder) as server, Sandbox(tmp_path / "sandbox") as sandbox:
        both = compared_s3(sandbox, server.url, *KEYS[server.name])
    _check(server.name, both, record_property)


def _check(server: str, both: Both, record_property: Callable[[str, object], None]) -> None:
    fields = sandbox_differences(server, "fields")
    differ = {step: responses for step, responses in both.items() if not agree(*responses, fields)}
    argued = {step for pattern in sandbox_differences(server) for step in matching(both, pattern)}
    assert differ.keys() == argued, {step: responses for step, responses in differ.items() if step not in argued}
    same = [responses for step, responses in both.items() if step not in differ]
    for field in fields:
        assert not all(agree(*responses, fields - {field}) for responses in same), f"no response differs in {field}"
    record_property(REPLAYED, {"server": server, "requests": len(both), "argued": len(differ)})
