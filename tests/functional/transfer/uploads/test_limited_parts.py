"""A limited rate is shared by few parts: each is sent soon, and a stop leaves whole ones behind."""

from pathlib import Path
from threading import Barrier
from typing import Any

from omicsdk.transfer import Control, Location, PartRules, PutTo, Upload, upload

MIB = 1024 * 1024


def test_a_limited_upload_sends_few_parts_at_once(store: Any, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(30 * MIB))
    store.rules = PartRules(part_size=5 * MIB, single=0)
    control, flying = Control(rate_limit=4 * MIB), list[int]()

    def look(progress: Any) -> None:
        flying.append(progress.connections)
        if len(flying) == 4:
            control.rate_limit = None

    upload([Upload(path, store)], control=control, progress=look).raise_if_failed()
    assert max(flying[:4]) <= 1


def test_a_limited_upload_sends_small_files_as_before(sink: Any, tmp_path: Path) -> None:
    together = Barrier(4)  # no request is answered before four have arrived
    sink.always = lambda _: (together.wait(30), None)[1]
    uploads = []
    for number in range(4):
        path = tmp_path / str(number)
        path.write_bytes(bytes(50_000))
        uploads.append(Upload(path, PutTo(Location(sink.url(str(number))))))
    upload(uploads, control=Control(rate_limit=4 * MIB)).raise_if_failed()
    assert not together.broken
