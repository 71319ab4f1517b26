"""Requests that fail before they reach the platform."""

import pytest
from omicsdk.compat.sevenbridges import Api, SbgError

BASE = "https://api.example.org/v2"


def test_a_proxy_that_does_not_exist_is_named():
    api = Api(BASE, "t", proxies={"https": "127.0.0.1:1"}, retry_count=0)
    with pytest.raises(SbgError, match=r"proxy http://127\.0\.0\.1:1"):
        api.get("/user")
    api.close()
