"""Parsing of refusals of the sandbox's Seven Bridges Platform for tests."""

import httpx


def code_of(response: httpx.Response) -> tuple[int, int]:
    """The status of a refusal, and the platform's own code."""
    return response.status_code, response.json()["code"]


def refused(response: httpx.Response, status: int, code: int) -> str:
    """Hold a response to be a refusal, and return its message."""
    assert code_of(response) == (status, code), response.text
    return response.json()["message"]
