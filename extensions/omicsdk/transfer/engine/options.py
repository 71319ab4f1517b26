"""The options of transfers: one object, from the caller of a workflow down to the engine; and the cache of files by content that one of
them names. `omicsdk.locks.cache` has one in a shared folder.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypedDict, TypeVar, cast, get_args, runtime_checkable

from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.durations import REMEDY, seconds_in
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.likeness import nearest
from omicsdk.core.logs import logger
from omicsdk.transfer.arguments import InvalidOption, a, function, kind, number, whole_number
from omicsdk.transfer.engine.control import Control, Timetable, rate_of
from omicsdk.transfer.filters import Filters, FiltersDict
from omicsdk.transfer.items import Item
from omicsdk.transfer.network.requests import PATIENCE, Patience, Quota
from omicsdk.transfer.reports.progress import Progress

#: How a file of the cache gets into a folder.
Link = Literal["copy", "symlink", "hardlink"]


class CachedFile(NamedTuple):
    """A file in the target folder, taken from the cache.

    Attributes:
        stat: The system's stat of its content; where it is a link, of the file in the cache.
        checksums: Its checksums, verified.
    """

    stat: os.stat_result
    checksums: Mapping[str, str]


@runtime_checkable
class ContentCache(Protocol):
    """Finds files by their stated checksums, and stores verified ones. Thread-safe, and never the reason that a download fails."""

    def has(self, item: Item) -> bool:
        """Whether there seems to be a file with the checksums of an item; its content is not read.

        Args:
            item: The file.
        """
        ...

    def take(
        self, item: Item, path: str, *, link: Link, create: Callable[[str], int], stopped: Callable[[], bool]
    ) -> CachedFile | None:
        """Put a file into a folder, if the cache has it.

        Args:
            item: The file.
            path: Where to put it; an existing file is replaced.
            link: How.
            create: Creates a file and returns its descriptor.
            stopped: Returns whether to stop; called while bytes are read.

        Returns:
            The file; None if there is none, or it is damaged. Then nothing is at the path.

        Raises:
            Stopped: `stopped` returned True.
        """
        ...

    def add(
        self, path: str, checksums: Mapping[str, str], *, link: Link, stopped: Callable[[], bool]
    ) -> os.stat_result | None:
        """Store a copy of a verified file.

        Args:
            path: The file.
            checksums: Its verified checksums.
            link: If it is not `copy`, the file is replaced by a link to its copy.
            stopped: Returns whether to stop; called while bytes are read.

        Returns:
            The stat of the copy that replaced the file; None if the file is as it was.

        Raises:
            Stopped: `stopped` returned True.
        """
        ...


if TYPE_CHECKING:
    from omicsdk.transfer.reports.report import TransferReport

R = TypeVar("R", bound="TransferReport")

_log = logger("omicsdk.transfer")


class EngineOptionsDict(TypedDict, total=False):
    """The fields of `TransferOptions` as keywords of the engine, whose reports state failures."""

    connections: int | None
    retries: int
    min_delay: float
    limit_rate: float | str | Timetable | None
    time_budget: float | str | None
    min_rate: float | str | None
    stall_timeout: float | str | None
    renewals: int | None
    max_wait: float | str | None
    require_checksum: bool
    resume_unvalidated: bool
    cache: ContentCache | None
    link: Link
    progress: Callable[[Progress], None] | None
    stop: threading.Event | None
    control: Control | None
    dry_run: bool


class TransferOptionsDict(EngineOptionsDict, total=False):
    """The fields of `TransferOptions` as keywords of a workflow."""

    check: bool


class SelectionOptionsDict(TransferOptionsDict, FiltersDict, total=False):
    """The fields of `TransferOptions` as keywords of a workflow that selects files, by the fields of `Filters`."""


def check_choice(option: str, value: str, choices: Collection[str]) -> None:
    """Check an option that takes one of several words.

    Args:
        option: Its name.
        value: Its value.
        choices: The words.

    Raises:
        InvalidOption: The value is none of them.
    """
    if value not in choices:
        raise InvalidOption(option, f"is {value!r}", remedy=f"Use one of: {', '.join(choices)}.")


class TransferOptions(Filters, kw_only=True):
    """Options of a transfer. Every workflow that moves files takes them as keywords.

    Workflows that select files also take the fields of `Filters`.

    A file at a target is replaced if its content differs from the source, with a warning if it was edited since its
    download. `SevenBridges.download` and `Lock.pull` refuse this without `overwrite`.

    Attributes:
        connections: Maximum number of concurrent requests for bytes, 1 or more; by default as suits the platform.
        retries: Consecutive failures after which a file fails, 0 for none. Each 4 MiB that arrive restore one.
        min_delay: Seconds before the first retry of a file, 0 or more; the delay doubles with each further one, up to 60.
        limit_rate: Maximum total rate in bytes per second; suffixes K, M and G are powers of 1024, such as 10M. Or a
            timetable in local time: '08:00,10M 19:00,off' or 'Mon-08:00,1M Sat-00:00,off'. By default there is no
            limit.
        time_budget: Stop cleanly after this time: seconds, or 90m, or 2h30m. Run it again to resume. By default there is no
            limit while a file makes progress.
        min_rate: Minimum rate of a connection in bytes per second, with K or M; a slower one is closed after
            `stall_timeout`, and the file retried (default 1K; 0 for none).
        stall_timeout: Time over which `min_rate` is measured: seconds, or 5m (default 60).
        renewals: Maximum consecutive renewals of a refused URL or login (401, 403) without progress (default 1).
        max_wait: Longest wait that a server may request; a file that would wait longer fails: seconds, or 90m (default
            1h).
        require_checksum: Fail for each file without a stated checksum, and do not download it. An upload whose checksum
            the platform does not confirm is sent and reported as failed.
        resume_unvalidated: Resume a partial file even if nothing proves that its source is unchanged: no checksum, no
            strong ETag and no date that is old enough. By default such a file restarts. Uploads ignore it.
        cache: Shared cache, in Python an `omicsdk.Cache`: files whose checksums it has are taken from it without a request,
            and verified ones enter it. By default there is none. Uploads ignore it.
        link: How files of the cache get into the folder: copied, or as symbolic or hard links, which must not be written to
            (default copy).
        progress: Called about ten times a second, and once at the end.
        stop: Stops the transfer within a second when set; the same call resumes it.
        control: Stops and pauses the transfer. Several transfers may share one, and with it `limit_rate` and `time_budget`.
        dry_run: Only report what would be transferred; nothing is written or sent.
        check: Whether an error is raised when a file fails; otherwise only the report states it.

    Raises:
        InvalidOption: A value is out of its range, or no rate, size or duration.
        TypeError: A value is of another type.
    """

    connections: int | None = None
    retries: int = 10
    min_delay: float = 0.25
    limit_rate: float | str | Timetable | None = None
    time_budget: float | str | None = None
    min_rate: float | str | None = None
    stall_timeout: float | str | None = None
    renewals: int | None = None
    max_wait: float | str | None = None
    require_checksum: bool = False
    resume_unvalidated: bool = False
    cache: ContentCache | None = None
    link: Link = "copy"
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    control: Control = Control()  # of the class: each object gets another one
    dry_run: bool = False
    check: bool = True

    @classmethod
    def of(
        cls,
        keywords: Mapping[str, Any],
        base: Self | None = None,
        *,
        connections: int | None = None,
        selects: bool = False,
    ) -> Self:
        """Return the options of a workflow's keywords.

        Args:
            keywords: The keywords that were passed.
            base: The options that they change; None for the defaults.
            connections: Maximum number of concurrent requests for bytes if none is stated.
            selects: Whether the workflow selects files, so that filters are options.

        Raises:
            InvalidOption: A value is out of its range.
            TypeError: A keyword is no option, or its value is of another type.
        """
        allowed = [name for name in _NAMES if selects or name not in FILTERS]
        unknown = [name for name in keywords if name not in allowed]
        if unknown:
            near = nearest(unknown[0], allowed)
            raise TypeError(f"unknown option {unknown[0]!r}{f'; did you mean {near[0]!r}?' if near else ''}")
        changes: dict[str, Any] = {
            name: value for name, value in keywords.items() if name != "control" or value is not None
        }
        if (base is None or base.connections is None) and changes.get("connections") is None:
            changes["connections"] = connections
        return cls(**changes) if base is None else base.replaced(**changes) if changes else base

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("connections", 1), ("retries", 0), ("renewals", 0)):
            if (value := getattr(self, name)) is not None or name == "retries":
                try:
                    whole_number(name, value, least)
                except ValueError as error:
                    raise InvalidOption(name, str(error).removeprefix(f"{name} ")) from None
        number("min_delay", self.min_delay, "seconds")
        function("progress", self.progress, "pass lambda state: None to show nothing")
        kind("control", self.control, Control)
        if not 0 <= self.min_delay < float("inf"):
            raise InvalidOption("min_delay", f"is {self.min_delay}", remedy="Use 0 or more seconds.")
        for name in ("limit_rate", "min_rate"):
            object.__setattr__(self, name, _rate(name, getattr(self, name)))
        for name in ("time_budget", "stall_timeout", "max_wait"):
            object.__setattr__(self, name, _seconds(name, getattr(self, name)))
        if self.cache is not None and not hasattr(self.cache, "take"):
            raise TypeError(f"cache must be a cache, not {a(self.cache)}: use omicsdk.Cache(folder)")
        check_choice("link", self.link, get_args(Link))
        if self.control is type(self).control:
            object.__setattr__(self, "control", Control())
        self.control.limit(cast("float | Timetable | None", self.limit_rate), cast("float | None", self.time_budget))

    @property
    def stopped(self) -> bool:
        """Whether the transfer should stop: it was stopped, or its time is over."""
        return self.control.over(SYSTEM_CLOCK.monotonic(), self.stop)

    @property
    def patience(self) -> Patience:
        """How long to wait for a server."""
        limits = {
            "least_rate": None if self.min_rate is None else int(self.min_rate),
            "silence": self.stall_timeout,
            "retry_after": self.max_wait,
            "renewals": self.renewals,
        }
        changed: dict[str, Any] = {name: value for name, value in limits.items() if value is not None}
        return PATIENCE.replaced(**changed) if changed else PATIENCE

    def quota(self, retries: int | None, min_delay: float | None) -> Quota:
        """Return the failures that a file may have.

        Args:
            retries: Those of the file itself; None for those of the transfer.
            min_delay: Seconds before its first retry; None for those of the transfer.
        """
        return Quota.of(
            self.retries if retries is None else retries, self.min_delay if min_delay is None else min_delay
        )

    def refuse(self, *names: str, why: str) -> None:
        """Refuse options that a workflow cannot follow.

        Args:
            names: Their names.
            why: The reason, for the message.

        Raises:
            InvalidOption: One of them is set.
        """
        for name in names:
            rate = self.control.timetable or self.control.rate_limit
            if (rate if name == "limit_rate" else getattr(self, name)) != getattr(type(self), name):
                raise InvalidOption(name, f"cannot be set: {why}", remedy="Omit it.")

    @property
    def filters(self) -> Filters:
        """Its filters alone."""
        return Filters(**{name: getattr(self, name) for name in FILTERS})

    def checked(self, report: R) -> R:
        """Return the report of a workflow that ends, with a warning if it selected no file.

        Args:
            report: The result of the transfer.

        Raises:
            TransferFailed: Something failed, and `check` is set.
            Interrupted: The transfer was stopped early, and `check` is set.
        """
        if self.check and not self.dry_run:
            report.raise_if_failed()
            if not report.outcomes:
                _log.warning("nothing to do: no file is selected")
        return report


#: Maximum number of concurrent requests for bytes if no option states one.
DOWNLOAD_CONNECTIONS, UPLOAD_CONNECTIONS = 16, 4

#: The options by which files are selected.
FILTERS = tuple(Filters.__annotations__)
_NAMES = (*FILTERS, *TransferOptions.__annotations__)


def _rate(name: str, value: object) -> float | Timetable | None:
    """Return bytes a second; 0, and no timetable, for `min_rate` only."""
    if name == "limit_rate" and isinstance(value, str) and "," in value:
        table = Timetable.parse(value)
        if table is None:
            raise InvalidOption(name, f"{value}: not a timetable", remedy="Use one such as '08:00,10M 19:00,off'.")
        return table
    if value is None or isinstance(value, Timetable):
        return value
    rate = rate_of(value) if isinstance(value, str) else value
    if isinstance(rate, bool) or not isinstance(rate, int | float | None):
        raise TypeError(f"{name} must be a number of bytes per second, not {a(value)}")
    if rate is None or not 0 <= rate < inf or (rate == 0 and name != "min_rate"):
        raise InvalidOption(name, f"{value}: not a number of bytes per second", remedy="Use one such as 500K or 10M.")
    return rate


def _seconds(name: str, value: object) -> float | None:
    if value is None:
        return None
    seconds = seconds_in(value) if isinstance(value, str) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | None):
        raise TypeError(f"{name} must be a number of seconds, not {a(value)}")
    if seconds is None or not seconds > 0:
        raise InvalidOption(name, f"{value}: not a duration", remedy=REMEDY)
    return seconds
