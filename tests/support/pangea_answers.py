"""Parsing of answers of the sandbox's Pangea for tests."""

from typing import Any

import httpx

Thing = dict[str, Any]
"""The JSON of a thing."""
NOWHERE = "00000000-0000-4000-8000-000000000000"
"""A UUID that nothing has."""
NO_TOKEN = {"detail": "Authentication credentials were not provided."}
NOT_FOR_YOU = {"detail": "You do not have permission to perform this action."}


def created(answer: httpx.Response) -> Thing:
    """What was made."""
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return answer.json()


def told(answer: httpx.Response) -> tuple[int, Any]:
    """Status and body of an answer."""
    return answer.status_code, answer.json()


def names(answer: httpx.Response, key: str = "name") -> list[str]:
    """What is in a page of a list."""
    assert answer.status_code == httpx.codes.OK, answer.text
    return [each[key] for each in answer.json()["results"]]
