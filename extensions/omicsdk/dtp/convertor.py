"""`Gen3Convertor`: converts data sets in the SPARC Dataset Structure to records of a Gen3 commons, and back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import UsageError
from omicsdk.core.late_names import LateModule
from omicsdk.core.lazy import require
from omicsdk.core.logs import logger
from omicsdk.dtp.sds.conversion import Converted, convert, refused, version_of
from omicsdk.dtp.sds.folders import PathLike
from omicsdk.dtp.sds.layout import DEFAULT_VERSION, Version
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary, read_dictionary
from omicsdk.gen3.records.tables import Finding
from omicsdk.transfer.disk import write_errors

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part
else:
    pandas = LateModule("pandas")

_log = logger("omicsdk.dtp")


@dataclass(frozen=True, slots=True)
class Conversion:
    """The result of a conversion.

    Attributes:
        files: The files of records, in the order in which they can be submitted.
        counts: How many records there are of each node.
        findings: The faults; records with faults, and those that link to them, are left out. None unless `skip_invalid` is set.
        notes: What is left out because the dictionary has nothing for it; how the version was chosen, unless by what the data
            set states.
        version: The version of the SDS that the data set was read as.
    """

    files: tuple[Path, ...]
    counts: Mapping[str, int]
    findings: tuple[Finding, ...] = field(default=())
    notes: tuple[Finding, ...] = field(default=())
    version: Version = DEFAULT_VERSION


class Gen3Convertor:
    """Converts data sets in the SPARC Dataset Structure (SDS) into records of a Gen3 commons, and records into data
    sets.

    Each table becomes a file: `dataset_description`, `subjects` (node case), `samples`, all manifests of the folder in
    one, `submission`, `performances`, `resources`, `code_description` and `code_parameters`, those that exist and that
    the dictionary has a node for; and `experiment`, which is the data set itself. Missing required values become "NA",
    or an empty list.

    Args:
        project: The code of the project in the commons.
        experiment: The data set's name there: the submitter_id of its experiment.
        version: The version of the SDS whose headers count: 1.2.3, 2.0.0, 2.1.0, 3.0.0, 3.0.1 or 3.0.2. By default the
            one that the data set states: as its Metadata Version, or in its records.
        dictionary: The commons' dictionary, or the commons to ask for it; by default set with `set_schema_dir`.

    Raises:
        SdsError: The version is not supported.
        UsageError: Project or experiment are empty.
    """

    def __init__(
        self, project: str, experiment: str, version: str | None = None, *, dictionary: Dictionary | Gen3 | None = None
    ) -> None:
        self._version: Version | None = version_of(version) if version is not None else None
        for what, text in (("project", project), ("experiment", experiment)):
            if not text.strip():
                raise UsageError(f"The {what} is empty", remedy=f"Use the {what}'s name in the commons.")
        self._project = project
        self._experiment = experiment
        self._dictionary: Dictionary | None = None
        if dictionary is not None:
            self.set_dictionary(dictionary)

    def set_schema_dir(self, path: PathLike) -> None:
        """Set the dictionary of the records.

        Args:
            path: A folder with a YAML or JSON file for each node, or the whole dictionary as one JSON or YAML file.

        Raises:
            DictionaryError: It is no dictionary.
            MissingExtra: It is YAML, and PyYAML is not installed.
        """
        self._dictionary = read_dictionary(path)

    def set_dictionary(self, source: Dictionary | Gen3) -> None:
        """Set the dictionary of the records, if it is not in files.

        Args:
            source: The dictionary, or the commons to ask for it.

        Raises:
            APIError: The commons returned none.
            TransportError: No response came.
        """
        self._dictionary = source if isinstance(source, Dictionary) else Dictionary.of(source)

    def convert(self, source_dir: PathLike) -> Converted:
        """Convert a data set to records, without writing files.

        Args:
            source_dir: The data set's folder.

        Returns:
            The records, what is wrong with others, and the version of the SDS that the data set was read as.

        Raises:
            SdsError: The folder is no SDS data set, or a table that each has cannot be read.
            UsageError: No dictionary was given.
        """
        if self._dictionary is None:
            raise UsageError(
                "The convertor has no dictionary",
                remedy="Call set_schema_dir(path) with that of the commons, or give dictionary=Gen3(...).",
            )
        converted = convert(Path(source_dir), self._dictionary, self._project, self._experiment, self._version)
        _log.info("%s is read as SDS %s", source_dir, converted.version)
        return converted

    def validate(self, source_dir: PathLike) -> list[Finding]:
        """Find the faults of a data set; nothing is written or sent.

        Args:
            source_dir: The data set's folder.

        Returns:
            Each fault with its file, sheet, row and column; none if all can be submitted. Data that the dictionary has
            no property for is left out and logged.

        Raises:
            SdsError: The folder is no SDS data set, or a table that each has cannot be read.
            UsageError: No dictionary was given.
        """
        converted = self.convert(source_dir)
        _log_notes(converted.notes)
        return converted.findings

    def execute(self, source_dir: PathLike, dest_dir: PathLike, *, skip_invalid: bool = False) -> Conversion:
        """Convert a data set to files of records.

        Args:
            source_dir: The data set's folder.
            dest_dir: The folder of the files; it is created if it does not exist. Each file is written completely or
                not at all.
            skip_invalid: Whether records with faults, and those that link to them, are left out and listed in the
                result. By default nothing is written where anything is wrong.

        Returns:
            The files, in the order in which they can be submitted, and what was left out.

        Raises:
            SdsError: The folder is no SDS data set, a table that each has cannot be read, or there are faults
                (`findings`).
            UsageError: No dictionary was given.
            NotWritable: The files cannot be written.
            DiskFull: The disk is full.
        """
        from omicsdk.dtp.sds.records import write_records

        converted = self.convert(source_dir)
        if converted.findings and not skip_invalid:
            raise refused(str(source_dir), converted.findings, converted.version)
        with write_errors(str(dest_dir)):
            files, left = write_records(converted.records, Path(dest_dir))
        notes = (*converted.notes, *left)
        _log_notes(notes)
        return Conversion(files, converted.counts, tuple(converted.findings), notes, converted.version)

    def restore(
        self, records: PathLike | Iterable[Mapping[str, Any]], dest_dir: PathLike, *, overwrite: bool = False
    ) -> tuple[Path, ...]:
        """Make an SDS data set of records, the reverse of `execute`.

        Args:
            records: The records as they are submitted or exported, each with its `type`; or a folder of such JSON
                files. Of records of several data sets those of this convertor's experiment are taken.
            dest_dir: The folder that gets the tables; made if it does not exist. Other files in it stay.
            overwrite: Whether existing tables are replaced.

        Returns:
            The tables.

        Raises:
            SdsError: There is no record of the data set, a table exists already, or a file is no JSON of records.
            NotWritable: The tables cannot be written.
            DiskFull: The disk is full.
        """
        from omicsdk.dtp.sds.records import read_records, write_data_set

        parsed_records = read_records(Path(records)) if isinstance(records, str | os.PathLike) else records
        with write_errors(str(dest_dir)):
            return write_data_set(parsed_records, Path(dest_dir), self._version, self._experiment, overwrite=overwrite)

    @staticmethod
    def read_excel(path: PathLike, sheet_name: str | None = None) -> pandas.DataFrame:
        """Read a sheet as a data frame: numbers, dates and texts as they are, formulas by the values that Excel kept.

        Args:
            path: The workbook (.xlsx), or a CSV or TSV file.
            sheet_name: The sheet; the first by default.

        Returns:
            Its rows below the header, without those that are empty; columns that have no header are called by their
            number.

        Raises:
            SdsError: The file does not exist or is not a table, it has no such sheet, or a formula has no value.
            MissingExtra: pandas is not installed.
        """
        require("pandas", "gen3", "data frames")
        import pandas  # pyright: ignore[reportMissingTypeStubs] - as above

        from omicsdk.dtp.sds.sheets import table_of

        columns, rows = table_of(Path(path), sheet_name)
        return pandas.DataFrame(rows, columns=pandas.Index(columns, dtype="object"))


def _log_notes(notes: Iterable[Finding]) -> None:
    for note in notes:
        _log.warning("%s", note)
