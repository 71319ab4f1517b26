"""Cookies of redirects, by the cases of the http-state working group's tests that bear on one origin."""

import pytest
from omicsdk.core.sending.origins import cookies_after

URL = "https://example.org/app/start"


@pytest.mark.parametrize(
    ("received", "sent"),
    [
        (["a"], ""),
        (["=b"], ""),
        (["a="], "a="),
        (["\ta\t=\tb\t \t;\tc"], "a=b"),
        (['a="b;c"'], 'a="b'),
        (["a=b, c=d"], "a=b, c=d"),
        (["a=\xe9"], ""),
        (["a=1", "a=2"], "a=2"),
        (["a=b; Path"], "a=b"),
        (["a=b; Path=/other"], ""),
        (["a=b; Path=/other; Path=/app"], "a=b"),
        (["a=b; path\t=\t/app/x\t"], "a=b"),
        (["a=b; Path=/app/x/"], ""),
        (["a=b; Path=/ap"], ""),
        (["a=1; Path=/", "a=2", "a=3; Path=/app/x", "b=4"], "a=3; a=2; b=4; a=1"),
        (["a=b; Domain=.Example.org"], "a=b"),
        (["a=b; Domain=www.example.org"], ""),
        (["a=b; Domain=ample.org"], ""),
        (["a=b; Domain=example.org:443"], ""),
        (["a=b; Domain=other.org; Domain="], "a=b"),
        (["a=b; Secure"], "a=b"),
        (["a=b; Expires=Thu, 01-Jan-1970 00:00:00 GMT"], ""),
        (["a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9"], "a=b"),
        (["a=b; Expires=Fri, 01 Jan 2100 00:00:00 GMT"], "a=b"),
        (["a=b; Expires=never"], "a=b"),
        (["a=b", "c=d", "a=; Max-Age=0"], "c=d"),
        (["a=b; Max-Age=-1"], ""),
        (["a=b; Max-Age=soon"], "a=b"),
    ],
)
def test_cookies_are_sent_by_their_attributes(received: list[str], sent: str) -> None:
    headers, _ = cookies_after([("accept", "*/*")], (), received, URL, "https://example.org/app/x?q=/other")
    assert headers == (("accept", "*/*"), *([("cookie", sent)] if sent else []))


def test_sessions_of_one_name_are_kept_for_each_path() -> None:
    """Of a service and its login, both at one host, each has a session of its own."""
    headers, cookies = (("Cookie", "a=0; c=1"),), ()
    hops = [
        ("/app/x", "/sso/y", "a=1; Path=/app"),
        ("/sso/y", "/app/x", "a=2; Path=/sso; Secure"),
        ("/app/x", "/", "c=; Max-Age=0"),
    ]
    sent: list[str | None] = []
    for source, target, received in hops:
        headers, cookies = cookies_after(headers, cookies, [received], f"https://h{source}", f"https://h{target}")
        sent.append(dict(headers).get("cookie"))
    assert sent == ["c=1", "a=1; c=1", None]
    for host, headers in {"h": (), "127.0.0.1": (("cookie", "a=1"),)}.items():
        assert cookies_after((), (), ["a=1; Secure"], f"http://{host}/", f"http://{host}/")[0] == headers
