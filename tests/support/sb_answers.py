"""Parsing of refusals of the sandbox's Seven Bridges Platform for tests."""

import httpx


def code_of(answer: httpx.Response) -> tuple[int, int]:
    """The status of a refusal, and the platform's own code."""
    return answer.status_code, answer.json()["code"]


def refused(answer: httpx.Response, status: int, code: int) -> str:
    """Hold an answer to be a refusal, and return its message."""
    assert code_of(answer) == (status, code), answer.text
    return answer.json()["message"]
