"""Downloads from several servers at once: each has its own number of connections and its own trouble."""

import pytest
from omicsdk.transfer.network.requests import server_of


@pytest.mark.parametrize(
    "rest", ["", "/", "/a/b", "?", "?x=/a/b", "/?x=//other/", "/a//b?u=http://other/c", "/..", "//a"]
)
@pytest.mark.parametrize("server", ["http://host", "https://user@host:8443", "https://[::1]:80", "HTTP://Host."])
def test_a_server_is_what_stands_before_the_path(server: str, rest: str) -> None:
    assert server_of(server + rest) == server
