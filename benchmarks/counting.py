"""What came at servers that count: checks that a client did what it was measured at."""

import json
from collections.abc import Mapping, Sequence
from urllib.request import urlopen


class Came:
    """A check that as much came since the last time as should have.

    Args:
        wanted: What, and how much.
        servers: Where it is counted: each tells at /_counts.
        sink: What counts the bytes of uploads that end there; none by default.
    """

    def __init__(self, wanted: Mapping[str, int], servers: Sequence[str], sink: str = "") -> None:
        self._wanted = dict(wanted)
        self._servers = servers
        self._sink = sink
        self._before = self._counts()

    def __call__(self) -> None:
        """Checks.

        Raises:
            RuntimeError: Something else came.
        """
        now = self._counts()
        came = {what: now[what] - self._before[what] for what in self._wanted}
        if came != self._wanted:
            raise RuntimeError(f"{came} came, not {self._wanted}")
        self._before = now

    def _counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for server in self._servers:
            with urlopen(f"{server}/_counts") as response:
                found |= json.loads(response.read())
        if self._sink:
            with urlopen(self._sink) as response:
                found["bytes"] = int(response.read())
        return {what: found.get(what, 0) for what in self._wanted}
