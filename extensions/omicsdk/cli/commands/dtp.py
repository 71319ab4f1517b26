"""`omics dtp`: convert SDS data sets to records of a Gen3 commons and back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from omicsdk.cli.commands.gen3.access import login_of
from omicsdk.cli.commands.transfers import count_of, finish, foreseen, print_failures, rows_of, transfer_data
from omicsdk.cli.commands.values import STREAM, check_unused
from omicsdk.cli.errors import REFUSED
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.cli.services import SERVICES, stated_by_variables
from omicsdk.core.errors import ConfigError, NotJson, UsageError
from omicsdk.dtp.config import DtpConfig, Gen3Config, read_config, storage_of
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.discovery import has_login, named_commons
from omicsdk.gen3.login import Gen3Login

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.dtp.convertor import Gen3Convertor
    from omicsdk.dtp.storage.datasets import DatasetReport
    from omicsdk.gen3.dictionary import Dictionary
    from omicsdk.transfer import TransferOptionsDict


SdsVersion = Literal["1.2.3", "2.0.0", "2.1.0", "3.0.0", "3.0.1", "3.0.2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOptions:
    """A project with its program.

    Attributes:
        project: Code of the project (default: from --config).
        program: Name of the program (default: from --config).
    """

    project: str | None = None
    program: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """How the folder of a data set is read.

    Attributes:
        schema_dir: Dictionary: a folder with a file for each node, or a single file (default: that of the commons).
        experiment: Name of the data set in the commons (default: the name of its folder).
        sds_version: Version of the SDS whose headers are valid (default: the one that the data set states).
    """

    schema_dir: str | None = None
    experiment: str | None = None
    sds_version: SdsVersion | None = None


class Workflow:
    """A commons with its login, and the settings of the workflow; options have precedence over settings.

    It connects on first use: some commands only use local files.

    Args:
        base_url: The commons; by default that of the settings, else that of the login.
        credentials: A token or the name of a login, as for `Gen3`.
        config: File with the settings.

    Raises:
        ConfigError: The settings cannot be read.
    """

    def __init__(self, base_url: str | None, *, credentials: str | None = None, config: str | None = None) -> None:
        self.settings = DtpConfig() if config is None else read_config(config)
        self.file = config
        gen3_settings = self.settings.gen3 or Gen3Config()
        base_url, credentials = stated_by_variables("dtp", base_url, credentials)
        self._base_url = base_url or gen3_settings.endpoint
        self._credentials = credentials or gen3_settings.credentials

    @cached_property
    def commons(self) -> Gen3:
        """The client of the commons."""
        credentials = self._credentials
        if isinstance(credentials, dict):
            return Gen3(credentials=Gen3Login(self._base_url or named_commons(os.environ), refresh_token=credentials))
        return Gen3(self._base_url, credentials=None if credentials is None else str(credentials))

    @property
    def auth(self) -> Gen3Login:
        """The login.

        Raises:
            Gen3AuthError: It is missing or invalid.
        """
        return login_of(self.commons)

    @property
    def login(self) -> Gen3Login | None:
        """The login; None without one."""
        return self.auth if self._credentials is not None or has_login(os.environ) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        # Not by the property, which would connect.
        if "commons" not in vars(self):
            return
        self.commons.close()
        if isinstance(error, NotJson):
            # A commons responds with an HTML page at paths without a service.
            error.remedy = SERVICES["gen3"].get("not_it", "").format(self.commons.base_url)

    def project(self, project_options: ProjectOptions) -> tuple[str, str]:
        """The program's name and the project's code.

        Raises:
            UsageError: One of them is missing in both options and settings.
        """
        return self.named("program", project_options.program), self.named("project", project_options.project)

    def named(self, what: str, option: str | None) -> str:
        """Return the program or project of the option, else of the settings.

        Raises:
            UsageError: Both are missing.
        """
        named = option or self.configured(what)
        if not named:
            raise UsageError(f"missing {what}", remedy=f"Use --{what}, or {what} in the settings of --config.")
        return named

    def configured(self, what: str) -> str | None:
        """Return the program or project of the settings; None if missing."""
        return getattr(self.settings.gen3, what, None) or None

    def dictionary(self, schema_dir: str | None) -> Dictionary:
        """Return the given dictionary, else that of the commons.

        Raises:
            DictionaryError: It is invalid.
            ConfigError: The commons is missing.
            APIError: The commons does not return one.
        """
        from omicsdk.gen3.dictionary import Dictionary, read_dictionary

        if schema_dir is not None:
            return read_dictionary(schema_dir)
        try:
            commons = self.commons
        except ConfigError as error:
            error.remedy = f"Use --schema-dir with its dictionary. Otherwise: {error.remedy}"
            raise
        return Dictionary.of(commons)

    def convertor(self, project: str | None, data_set: DataSet, source: str) -> Gen3Convertor:
        """Return the converter for the folder of a data set."""
        from omicsdk.dtp.convertor import Gen3Convertor

        code, experiment = self.named("project", project), data_set.experiment or Path(source).resolve().name
        return Gen3Convertor(code, experiment, data_set.sds_version, dictionary=self.dictionary(data_set.schema_dir))


def convert(
    workflow: Workflow,
    source_dir: str,
    dest_dir: str,
    *,
    project: str | None = None,
    data_set: DataSet,
    skip_invalid: bool = False,
    console: Console,
) -> list[dict[str, Any]] | None:
    """Convert an SDS data set to files of records.

    The records can be submitted without changes. If there are faults, nothing is written: each is printed with its
    file, sheet, row and column, and the exit code is 1.

    Args:
        source_dir: Folder of the data set: dataset_description.xlsx, subjects.xlsx and so on.
        dest_dir: Folder for the files; created if it does not exist.
        data_set: How the folder is read.
        skip_invalid: Skip records with faults, and records that link to them; the exit code is then 3.
        console: Prints faults.
    """
    from omicsdk.dtp.sds.folders import find_tables
    from omicsdk.dtp.sds.sheets import SdsError

    find_tables(Path(source_dir))  # a wrong folder is reported before the commons is asked for its dictionary
    convertor = workflow.convertor(project, data_set, source_dir)
    try:
        conversion = convertor.execute(source_dir, dest_dir, skip_invalid=skip_invalid)
    except SdsError as error:
        if not error.findings:
            raise
        console.error(str(error))
        console.exit_code = REFUSED
        return None
    if conversion.findings:
        print_failures(conversion.findings, console, len(conversion.findings) + sum(conversion.counts.values()))
        console.some_failed(f"{count_of(len(conversion.findings), 'fault')}; records with faults were skipped")
    console.message(f"{count_of(sum(conversion.counts.values()), 'record')} written to {dest_dir}")
    counts = zip(conversion.files, conversion.counts.items(), strict=True)
    return [{"file": str(file), "node": node, "records": count} for file, (node, count) in counts]


def validate(
    workflow: Workflow, source: str, *, project_options: ProjectOptions, data_set: DataSet, console: Console
) -> list[dict[str, Any]]:
    """Validate a data set, or records, against the dictionary.

    Prints each fault with its file, sheet, row and column; the exit code is 1 if there are any. Nothing is written or
    sent. With `program` and `project`, the project must exist, and links of records are checked against it.

    Args:
        source: Folder of an SDS data set, or a folder or file of records (.json, .tsv, .csv, .xlsx).
        project_options: The project.
        data_set: How the folder is read.
        console: Prints the summary.
    """
    from omicsdk.cli.commands.gen3.records import print_findings
    from omicsdk.dtp.sds.folders import is_misnamed, record_files, sds_sheet
    from omicsdk.gen3.errors import Gen3UserError
    from omicsdk.gen3.records.projects import Project, check_project
    from omicsdk.gen3.records.validation import known_to
    from omicsdk.gen3.records.validation import validate as faults_of_records

    path, files = Path(source), list[Path]()
    program, code = (
        project_options.program or workflow.configured("program"),
        project_options.project or workflow.configured("project"),
    )
    project = Project(program, code) if program and code else None
    if sds_sheet(path) is not None or is_misnamed(path):
        if project is not None and project_options.program:  # settings may name a project for a purely local data set
            check_project(workflow.commons, project)
        findings = workflow.convertor(project_options.project, data_set, source).validate(source)
    else:
        try:
            files = record_files(path)
        except Gen3UserError as error:
            if path.is_dir():
                error.remedy = f"{error.remedy} An SDS data set has dataset_description.xlsx and subjects.xlsx."
            raise
        known_records = None if project is None else known_to(workflow.commons, project)
        dictionary = workflow.dictionary(data_set.schema_dir)
        findings = list(faults_of_records(files, dictionary, project=project, known=known_records))
    print_findings(findings, console, files)
    return [finding.as_dict() for finding in findings]


def submit(
    workflow: Workflow,
    files: Sequence[str],
    *,
    project_options: ProjectOptions,
    schema_dir: str | None = None,
    chunk_size: int = 100,
    all_or_nothing: bool = False,
    journal: str | None = None,
    refused: bool = False,
    dry_run: bool = False,
    console: Console,
) -> list[dict[str, Any]]:
    """Submit files or folders of records to a project.

    Records are validated against the dictionary before anything is sent. They are sent in the order of their links, and
    each is created, updated or refused separately. The result of each is printed: created, updated, unchanged, valid
    (dry run), invalid or failed, with the reasons. The exit code is 3 if some or all were refused, 1 for a single one.

    Args:
        files: Files of records (.json, .jsonl, .tsv, .csv, .xlsx), or folders of such files.
        project_options: The project.
        chunk_size: Maximum number of records per request; reduced if the commons requires it.
        all_or_nothing: Send nothing if any record has a fault.
        journal: File for accepted records. Use the same file again to resume a stopped submission.
        refused: Only print records that were not accepted.
        dry_run: Only validate the records on the commons; nothing is stored.
        console: Prints faults and the summary.
    """
    from omicsdk.cli.commands.gen3 import records
    from omicsdk.dtp.commons import CommonsClient
    from omicsdk.dtp.sds.folders import record_files
    from omicsdk.gen3.records.projects import Project, check_project

    program, project = workflow.project(project_options)
    paths = record_files(files)
    with CommonsClient(workflow.auth) as client:
        check_project(client.commons, Project(program, project))
        return records.submit(
            client.commons,
            f"{program}/{project}",
            [str(path) for path in paths],
            dictionary=schema_dir,
            chunk_size=chunk_size,
            all_or_nothing=all_or_nothing,
            journal=journal,
            refused=refused,
            dry_run=dry_run,
            console=console,
        )


def download(
    workflow: Workflow,
    dataset_id: str,
    dest: str = ".",
    *,
    storage_config: str | None = None,
    storage: Literal["pacs", "irods"] | None = None,
    sds_version: SdsVersion | None = None,
    project_options: ProjectOptions,
    **options: Unpack[TransferOptionsDict],
) -> DatasetReport:
    """Download a data set as an SDS folder.

    Its files come from iRODS or a PACS, its metadata from the commons, as --config states. Complete files are skipped;
    run the command again to resume. A file that fails does not stop the others.

    Args:
        dataset_id: Name of the data set in the commons: the submitter_id of its experiment.
        dest: Folder in which the data set's folder is created.
        storage_config: Settings of iRODS or the PACS, if they are not in --config: an INI or JSON file.
        storage: Storage with the files (default: that of the settings).
        sds_version: Version of the SDS for the metadata (default: the one that its records state).
        project_options: The project.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    from omicsdk.dtp.downloader import DEFAULT, Downloader

    source = storage_config or workflow.file
    if source is None:
        raise UsageError("missing storage", remedy="Use --config FILE with the settings of iRODS or of a PACS.")
    # The downloader reads this file itself: here, only an option that contradicts it is looked for.
    settings = None if storage is None else read_config(source)
    if settings is not None and settings.storage not in (None, storage):
        remedy = "Omit --storage, or change the settings."
        raise UsageError(f"--storage {storage}, but {source} has {settings.storage}", remedy=remedy)
    target_storage = DEFAULT if settings is None else storage_of(settings, storage)
    gen3: dict[str, Any] | None = None
    if (login := workflow.login) is not None:
        names = {name: getattr(project_options, name) or workflow.configured(name) for name in ("program", "project")}
        gen3 = {"gen3_endpoint": login.endpoint} | {f"gen3_{name}": value for name, value in names.items() if value}
    with Downloader(source, gen3, target_storage, version=sds_version, auth=login) as downloader:
        return downloader.download_dataset(dataset_id, dest, **options)


def downloaded(result: DatasetReport, call: Call) -> TextAndData:
    """Render a download: counts, the result for each file, and the metadata."""
    finish(result, call, where=str(result.folder))
    if call.arguments.get("dry_run"):
        return foreseen(result)
    metadata = [
        {"name": metadata_file.name, "size": metadata_file.size, "records": metadata_file.records}
        for metadata_file in result.metadata
        if metadata_file.error is None
    ]
    counts = {**result.counts, "metadata": len(metadata)}
    return transfer_data(result, rows_of(result), counts=counts, folder=str(result.folder), metadata=metadata)


def query(
    workflow: Workflow,
    text: str | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    node: str | None = None,
    projects: bool = False,
    project_options: ProjectOptions,
) -> Any:
    """Print programs and projects, records of a node, or the data of a GraphQL query.

    Args:
        text: A query in GraphQL; @FILE for the content of a file, - for stdin.
        variables: Values of its variables: a JSON object, or @FILE.
        node: Print all records of this node, such as case.
        projects: Print all programs and their projects; with `program`, the projects of one.
        project_options: The project.
    """
    from omicsdk.cli.commands.gen3.records import query_text
    from omicsdk.dtp.commons import Querier

    if [text is not None, node is not None, projects].count(True) != 1:
        raise UsageError(
            "expected exactly one query", remedy="Use one of: a query in GraphQL, --node NODE, --projects."
        )
    if variables is not None and text is None:
        raise UsageError("--variables requires a query", remedy="Add the query.")
    if text is not None:
        check_unused("with a query in GraphQL", program=project_options.program, project=project_options.project)
    elif projects:
        check_unused("with --projects", project=project_options.project)
    with Querier(workflow.auth) as querier:
        if text is not None:
            return querier.graphql_query(query_text(text), variables)
        if node is not None:
            return querier.get_node_records(node, *workflow.project(project_options))
        only_program = project_options.program or workflow.configured("program")
        programs = querier.get_programs() if only_program is None else [only_program]
        return [{"program": program, "project": code} for program in programs for code in querier.get_projects(program)]


def export(
    workflow: Workflow,
    node: str | None = None,
    *,
    record: str | None = None,
    sds: str | None = None,
    experiment: str | None = None,
    sds_version: SdsVersion | None = None,
    file: str | None = None,
    format: Literal["json", "tsv"] | None = None,
    overwrite: bool = False,
    project_options: ProjectOptions,
    console: Console,
) -> Any:
    """Export records to stdout, to a file, or as the tables of an SDS data set.

    JSON and TSV can be submitted again.

    Args:
        node: Export all records of this node, such as case.
        record: Export the record with this id.
        sds: Folder for the tables of the data set `experiment`; created if it does not exist.
        experiment: The submitter_id of the data set's experiment.
        file: File to write, .json or .tsv; - is stdout (default).
        format: Format of the file (default: from its name).
        overwrite: Replace existing files.
        project_options: The project.
        console: Prints the number of records.
    """
    from omicsdk.dtp.commons import Exporter
    from omicsdk.dtp.convertor import Gen3Convertor
    from omicsdk.dtp.metadata import records_of

    if [node, record, sds].count(None) != 2:
        remedy = "Use one of: NODE, --record ID, --sds FOLDER for a data set's tables."
        raise UsageError("expected exactly one of NODE, --record and --sds", remedy=remedy)
    if sds is not None:
        check_unused("with --sds", file=file, format=format)
    else:
        check_unused("without --sds", experiment=experiment, sds_version=sds_version)
    program, project = workflow.project(project_options)
    if sds is not None:
        if experiment is None:
            raise UsageError("--sds requires the data set's name", remedy="Use --experiment NAME.")
        with Exporter(workflow.auth) as exporter:
            records = records_of(exporter.commons, experiment, program, project)
            tables = Gen3Convertor(project, experiment, sds_version).restore(records, sds, overwrite=overwrite)
        console.message(f"{count_of(len(tables), 'table')} written to {sds}")
        return [{"file": str(table)} for table in tables]
    path, kind = _target(file, format, overwrite=overwrite)
    with Exporter(workflow.auth) as exporter:
        exported: Any = (
            exporter.export_record(program, project, str(record), kind, path)
            if node is None
            else exporter.export_node(program, project, node, kind, path)
        )
    if path is None:
        return exported
    count = 1 if node is None else len(exported)
    console.message(f"{count_of(count, 'record')} written to {path}")
    return {"file": str(path), "records": count}


def _target(file: str | None, format: str | None, *, overwrite: bool) -> tuple[Path | None, str]:
    """Return the file to write, None for stdout, and its format."""
    from omicsdk.dtp.commons import FORMATS

    if file in (None, STREAM):
        if format is not None:
            raise UsageError("--format requires --file", remedy="Use --file, or --output tsv for stdout.")
        return None, "json"
    path = Path(file)
    kind = format or path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UsageError(f"--file {file}: unknown format", remedy="Use --format json or tsv.")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} already exists", remedy="Choose another name, or use --overwrite.")
    return path, kind
