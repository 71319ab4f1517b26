"""kill -9 in the middle of an upload, six times, and the same call again: little is sent twice."""

import hashlib
import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from omicsdk.gen3 import fence_store
from omicsdk.pangea import field_store
from omicsdk.sb import store as sb
from omicsdk.transfer import PartRules
from omicsdk.transfer.s3.boto import S3Object
from omicsdk.transfer.uploads.store import plan_parts
from trials import RIGHT

MIB = 1 << 20
SIZE = 320 * MIB
KILLS = 6
MOST = 1.3
"""Bytes sent, as a multiple of the file's size."""
PACE = 30e6
"""Bytes a second at which each connection is read."""


def _of_s3() -> PartRules:
    import boto3

    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    return S3Object(boto3.client("s3", region_name="us-east-1", **keys), "bucket", "key").rules


RULES = {
    "S3, DSS staging buckets, upload areas, crunch": _of_s3,
    "Seven Bridges": lambda: sb.part_rules(None),
    "Gen3": fence_store.part_rules,
    "Pangea": field_store.part_rules,
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize("size", [SIZE, 512 * MIB, 2 * SIZE, 1 << 30])
def test_parts_of_every_store_are_small_enough(rules: Any, size: int) -> None:
    """A kill loses half of each of two parts in flight on average: more are sent at once only where that is faster."""
    plan = plan_parts(size, rules())
    assert not plan.single
    assert KILLS * plan.part_size <= (MOST - 1) * size
    assert rules().single < 10 * MIB


_SENDER = """
from omicsdk.transfer import Location, MultipartStore, PartRules, Upload, upload

class Store(MultipartStore):
    target = "sink://killed"
    rules = {rules}
    part_checksum = "crc32c"
    def begin(self, source):
        return "id1"
    def sign(self, upload_id, cut, checksums):
        return Location({url!r} + f"?part={{cut.number}}")
    def complete(self, upload_id, parts, checksums):
        return {{}}

report = upload([Upload({file!r}, Store())], journal={journal!r})
print(report.outcomes[0].state, flush=True)
"""


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.fault("upload of 320 MiB in parts: kill -9 six times, at most 1.3 times its bytes are sent", ends=RIGHT)
@pytest.mark.parametrize("name", RULES)
def test_six_kills(trial: Any, sink: Any, tmp_path: Path, noise: Any, reply: Any, name: str) -> None:
    path, chance = tmp_path / "large", random.Random(name)
    path.write_bytes(noise(16 * MIB) * (SIZE // (16 * MIB)))
    journal, url = str(tmp_path / "journal"), sink.url("killed")
    script = _SENDER.format(rules=repr(RULES[name]()), url=url, file=str(path), journal=journal)
    sink.largest_kept = 0
    moments = sorted(chance.uniform(0.05, 0.95) for _ in range(KILLS))
    for moment in moments:
        reached = threading.Event()

        def paced(_: Any, reached: threading.Event = reached, moment: float = moment) -> Any:
            if sum(request.size for request in sink.requests) >= moment * SIZE:
                reached.set()
            return reply(pace=PACE)

        sink.always = paced
        running = forked.start([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert reached.wait(120)
        running.kill()
        running.communicate()
    sink.always = lambda _: reply(pace=PACE)
    last = forked.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert last.stdout.split() == ["done"], last.stderr
    data, sent = path.read_bytes(), sum(request.size for request in sink.requests)
    plan = plan_parts(SIZE, RULES[name]())
    stored = {request.query: request.md5 for request in sink.requests if request.status == 200}
    for number in range(1, plan.count + 1):
        cut = plan.cut(number)
        assert stored[f"part={number}"] == hashlib.md5(data[cut.start : cut.start + cut.length]).hexdigest()
    print(f"{name}: {sent / SIZE:.3f} times the file's bytes were sent")
    assert sent <= MOST * SIZE
    trial.ended(RIGHT, within=240)
