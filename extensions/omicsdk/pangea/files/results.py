"""Results of whole groups: what their fields hold, and the files that they refer to, fetched in parallel."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, overload

from omicsdk.core.errors import ChecksumMissing, NotWritable, OmicsError, TransferError
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.json_encoding import written
from omicsdk.pangea.contents.object_store import RETRIES, item_of
from omicsdk.pangea.contents.stored_data import download_url, without_signature
from omicsdk.pangea.files.result_plan import ResultField, Wanted, plan_results
from omicsdk.transfer import Control, Item, Outcome, Outcomes, Progress, TransferReport, download
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.sample_group import SampleGroup

RUN = "pangea-results"
"""Names the journal within the target folder."""


def result_urls(
    group: SampleGroup,
    *,
    samples: Collection[str] | None = None,
    module_name: str | None = None,
    field_name: str | None = None,
    of_group: bool = False,
) -> list[tuple[str, str]]:
    """Gives the URLs of the files of a group's results, without fetching them; presigned ones end within a day.

    Args:
        group: The group.
        samples: Names of samples; None for all.
        module_name: The module; None for all.
        field_name: The field; None for all.
        of_group: Whether results of the group itself are wanted, too.

    Returns:
        Each URL with the name that `download_results` gives to its file.

    Raises:
        PangeaGeneralError: The server refused, or didn't answer.
    """
    planned = _planned(group, samples, module_name, field_name, of_group)
    return [(download_url(each.data), each.file_name) for each in planned if each.file_name and not each.problem]


def download_results(
    group: SampleGroup,
    folder: str | os.PathLike[str] = ".",
    *,
    samples: Collection[str] | None = None,
    module_name: str | None = None,
    field_name: str | None = None,
    of_group: bool = False,
    retries: int = RETRIES,
    connections: int = 16,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    dry_run: bool = False,
) -> TransferReport:
    """Downloads the results of a group's samples: what each field holds as JSON, and the file that it refers to.

    Files are `SAMPLE/SAMPLE.MODULE.FIELD.EXTENSION` with the JSON beside them, as `get_referenced_filename` and
    `get_blob_filename` name them; of several results of a module the newest has these names, and the others have their
    replicates in them. The JSON is written without presigned URLs. Each file is verified where a checksum is stated. What
    was fetched once isn't fetched again, unless its field has other data by now; a file that fails doesn't keep the others
    from being fetched; what was stopped goes on when the same is called again.

    Args:
        group: The group.
        folder: Where to; it is made when it isn't there.
        samples: Names of samples; None for all.
        module_name: The module; None for all.
        field_name: The field; None for all.
        of_group: Whether results of the group itself are wanted, too.
        retries: How many failures in a row end a file, 0 for none.
        connections: How many requests for bytes run at once, at most.
        progress: Is called about ten times a second.
        stop: Ends the download when it is set.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would happen; nothing is written.

    Returns:
        The outcome of each field: of its file where it refers to one, else of its JSON. Call `raise_if_failed()` on it.

    Raises:
        PangeaGeneralError: The server refused, or didn't answer.
        NotWritable: The folder can't be written.
        FolderBusy: Another process downloads into it.
    """
    began, clock = time(), monotonic()
    planned = _planned(group, samples, module_name, field_name, of_group)
    target = Path(folder)
    items = _Items(group.knex, planned, retries)
    needs_checksum = control is not None and control.require_checksum
    written = (
        {}
        if dry_run
        else {
            each.route: end
            for each in planned
            if (end := _write(target, each, require_checksum=needs_checksum)) is not None
        }
    )
    items.leave_out(route for route, end in written.items() if end.state == "failed")
    report = download(
        items,
        target,
        connections=connections,
        progress=progress,
        stop=stop,
        control=control,
        run=RUN,
        dry_run=dry_run,
    )
    fetched = dict(zip(items.routes, report.outcomes, strict=True))
    outcomes = [_outcome(each, fetched.get(each.route), written.get(each.route)) for each in planned]
    return TransferReport(
        Outcomes(outcomes),
        monotonic() - clock,
        throughput=report.throughput,
        began=began,
        title="Download",
        why_stopped=report.why_stopped,
    )


def _planned(
    group: SampleGroup,
    samples: Collection[str] | None,
    module_name: str | None,
    field_name: str | None,
    of_group: bool,
) -> list[ResultField]:
    wanted = Wanted(
        None if samples is None else frozenset(samples), module_name or "", field_name or "", of_group=of_group
    )
    return plan_results(group.get_manifest(), wanted)


class _Items(Sequence[Item]):
    """The files to fetch, made one by one as they are asked for."""

    def __init__(self, knex: Knex, planned: Sequence[ResultField], retries: int) -> None:
        self._knex = knex
        self._files = [each for each in planned if each.file_name and not each.problem]
        self._retries = retries

    @property
    def routes(self) -> list[str]:
        return [each.route for each in self._files]

    def leave_out(self, routes: Iterator[str]) -> None:
        """Fetches no files of these fields."""
        out = frozenset(routes)
        self._files = [each for each in self._files if each.route not in out]

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return [self._item(each) for each in self._files[index]]
        return self._item(self._files[index])

    def __len__(self) -> int:
        return len(self._files)

    def _item(self, each: ResultField) -> Item:
        return item_of(self._knex, each.route, each.data, each.file_name, retries=self._retries)


def _write(target: Path, each: ResultField, *, require_checksum: bool) -> Outcome | None:
    """Writes a field's JSON, which nothing states a checksum of; a file beside it that is of other data is outdated, and goes."""
    if each.problem:
        return None
    if require_checksum and not each.file_name:  # beside a file it isn't what was asked for
        return Outcome(each.blob_name, "failed", error=ChecksumMissing(each.blob_name))
    path = target / each.blob_name
    content = written(without_signature(each.data), ensure_ascii=False).encode("utf-8", "backslashreplace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(target.resolve()):
            raise NotWritable(str(path), "a link leads out of the folder")
        before = path.read_bytes() if path.is_file() else None
        if before == content:
            return Outcome(each.blob_name, "skipped", len(content))
        if before is not None and each.file_name:
            (target / each.file_name).unlink(missing_ok=True)
        with in_place_of(path, durable=False) as file:
            file.write(content)
    except OSError as error:
        return Outcome(each.blob_name, "failed", error=write_error(error, str(path), each.title))
    except OmicsError as error:
        return Outcome(each.blob_name, "failed", error=error)
    return Outcome(each.blob_name, "done", len(content))


def _outcome(each: ResultField, fetched: Outcome | None, written: Outcome | None) -> Outcome:
    if each.problem:
        name = each.file_name or each.blob_name
        remedy = "Correct the field's data on the server."
        return Outcome(name, "failed", error=TransferError(f"{each.title}: {each.problem}", name=name, remedy=remedy))
    if fetched is not None:
        return fetched
    return written if written is not None else Outcome(each.blob_name, "planned", plan="would be written")
