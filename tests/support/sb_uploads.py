"""Sends parts of uploads to the sandbox's Seven Bridges Platform as a client does that obeys all that it is reported."""

from collections.abc import Iterator

import httpx


def send_part(web: httpx.Client, upload: str, number: int, content: bytes | Iterator[bytes]) -> None:
    """Send a part of an upload to where the platform states, and reports it."""
    where = web.get(f"/upload/multipart/{upload}/part/{number}").json()
    etag = httpx.put(where["url"], content=content, headers=where["headers"]).headers["ETag"]
    report = {"part_number": number, "response": {"headers": {"ETag": etag}}}
    assert web.post(f"/upload/multipart/{upload}/part", json=report).status_code == 200
