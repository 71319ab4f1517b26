"""Files on their way into fields of Pangea: each into a new field beside the old one, which it replaces when it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from omicsdk.core.checksums import ALGORITHMS
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.narrowing import is_object
from omicsdk.fs.places._shared import is_stopped, unsent
from omicsdk.fs.store import Put, PutOptions
from omicsdk.fs.uri import AlreadyThere
from omicsdk.pangea.contents.stored_data import extension_of
from omicsdk.pangea.errors import PangeaNotFoundError
from omicsdk.pangea.objects.field import AnalysisResultField
from omicsdk.pangea.uploads import upload_files
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.calls import side_by_side

#: What the name of a field ends with whose file isn't whole.
UNFINISHED = "~unfinished"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
#: Characters of a field's name in that of its object.
_LONGEST = 100


class _Sending(NamedTuple):
    """A file that can be sent.

    Attributes:
        old: The field that has the name; None where there is none.
        new: The field that the file goes into.
    """

    old: AnalysisResultField | None
    new: AnalysisResultField


class Puts:
    """Puts files into fields.

    Args:
        uri: Gives a path as people write it.
        field_for: Gives the field of a path, which isn't looked for yet, of a result that is there.
    """

    def __init__(self, uri: Callable[[str], str], field_for: Callable[[str], AnalysisResultField]) -> None:
        self._uri = uri
        self._field_for = field_for

    def run(self, files: Sequence[Put], options: PutOptions) -> TransferReport:
        """Puts them.

        Args:
            files: What goes where.
            options: How.

        Returns:
            The outcome of each, in order.
        """
        paths = [file.path for file in files]
        once = [file for number, file in enumerate(files) if file.path not in paths[:number]]

        def prepare(file: Put) -> _Sending:
            return self._prepared(file, options)

        made = dict(
            zip(
                (file.path for file in once),
                side_by_side(prepare, once, lambda: is_stopped(options)),
                strict=True,
            )
        )
        ready = [(file, each) for file in once if isinstance(each := made[file.path], _Sending)]
        report = upload_files(
            [(sending.new, file.source) for file, sending in ready],
            progress=options.progress,
            stop=options.stop,
            control=options.control,
            called=_called,
        )
        ended = side_by_side(_finished, [(s, o) for (_, s), o in zip(ready, report.outcomes, strict=True)])
        told = dict[str, Outcome]()
        for (file, _), outcome, end in zip(ready, report.outcomes, ended, strict=True):
            outcome = outcome._replace(name=file.path)
            told[file.path] = outcome._replace(state="failed", error=end) if isinstance(end, OmicsError) else outcome
        for path, each in made.items():
            if isinstance(each, OmicsError):
                told[path] = unsent(Put("", path), each)
        outcomes = list[Outcome]()
        for file in files:
            outcomes.append(told.pop(file.path, None) or unsent(file, self._twice(file)))
        return TransferReport(
            outcomes,
            report.seconds,
            throughput=report.throughput,
            began=report.began,
            title="Upload",
            why_stopped=report.why_stopped,
        )

    def _prepared(self, file: Put, options: PutOptions) -> _Sending:
        old = self._field_for(file.path)
        is_there = old.exists()
        if is_there and not options.overwrite and old.stored_data != {}:
            raise AlreadyThere(self._uri(file.path))
        new = old.parent.field(f"{old.name}{UNFINISHED}").idem()
        return _Sending(old if is_there else None, new)

    def _twice(self, file: Put) -> OmicsError:
        return UsageError(f"Two files go to {self._uri(file.path)}", remedy="Give each file a field of its own.")


def _finished(ended: tuple[_Sending, Outcome]) -> None:
    """Gives a field whose file is there its name; takes one away that nothing came into."""
    (old, new), outcome = ended
    if outcome.state in ("done", "skipped"):
        if old is not None:
            with suppress(PangeaNotFoundError):
                old.delete()
        new.name = new.name.removesuffix(UNFINISHED)
        if is_object(new.stored_data):
            new.stored_data = {**new.stored_data, **_facts(outcome)}
        new.save()
    elif outcome.state == "failed":
        with suppress(OmicsError):  # the outcome says what is wrong
            if new.refresh().stored_data == {}:
                new.delete()


def _facts(outcome: Outcome) -> dict[str, object]:
    """What is known of a file that was sent, as fields state it: the platform tells neither size nor checksums by itself."""
    size = {} if outcome.size is None else {"size": outcome.size}
    return {**size, **{name: outcome.checksums[name] for name in ALGORITHMS if name in outcome.checksums}}


def _called(field: AnalysisResultField, path: Path) -> str:
    """What an object is called: a sample's objects share one folder, so that names have the field's uuid in them."""
    name = field.name.removesuffix(UNFINISHED)
    extension = extension_of(name) or extension_of(path.name)
    stem = _UNSAFE.sub("_", name.removesuffix(f".{extension}"))[:_LONGEST]
    end = _UNSAFE.sub("_", extension)[:_LONGEST]
    return f"{stem}.{str(field.uuid)[:8]}{f'.{end}' if end else ''}"
