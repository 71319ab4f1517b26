"""Many requests at once: nothing is made twice, nothing is counted twice, and what is due happens once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from omicsdk.sandbox import Sandbox

AT_ONCE = 8


def test_projects_of_one_name_made_at_once_are_different(web: httpx.Client):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(lambda _: web.post("/projects", json={"name": "Same"}).json()["id"], range(40)))
    assert len(set(ids)) == 40
    assert web.get("/projects").headers["x-total-matching-query"] == "40"


def test_requests_at_once_are_each_counted(sandbox: Sandbox, web: httpx.Client):
    sandbox.settings.turn({"sb.rate_limit": 30})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda _: web.get("/user").status_code, range(50)))
    assert (statuses.count(200), statuses.count(429)) == (30, 20)


def test_what_is_due_happens_once(sandbox: Sandbox, web: httpx.Client, project: str, bucket: Any):
    bucket.put_object(Bucket="lab", Key="a.txt", Body=b"abc")
    service = {"type": "S3", "bucket": "lab", "credentials": {"access_key_id": "AK"}}
    volume = web.post("/storage/volumes", json={"name": "lab", "access_mode": "RO", "service": service}).json()["id"]
    item = {"source": {"volume": volume, "location": "a.txt"}, "destination": {"project": project}, "autorename": True}
    imports = web.post("/bulk/storage/imports/create", json={"items": [item] * 10}).json()["items"]
    assert all(entry["error"] is None for entry in imports)
    sandbox.clock.advance(10)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = list(pool.map(lambda _: len(web.get("/storage/imports?state=COMPLETED").json()["items"]), range(20)))
    assert set(counts) == {10}
    names = [entry["name"] for entry in web.get("/files", params={"project": project}).json()["items"]]
    assert len(set(names)) == len(names) == 10
