"""A file's bytes in order, for whoever reads them at once: over one connection, going on where it broke."""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.transfer.failures import TransferFailed, as_sbg
from omicsdk.compat.sevenbridges.transfer.wanted import url_of
from omicsdk.core.errors import APIError, OmicsError, TransportError
from omicsdk.core.origins import origin_of
from omicsdk.core.request import Request
from omicsdk.core.retry import Retry
from omicsdk.core.sending.transport import Transport, transport_error
from omicsdk.core.streaming import Body
from omicsdk.transfer.downloads.answers import is_strong, validator_in

if TYPE_CHECKING:
    import httpx

    from omicsdk.compat.sevenbridges.http.client import HttpClient

#: Statuses with which stores refuse a presigned URL that has ended.
_ENDED = frozenset({400, 401, 403, 410})
#: How often a URL that is refused is asked for again without a byte in between.
RENEWALS = 1
_RANGE = re.compile(r"bytes (\d+)-")


def bytes_of(api: HttpClient, file_id: str, part_size: int, retries: int) -> Generator[bytes]:
    """Gives a file's bytes; see `download.stream`.

    Args:
        api: The platform.
        file_id: The file.
        part_size: Bytes at a time.
        retries: How many failures without a byte in between end it.
    """
    at, validator, left, refused = 0, "", retries, 0
    delay = 0.0
    while True:
        url = url_of(api, file_id)
        transport = Transport(origin_of(url) or url, timeout=api.timeout, retry=Retry(attempts=1), environ=api.environ)
        try:
            request = _request(url, at, validator)
            response = transport.send(request, stream=True)
            try:
                _check(response, file_id, at, validator)
                validator = validator_in(response.headers)
                body = Body(response, partial(transport_error, request=request, response=response))
                while chunk := body.read(part_size):
                    at, left, delay, refused = at + len(chunk), retries, 0.0, 0
                    yield chunk
                return
            finally:
                response.close()
        except SbgError:
            raise
        except OmicsError as error:
            passing = isinstance(error, TransportError) or (
                isinstance(error, APIError) and (error.status in _ENDED or error.status == 429 or error.status >= 500)
            )
            refused += isinstance(error, APIError) and error.status in _ENDED
            if not passing or not left or refused > RENEWALS:
                raise as_sbg(error) from error
            if at and not is_strong(validator):  # who goes on may get the end of another version
                raise _not_joined(file_id, at) from error
            left -= 1
        finally:
            transport.close()
        api.clock.sleep(delay)
        delay = min(30.0, 2 * delay or 0.5)


def _request(url: str, at: int, validator: str) -> Request:
    """A GET from some byte on, of the bytes as they are; without a token, for the URL is presigned."""
    headers = [("accept", "*/*"), ("accept-encoding", "identity")]
    if at:
        headers += [("range", f"bytes={at}-"), ("if-range", validator)]
    return Request("GET", url, tuple(headers), None, idempotent=True, secured=False, operation="File.stream")


def _check(response: httpx.Response, file_id: str, at: int, validator: str) -> None:
    """Makes sure that an answer begins where the last one broke off, and is of the same version.

    Raises:
        TransferFailed: The file has become another, or can't be had in ranges.
    """
    if not at:
        return
    begins = _RANGE.match(response.headers.get("content-range", ""))
    right = response.status_code == 206 and begins is not None and int(begins[1]) == at
    if not right or validator_in(response.headers) != validator:
        raise _not_joined(file_id, at)


def _not_joined(file_id: str, at: int) -> TransferFailed:
    return TransferFailed(
        f"The stream of {file_id} broke after {at} bytes and can't be gone on with",
        remedy="Begin anew, or download the file.",
    )
