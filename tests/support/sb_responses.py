"""Refusals of the sandbox's Seven Bridges Platform, and parts of uploads that are sent as it states."""

from collections.abc import Iterator

import httpx


def code_of(response: httpx.Response) -> tuple[int, int]:
    """The status of a refusal, and the platform's own code."""
    return response.status_code, response.json()["code"]


def refused(response: httpx.Response, status: int, code: int) -> str:
    """Hold a response to be a refusal, and return its message."""
    assert code_of(response) == (status, code), response.text
    return response.json()["message"]


def send_part(web: httpx.Client, upload: str, number: int, content: bytes | Iterator[bytes]) -> None:
    """Send a part of an upload to where the platform states, and report it."""
    where = web.get(f"/upload/multipart/{upload}/part/{number}").json()
    etag = httpx.put(where["url"], content=content, headers=where["headers"]).headers["ETag"]
    report = {"part_number": number, "response": {"headers": {"ETag": etag}}}
    assert web.post(f"/upload/multipart/{upload}/part", json=report).status_code == 200
