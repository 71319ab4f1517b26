"""Many clients at once: what is promised once is given once."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from omicsdk.sandbox import Sandbox

V1 = "2026-01-02T030405.060708Z"
MANY = 24


def at_once(task):
    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(task, range(MANY)))


def entries(bundle):
    return [{name: each[name] for name in ("name", "uuid", "version", "indexed")} for each in bundle["files"]]


def test_one_of_many_makes_a_bundle(sandbox: Sandbox, user, folder):
    files = entries(sandbox.seed(folder))
    url, params = f"/bundles/{uuid.uuid4()}", {"version": V1, "replica": "aws"}

    def put(_):
        return user.put(url, params=params, json={"files": files, "creator_uid": 0}).status_code

    assert at_once(put) == {201: 1, 200: MANY - 1}


def test_patches_at_once_make_separate_versions(sandbox: Sandbox, user, folder):
    sandbox.clock.freeze()
    bundle = sandbox.seed(folder)
    url, params = f"/bundles/{bundle['bundle_uuid']}", {"version": bundle["version"], "replica": "aws"}
    versions = at_once(lambda _: user.patch(url, params=params, json={}).json()["version"])
    assert set(versions.values()) == {1}
    assert len(versions) == MANY


def test_a_file_registered_many_times_at_once(user, stage):
    source, url = stage(b"data"), f"/files/{uuid.uuid4()}"

    def put(_):
        return user.put(url, params={"version": V1}, json={"source_url": source, "creator_uid": 0}).status_code

    assert at_once(put) == {201: 1, 200: MANY - 1}


def test_no_user_gets_more_subscriptions_than_allowed(user):
    def put(_):
        body = {"callback_url": "https://example.org"}
        return [user.put("/subscriptions", params={"replica": "aws"}, json=body).status_code for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(status for made in pool.map(put, range(MANY)) for status in made)
    assert statuses == {201: 100, 406: 20}
