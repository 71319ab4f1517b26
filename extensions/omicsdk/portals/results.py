"""Result manifests: all rows of the lists of a download, with the path and outcome of each file."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from glob import escape
from itertools import count
from pathlib import Path

from omicsdk.core.errors import NotWritable, OmicsError, UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.redaction import mask_text
from omicsdk.core.tables import take_long_cells
from omicsdk.portals.plan import Plan
from omicsdk.portals.rows import OUTCOME_COLUMN, PATH_COLUMN, SEPARATOR
from omicsdk.transfer import Outcome
from omicsdk.transfer.disk import nearest_folder, write_errors

SUFFIX = ".manifest.tsv"
"""Suffix of the result manifest after the name of the folder."""
RESULT_NAME = re.compile(r"\.manifest(?:\.\d+)?\.tsv\Z")
"""The end of the name of a result manifest, also of one that was kept."""
# Folders, and the arguments of a command, may have bytes that are not UTF-8: they are written as they are.
_ANY_BYTES = "surrogateescape"
_OTHER_SUFFIXES = (".csv", ".xlsx", ".xls", ".ods", ".json", ".jsonl")


def result_beside(folder: Path) -> Path:
    """The result manifest of a folder, beside it; that of the current folder, `.`, in it.

    Args:
        folder: The folder.
    """
    named = folder if folder.name not in ("", "..") else folder.resolve()
    name = f"{named.name or 'files'}{SUFFIX}"
    return named.with_name(name) if folder.name else folder / name


def not_arrived(folder: Path) -> dict[str, str]:
    """Files that did not arrive, with the reason, as the result manifests of a folder record them, also those that were kept.

    Args:
        folder: The folder.
    """
    missing: dict[str, str] = {}
    take_long_cells()  # a row may have thousands of files
    name = result_beside(folder.resolve()).name
    for above in (folder.resolve().parent, folder):
        kept = above.glob(f"{escape(name.removesuffix('.tsv'))}.*.tsv")
        for path in (above / name, *sorted(kept)):
            with (
                suppress(FileNotFoundError, csv.Error),
                path.open(newline="", encoding="utf-8", errors=_ANY_BYTES) as file,
            ):
                for number, row in enumerate(csv.DictReader(file, dialect="excel-tab", restval=""), 2):
                    for outcome in row.get(OUTCOME_COLUMN, "").split(SEPARATOR):
                        state, _, rest = outcome.partition(": ")
                        if state in ("failed", "stopped"):
                            file_name, _, why = rest.partition(": ")
                            missing[file_name or f"{path.name}, line {number}"] = why or state
    return missing


def check_writable(path: Path) -> None:
    """Reject a result manifest that cannot be written, before the download.

    Args:
        path: The result manifest.

    Raises:
        NotWritable: It cannot be written.
        UsageError: It has the suffix of another format.
    """
    if path.suffix.lower() in _OTHER_SUFFIXES:
        raise UsageError(f"{path}: the result manifest is a table with tabs", remedy="Name it .tsv.")
    above = nearest_folder(str(path.absolute().parent))
    file = next((folder for folder in path.parents if folder.is_file()), None)
    if path.is_dir() or file is not None or not os.access(above, os.W_OK | os.X_OK):
        why = f"this account cannot write in {above}" if file is None else f"{file} is not a folder"
        why = "a folder of that name exists" if path.is_dir() else why
        raise NotWritable(str(path), why, remedy="Name another file for the result manifest: --result FILE.")


def check_not_listed(path: Path, arguments: Sequence[str | os.PathLike[str]]) -> None:
    """Reject a result manifest that would replace a list of which it has the selected rows alone.

    Args:
        path: The result manifest.
        arguments: What was named to be downloaded.

    Raises:
        UsageError: It would.
    """
    lists = [word for word in arguments if os.path.exists(word)]  # noqa: PTH110 - as in downloads, where Path.exists raises
    if path.exists() and any(map(path.samefile, lists)):
        raise UsageError(
            f"The result manifest would replace the list {path}, without the rows that are not selected",
            remedy="Name another file for it: --result FILE.",
        )


def keep_earlier(path: Path, plan: Plan, on_message: Callable[[str], object]) -> None:
    """Rename an earlier result manifest that has files, or cells, which one of this plan lacks.

    These are of another download into the folder, or a column that its user added.

    Args:
        path: The result manifest.
        plan: The plan of the download.
        on_message: Called with a message.
    """

    def stated(cells: Mapping[str, str]) -> dict[str, str]:
        return {name: cell for name, cell in cells.items() if cell and name not in (PATH_COLUMN, OUTCOME_COLUMN)}

    if not path.exists():
        return
    take_long_cells()
    replacing = (stated(row.cells) for row in plan.rows())
    with suppress(csv.Error), path.open(newline="", encoding="utf-8", errors=_ANY_BYTES) as file:
        earlier = csv.DictReader(file, restval="", dialect="excel-tab")
        # In the order of the plan, so that neither table is held in memory.
        if all(stated(cells) in replacing for cells in earlier if cells.get(PATH_COLUMN, "?").strip(SEPARATOR)):
            return
    free = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in count(1))
    kept = next(name for name in free if not name.exists())
    path.rename(kept)
    on_message(f"the earlier {path}, which has other rows or columns, is kept as {kept}")


def write_result(path: Path, plan: Plan, folder: str, outcomes: Iterable[Outcome]) -> None:
    """Write the rows of all lists with the path and outcome of each file; the file appears when it is whole.

    Args:
        path: The file.
        plan: The rows and their files.
        folder: The folder of the files, as the user gave it.
        outcomes: One for each file of the plan, in order.

    Raises:
        NotWritable: It cannot be written.
        DiskFull: The disk is full.
    """
    columns = [
        *(name for name in plan.columns if name not in (PATH_COLUMN, OUTCOME_COLUMN)),
        PATH_COLUMN,
        OUTCOME_COLUMN,
    ]
    # Only the outcomes of files that are listed again are kept: a list may have any number of rows.
    names = {file.name for row in plan.rows() for file, again in zip(row.files, row.again, strict=True) if again}
    # A Path for each row would intern its parts: the interpreter's table of them grows with the list.
    above = str(Path(folder, "name")).removesuffix("name")
    following, repeated = iter(outcomes), dict[str, Outcome]()
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_errors(str(path), path.name), in_place_of(path, durable=False) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors=_ANY_BYTES, newline="")
        writer = csv.DictWriter(text, columns, restval="", dialect="excel-tab", lineterminator="\n")
        writer.writeheader()
        for row in plan.rows():
            ended: list[Outcome] = []
            for listed_file, again in zip(row.files, row.again, strict=True):
                outcome = repeated[listed_file.name] if again else next(following)
                if listed_file.name in names:
                    repeated[listed_file.name] = outcome
                ended.append(outcome)
            writer.writerow(
                {
                    **row.cells,
                    PATH_COLUMN: SEPARATOR.join(
                        above + os.path.normpath(file.name) if file.is_present else "" for file in ended
                    ),
                    OUTCOME_COLUMN: SEPARATOR.join(map(outcome_words, ended)) if ended else "no file",
                }
            )
        text.detach()


def outcome_words(outcome: Outcome) -> str:
    """Return the outcome of a file for the result manifest: its verification, or the reason why it is missing.

    Args:
        outcome: Its outcome.
    """
    if outcome.is_present:
        return ": ".join(filter(None, (outcome.verification, outcome.warning))).replace(SEPARATOR, ",")
    error: OmicsError | None = outcome.error
    why = mask_text(error.message).splitlines()[0] if error and error.message else type(error).__name__ if error else ""
    # Named, so that the manifest as a list names the file again; a row that cannot be read is named by its line.
    is_named = why.startswith(f"{outcome.name}: ") or (outcome.name.endswith(why.partition(": ")[0]) and why != "")
    return ": ".join(filter(None, (outcome.state, "" if is_named else outcome.name, why))).replace(SEPARATOR, ",")
