"""A small request that follows a file which is there, such as a word to a service that it can be had now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from omicsdk.core.sending.transport import user_agent
from omicsdk.transfer.network.heads import parse_head
from omicsdk.transfer.network.wire import Ask

#: How many are under way at once, at most, beside the files.
AT_ONCE = 16


class _Text:
    """A body that is in memory."""

    def __init__(self, content: bytes) -> None:
        self.length = len(content)
        self._content = content
        self._at = 0

    def read(self, size: int, /) -> bytes:
        part = self._content[self._at : self._at + size]
        self._at += len(part)
        return part

    def seek(self, offset: int, /) -> None:
        self._at = offset


class FollowUp:
    """One such request. It is sent once; nothing is followed, renewed or tried again: whoever made it decides.

    Args:
        url: Where to.
        headers: To be sent, names in lower case.
        content: The body.
        answered: Is given the answer's status (None when there was no whole one) and headers, in the engine's thread; it
            should return soon and not raise. It isn't called when the run is stopped before.
        method: PUT or POST.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        answered: Callable[[int | None, Mapping[str, str]], None],
        method: str = "PUT",
    ) -> None:
        sent = {"accept": "*/*", "user-agent": user_agent(), **headers}
        sent.pop("content-length", None)  # libcurl says it
        self.ask = Ask(url, tuple(sent.items()), method, _Text(content))
        self.lines: list[bytes] = []
        self._answered = answered

    def take(self, chunk: bytes, /) -> None:
        """Takes bytes of the answer, of which only the head counts."""
        del chunk

    def ended(self, *, whole: bool) -> None:
        """Tells what came.

        Args:
            whole: Whether the answer is whole.
        """
        if whole:
            self._answered(*parse_head(self.lines))
        else:
            self._answered(None, {})
