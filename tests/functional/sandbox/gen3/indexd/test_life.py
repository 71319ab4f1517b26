"""The state of the sandbox's index after a stop and a reset, and its settings."""

import json

from indexd_clients import indexd_client, new_record
from omicsdk.sandbox import Sandbox


def test_a_reset_empties_the_index(sandbox: Sandbox):
    with indexd_client(sandbox) as web:
        did = web.post("/index/index", json=new_record()).json()["did"]
        web.post(f"/index/index/{did}/aliases", json={"aliases": [{"value": "a"}]})
        web.post("/index/bundle", json={"bundles": [did]})
    sandbox.reset()
    with indexd_client(sandbox) as web:
        assert web.get("/index/index", params={"form": "all"}).json()["records"] == []
        assert web.get("/index/index", params={"url": "s3://bucket/1"}).json()["records"] == []
        assert web.get("/index/a").status_code == 404
        assert web.post("/index/index", json=new_record(did=did)).status_code == 200


def test_other_commons_are_listed(sandbox: Sandbox):
    other = {"name": "Other", "host": "https://other.example.org/index/", "hints": ["^dg.OTHER.*"], "type": "indexd"}
    sandbox.settings.turn({"gen3.index_neighbours": json.dumps([other])})
    with indexd_client(sandbox, "") as web:
        assert web.get("/index/_dist").json() == [other]


def test_a_setting_that_is_not_json_is_named(sandbox: Sandbox):
    sandbox.settings.turn({"gen3.index_neighbours": "[", "gen3.passport_issuers": "{"})
    did = sandbox.gen3.index.create(new_record())["did"]
    with indexd_client(sandbox, "") as web:
        assert "gen3.index_neighbours isn't JSON" in web.get("/index/_dist").json()["error"]
        assert "gen3.passport_issuers isn't JSON" in web.get(f"/ga4gh/drs/v1/objects/{did}").json()["msg"]
