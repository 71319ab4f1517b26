"""`python -m omicsdk.compat` leaves a program and Python's options as they are, and refuses those that disable it."""

import os
import sys
from unittest.mock import Mock

import pytest
from omicsdk.compat.__main__ import run
from omicsdk.core import UsageError


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("-I x.py", "-I"),
        ("-bbE x.py", "-E"),
        ("-W error -S x.py", "-S"),
        ("-bWerror -I x.py", "-I"),
        ("--check-hash-based-pycs always -I x.py", "-I"),
        ("--check-hash-based-pycs -I x.py", None),
        ("--help-env -X -I x.py", None),
        ("-W -I -- -I", None),
        ("-XE x.py -I", None),
        ("-Bc pass -I", None),
        ("-m x -I", None),
        ("- -I", None),
        ("x.py -I", None),
        ("", "No script was given"),
    ],
)
def test_python_gets_all_words_but_no_option_that_disables_the_redirection(
    words: str, option: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "execv", lambda path, command: started.append((path, command)))
    monkeypatch.setattr("omicsdk.compat.__main__.install", lambda: started.append(("install", [])))
    if option is None:
        run(words.split())
        assert started == [("install", []), (sys.executable, [sys.executable, *words.split()])]
    else:
        with pytest.raises(UsageError, match=option):
            run(words.split())
        assert not started


def test_on_windows_the_exit_code_is_that_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("omicsdk.compat.__main__.install", Mock())
    monkeypatch.setattr("subprocess.Popen", Mock(return_value=Mock(wait=lambda: 7)))
    monkeypatch.setattr("signal.signal", Mock())
    with pytest.raises(SystemExit) as caught:
        run(["x.py"])
    assert caught.value.code == 7
