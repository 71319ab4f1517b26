"""How long a request waits for the first one through its proxy, and for how long a refusal applies."""

import pytest
from omicsdk.core.sending import proxies
from omicsdk.core.sending.proxies import Passage, ProxyLogin, is_login_refused, login_of


@pytest.fixture
def at(monkeypatch):
    """Moves the clock."""

    def set_clock(seconds):
        monkeypatch.setattr(proxies.time, "monotonic", lambda: seconds)

    set_clock(0.0)
    return set_clock


@pytest.mark.parametrize(
    ("proxy", "has_login"),
    [
        ("", False),
        ("http://proxy:3128", False),
        ("http://proxy:3128/a@b", False),
        ("http://me:pw@proxy:3128", True),
        ("http://me@proxy:3128", True),
        ("socks5://me:pw@proxy", True),
    ],
)
def test_only_a_proxy_with_a_login_is_waited_for(proxy, has_login):
    assert (login_of(proxy) is not None) is has_login


def test_a_login_is_shared_and_another_password_is_another_login():
    assert login_of("http://me:one@shared:1") is login_of("http://me:one@shared:1")
    assert login_of("http://me:one@shared:1") is not login_of("http://me:two@shared:1")


def test_a_wait_ends_although_the_first_request_does_not(at):
    login = ProxyLogin()
    first, second = Passage(login), Passage(login)
    assert (first.turn(), second.turn()) == ("go", "wait")
    at(29.9)
    assert second.turn() == "wait"
    at(30.0)
    assert second.turn() == "go"
    second.responded(refused=False)
    assert Passage(login).turn() == "go"
    first.give_up()  # too late to matter
    assert Passage(login).turn() == "go"


def test_a_refused_password_is_sent_again_after_a_minute_and_alone(at):
    login = ProxyLogin()
    first, second = Passage(login), Passage(login)
    assert (first.turn(), second.turn()) == ("go", "wait")
    first.responded(refused=True)
    assert second.turn() == Passage(login).turn() == "refused"
    at(60.0)
    assert (Passage(login).turn(), Passage(login).turn()) == ("go", "wait")


def test_a_failure_lets_those_go_that_wait_and_the_next_is_first_again(at):
    login, woken = ProxyLogin(), []
    first = Passage(login)
    waiting = [Passage(login, lambda: woken.append(True)) for _ in range(3)]
    assert first.turn() == "go"
    assert [each.turn() for each in waiting] == ["wait"] * 3
    first.failed()
    assert [each.turn() for each in waiting] == ["go"] * 3
    assert woken == [True] * 3
    assert (Passage(login).turn(), Passage(login).turn()) == ("go", "wait")


def test_one_of_those_that_wait_follows_a_cancelled_one(at):
    login = ProxyLogin()
    first, second, third = (Passage(login) for _ in range(3))
    assert [each.turn() for each in (first, second, third)] == ["go", "wait", "wait"]
    with pytest.raises(KeyboardInterrupt), first:
        raise KeyboardInterrupt
    assert [each.turn() for each in (third, second)] == ["go", "wait"]


@pytest.mark.parametrize(
    ("status", "server", "is_refused"),
    [(407, "", True), (401, "tinyproxy/1.11.1", True), (401, "nginx", False), (403, "tinyproxy/1.11.1", False)],
)
def test_whose_refusal_a_response_is(status, server, is_refused):
    assert is_login_refused(status, {"server": server}) is is_refused
