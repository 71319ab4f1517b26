"""A presigned form: how a store takes a whole file by POST, with what it signed in fields before the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from omicsdk.transfer.network.wire import ABORT, Body
from omicsdk.transfer.requests import Location
from omicsdk.transfer.uploads.source import FileBody

# How a name is written within quotes: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, slots=True, repr=False)
class Form(Location):
    """Where a file goes as the last part of a form (multipart/form-data); a `PutTo` may have one in place of a URL.

    Attributes:
        fields: What stands before the file, in this order: the key, the policy, its signature.
        file_name: What the form calls the file.
    """

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    file_name: str = "file"


class FormBody(Body):
    """A form with a stretch of a file in it, which is never in memory.

    Args:
        form: What stands before the file.
        file: The file's bytes.

    Attributes:
        content_type: The header that says where the parts end.
    """

    def __init__(self, form: Form, file: FileBody) -> None:
        boundary = os.urandom(16).hex()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._before = _before(form, boundary)
        self._after = f"\r\n--{boundary}--\r\n".encode()
        self._file = file
        self._file_end = len(self._before) + file.length
        self.length = self._file_end + len(self._after)
        self._position = 0

    def read(self, size: int, /) -> bytes | int:
        """Gives the next bytes; the file's come straight from it."""
        at = self._position
        if at < len(self._before):
            data: bytes | int = self._before[at : at + size]
        elif at < self._file_end:
            data = self._file.read(min(size, self._file_end - at))
        else:
            data = self._after[at - self._file_end : at - self._file_end + size]
        if isinstance(data, int):
            return ABORT
        self._position += len(data)
        return data

    def seek(self, offset: int, /) -> None:
        """Goes back or forward within the form."""
        self._position = offset
        self._file.seek(min(max(0, offset - len(self._before)), self._file.length))


def _before(form: Form, boundary: str) -> bytes:
    lines = list[str]()
    for name, value in form.fields.items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"', "", value]
    file_name = form.file_name.translate(_ESCAPES)
    lines += [f"--{boundary}", f'Content-Disposition: form-data; name="file"; filename="{file_name}"', "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")
