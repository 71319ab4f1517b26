"""Fence: who am I."""

import httpx
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER


def test_a_user_sees_their_identity_and_permissions(reader: httpx.Client):
    told = reader.get("/user/user").json()
    assert told["username"] == told["name"] == READER
    assert told["is_admin"] is False
    assert {"service": "*", "method": "read-storage"} in told["authz"]["/open"]
    assert "/open" in told["resources"]


def test_the_administrator_administers(admin: httpx.Client):
    told = admin.get("/user/user/").json()
    assert (told["username"], told["is_admin"], told["role"]) == (ADMINISTRATOR, True, "admin")


def test_without_a_token_no_user_is_shown_anything_and_the_refusal_is_a_page(anonymous: httpx.Client):
    response = anonymous.get("/user/user")
    assert response.status_code == 401
    assert response.headers["Content-Type"].startswith("text/html")
    assert "<h1>401</h1>\n<h2>Unauthorized</h2>" in response.text
