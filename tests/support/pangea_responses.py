"""Parsing of responses of the sandbox's Pangea for tests."""

from typing import Any

import httpx

Payload = dict[str, Any]
"""The JSON of a resource."""
NOWHERE = "00000000-0000-4000-8000-000000000000"
"""A UUID that nothing has."""
NOT_FOR_YOU = {"detail": "You do not have permission to perform this action."}


def created(response: httpx.Response) -> Payload:
    """What was made."""
    assert response.status_code == httpx.codes.CREATED, response.text
    return response.json()


def status_and_body(response: httpx.Response) -> tuple[int, Any]:
    """Status and body of a response."""
    return response.status_code, response.json()


def names(response: httpx.Response, key: str = "name") -> list[str]:
    """What is in a page of a list."""
    assert response.status_code == httpx.codes.OK, response.text
    return [row[key] for row in response.json()["results"]]
