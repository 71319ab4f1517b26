"""The file that keeps which host a prefix leads to, from run to run; Gen3's published client reads and writes the same."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import OmicsError
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.files.file_lock import locked
from omicsdk.core.narrowing import is_object
from omicsdk.drs.hosts import host_of

logger = logging.getLogger("omicsdk.drs")

_FORM = "%m/%d/%Y %H:%M:%S:%z"
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class HostCache:
    """Hosts by prefix.

    Attributes:
        path: The file. One that isn't there is empty, and so is one that can't be read: it can be made again.
        days: For how many days an entry is believed.
        clock: What tells the time.
    """

    path: Path
    days: float
    clock: Clock = SYSTEM_CLOCK

    def find(self, prefix: str) -> str | None:
        """The host of a prefix; None when the file has none, or too old a one.

        Args:
            prefix: The prefix, such as `dg.4503`.
        """
        entry = self._entries(self._read()).get(prefix)
        if not is_object(entry) or not self._is_young(entry.get("created")):
            return None
        return host_of(entry.get("host"))

    def keep(self, prefix: str, host: str) -> None:
        """Writes an entry. A file that can't be written costs a line in the log and no more.

        Args:
            prefix: The prefix.
            host: Its host.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path, patience=_PATIENCE):
                content = self._read()
                now = datetime.fromtimestamp(self.clock.now(), UTC).strftime(_FORM)
                entries = {
                    **self._entries(content),
                    prefix: {"host": host, "name": "", "type": "indexd", "created": now},
                }
                text = json.dumps({"info": content.get("info") or {"created": now}, "cache": entries}, indent=1)
                with in_place_of(self.path, durable=False) as file:
                    file.write(text.encode())
        except (OSError, OmicsError) as error:
            logger.info("%s isn't written: %s", self.path, error)

    def _read(self) -> dict[str, Any]:
        try:
            content: object = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            logger.info("%s isn't read: %s", self.path, error)
            return {}
        return content if is_object(content) else {}

    def _entries(self, content: dict[str, Any]) -> dict[str, Any]:
        entries = content.get("cache")
        return entries if is_object(entries) else {}

    def _is_young(self, created: object) -> bool:
        if not isinstance(created, str):
            return False
        try:
            made = datetime.strptime(created, _FORM)
        except ValueError:
            return False
        now = datetime.fromtimestamp(self.clock.now(), UTC)
        age = now - (made if made.tzinfo else made.replace(tzinfo=UTC))
        return timedelta(minutes=-10) < age < timedelta(days=self.days)
