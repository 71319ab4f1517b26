"""Fence: who am I."""

import httpx
from omicsdk.sandbox.gen3 import ADMINISTRATOR


def test_the_administrator_administers(admin: httpx.Client):
    told = admin.get("/user/user/").json()
    assert (told["username"], told["is_admin"], told["role"]) == (ADMINISTRATOR, True, "admin")
