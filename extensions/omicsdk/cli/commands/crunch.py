"""The commands of `omics crunch`: add objects to a site, run its workflows, and show files of datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from omicsdk.cli.commands.values import text_of
from omicsdk.cli.errors import REFUSED
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import BadRequest, OmicsError, UsageError
from omicsdk.core.model import ANY, mapping
from omicsdk.crunch import attributes
from omicsdk.crunch.client import Crunch
from omicsdk.crunch.datasets import DatasetFolders, SharedFolder, find_equal, folder_of, storage_of
from omicsdk.crunch.requests import checked_slug
from omicsdk.crunch.runs import RunReport, run_pending
from omicsdk.crunch.statuses import RunResult, WorkflowType

Report = Callable[[str], None]
Added = dict[str, Any]
NONE_LEFT = "No more datasets to process."


# -- additions


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The description of a project, dataset or item.

    Attributes:
        description: Description, at most 1023 characters.
        details: Details, in Markdown.
    """

    description: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class AttributeKey:
    """The item and key of an attribute.

    Attributes:
        item: Slug of the item, dataset or project.
        key: The attribute's key, at most 255 characters.
    """

    item: str
    key: str


def add_project(
    client: Crunch, project: str, *, about: About, workflow: str | None = None, on_message: Report
) -> Added:
    """Create a project.

    Prints the stored project, whose slug identifies it in other commands. The exit code is 1 if the site refuses it.

    Args:
        project: Name of the project, unique on the site.
        about: Its description.
        workflow: File with the Snakefile or script that processes its datasets.
        on_message: Called with messages.
    """
    fields = {"name": project, **asdict(about)}
    if workflow is not None:
        fields["workflow"] = text_of(workflow, "--workflow")
        if not fields["workflow"].strip():
            raise UsageError(f"--workflow: {workflow} is empty", remedy="Omit the option, or name a workflow.")
    return _added(client, "api/projects/", fields, f"project '{project}' on the site {client.base_url}", on_message)


def add_dataset(
    client: Crunch,
    project: str,
    dataset: str,
    *,
    about: About,
    base_file_path: str = "",
    on_message: Report,
    console: Console,
) -> Added:
    """Create a dataset; an existing one is skipped.

    Args:
        project: Slug of the project.
        dataset: Name of the dataset.
        about: Its description.
        base_file_path: Folder of the dataset in the storage. When empty, the site chooses one. Version 0.1.14 gives all
            datasets of a project the same folder: a warning is printed, and such a dataset runs only with
            --allow-shared-folder.
        on_message: Called with messages.
        console: Prints warnings.
    """
    fields = {"parent": project, "name": dataset, **asdict(about)}
    if base_file_path:
        fields["base_file_path"] = base_file_path
    what = f"dataset '{dataset}' to project '{project}' on the site {client.base_url}"
    added = _added(client, "api/datasets/", fields, what, on_message, client.list_datasets.iterate)
    _warn_if_shared(client, added, console)
    return added


def add_item(client: Crunch, parent: str, item: str, *, about: About, on_message: Report) -> Added:
    """Create an item; an existing one is skipped.

    Args:
        parent: Slug of the item, dataset or project that it belongs to.
        item: Name of the item.
        about: Its description.
        on_message: Called with messages.
    """
    fields = {"parent": parent, "name": item, **asdict(about)}
    what = f"item '{item}' to parent '{parent}' on the site {client.base_url}"
    return _added(client, "api/items/", fields, what, on_message, client.list_items.iterate)


def char_attribute(client: Crunch, at: AttributeKey, value: str, *, on_message: Report) -> Added:
    """Add a text to an item.

    Args:
        at: Item and key.
        value: The text, at most 1023 characters.
        on_message: Called with messages.
    """
    return _attribute(client, "char", at, value, on_message)


def float_attribute(client: Crunch, at: AttributeKey, value: str, *, on_message: Report) -> Added:
    """Add a number to an item.

    Args:
        at: Item and key.
        value: The number.
        on_message: Called with messages.
    """
    return _attribute(client, "float", at, attributes.number(value), on_message)


def integer_attribute(client: Crunch, at: AttributeKey, value: str, *, on_message: Report) -> Added:
    """Add an integer to an item.

    Args:
        at: Item and key.
        value: The integer, at most 64 bits.
        on_message: Called with messages.
    """
    return _attribute(client, "int", at, attributes.whole_number(value), on_message)


def filesize_attribute(client: Crunch, at: AttributeKey, value: str, *, on_message: Report) -> Added:
    """Add a size in bytes to an item.

    Args:
        at: Item and key.
        value: The size, 0 or more.
        on_message: Called with messages.
    """
    return _attribute(client, "filesize", at, attributes.file_size(value), on_message)


def boolean_attribute(client: Crunch, at: AttributeKey, value: str, *, on_message: Report) -> Added:
    """Add a boolean to an item.

    Args:
        at: Item and key.
        value: true or false.
        on_message: Called with messages.
    """
    return _attribute(client, "bool", at, attributes.truth(value), on_message)


def url_attribute(client: Crunch, at: AttributeKey, value: str, *, on_message: Report) -> Added:
    """Add a URL to an item.

    Args:
        at: Item and key.
        value: The URL: http, https, ftp or ftps.
        on_message: Called with messages.
    """
    return _attribute(client, "url", at, value, on_message)


def datetime_attribute(client: Crunch, at: AttributeKey, value: str, *, format: str = "", on_message: Report) -> Added:
    """Add a date and time to an item.

    Args:
        at: Item and key.
        value: The date and time; without a time zone, that of the site applies.
        format: Format of `value` in directives of Python's strptime: %d/%m/%Y %H:%M. When empty, ISO 8601, or with
            python-dateutil installed any format that it can parse.
        on_message: Called with messages.
    """
    return _attribute(client, "datetime", at, attributes.as_datetime(value, format), on_message)


def date_attribute(client: Crunch, at: AttributeKey, value: str, *, format: str = "", on_message: Report) -> Added:
    """Add a date to an item.

    Args:
        at: Item and key.
        value: The date.
        format: Format of `value`: %d/%m/%Y; when empty as for add-datetime-attribute.
        on_message: Called with messages.
    """
    return _attribute(client, "date", at, attributes.as_date(value, format), on_message)


def lat_long_attribute(client: Crunch, at: AttributeKey, latitude: str, longitude: str, *, on_message: Report) -> Added:
    """Add a geographic location to an item.

    Args:
        at: Item and key.
        latitude: Degrees north.
        longitude: Degrees east.
        on_message: Called with messages.
    """
    coordinates = {"latitude": attributes.coordinate("latitude", latitude)}
    coordinates["longitude"] = attributes.coordinate("longitude", longitude)
    return _attribute(client, "lat-long", at, f"{latitude},{longitude}", on_message, **coordinates)


def _attribute(client: Crunch, kind: str, at: AttributeKey, value: object, on_message: Report, **parts: Any) -> Added:
    """Add an attribute; `parts` are sent in place of a single value."""
    what = f"attribute '{at.key}'->'{value}' to item '{at.item}' on the hosted site {client.base_url}"
    fields = {**asdict(at), **(parts or {"value": value})}
    return _added(client, attributes.attribute_url(kind), fields, what, on_message)


def _added(
    client: Crunch,
    path: str,
    fields: Mapping[str, Any],
    what: str,
    on_message: Report,
    list_existing: Callable[[], Iterable[Any]] = tuple,
) -> Added:
    """Post a form; if it is refused because an equal object is listed, return that one."""
    on_message(f"Adding {what}")
    try:
        response = client.raw_request("POST", path, fields, on_message=on_message)
    except BadRequest:
        existing = find_equal(list_existing(), fields)
        if existing is None:
            raise
        on_message(f"Skipped: {existing.slug} already exists")
        return existing.to_dict()
    on_message(f"Added {what.partition(' on the ')[0]}")
    return checked_json(response, path, mapping(ANY))


def _warn_if_shared(client: Crunch, dataset: Mapping[str, Any], console: Console) -> None:
    slug, base = str(dataset.get("slug")), str(dataset.get("base_file_path") or "")
    try:
        others = DatasetFolders(client).shared_with(slug, base)
    except OmicsError as error:  # the dataset was added
        console.warning(f"cannot determine whether another dataset shares the folder {base}: {error.message}")
        return
    if others:
        console.warning(str(SharedFolder(slug, base, others)))


# -- runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """How datasets are processed; options of `Crunch.run`.

    Attributes:
        storage: TOML or JSON file with the settings of the site's storage. By default the file that
            CRUNCH_STORAGE_SETTINGS names.
        folder: Folder for the folders of datasets.
        cores: Number of cores for Snakemake, or all.
        workflow_type: Kind of the workflow: a Snakefile, or an executable script.
        workflow_path: File of the workflow, in place of the project's.
        download: Download the dataset's files from the storage first.
        upload: Upload new and changed files to the storage afterwards.
        allow_shared_folder: Run it even if another dataset has files in its storage folder, which the run may
            overwrite.
        cleanup: Delete the dataset's local folder if the run succeeds.
    """

    storage: str | None = None
    folder: str = "./tmp"
    cores: str = "1"
    workflow_type: WorkflowType = WorkflowType.snakemake
    workflow_path: str | None = None
    download: bool = True
    upload: bool = True
    allow_shared_folder: bool = False
    cleanup: bool = False


def run(client: Crunch, dataset: str, *, how: Processing, take_over: bool = False, console: Console) -> RunReport:
    """Process a dataset.

    Its files are downloaded, the workflow runs, and new and changed files are uploaded; each of these stages is
    reported to the site. The exit code is 1 if a stage fails.

    Args:
        dataset: The dataset's slug.
        how: Options of the run.
        take_over: Run it even if another runner has started it and not finished. Use this only if that runner is gone.
        console: Reports stages.
    """
    console.message(f"Processing '{checked_slug(dataset)}'.")
    return _runner(client, how, console)(dataset, take_over=take_over)


def run_next(client: Crunch, *, project: str = "", how: Processing, console: Console) -> RunReport:
    """Process the next pending dataset.

    The stages are those of `omics crunch run`. The exit code is 1 if one fails, or if no dataset is left.

    Args:
        project: Only process datasets of this project (slug).
        how: Options of the run.
        console: Reports stages.
    """
    for report in run_pending(client, _runner(client, how, console), project, on_message=console.message):
        return report
    raise OmicsError(NONE_LEFT)


def loop(client: Crunch, *, project: str = "", how: Processing, console: Console) -> list[dict[str, str]]:
    """Process one dataset after the other until none is left.

    A dataset that fails does not stop the others: the exit code is 3 if some or all failed, 1 for a single one. Several machines may
    process datasets of one site at the same time.

    Args:
        project: Only process datasets of this project (slug).
        how: Options of the runs.
        console: Reports stages.
    """
    reports: list[RunReport] = []
    errors: list[object] = []
    try:  # an error keeps the previous datasets in the list
        reports.extend(run_pending(client, _runner(client, how, console), project, on_message=console.message))
    except (OmicsError, OSError) as error:
        if not reports:
            raise
        console.error(str(error))
        errors.append(error)
    else:
        console.message(NONE_LEFT)
    failed = [report for report in reports if report.result is not RunResult.SUCCESS]
    console.add_outcomes([*failed, *errors], len(reports) + len(errors))
    ended = "stopped" if errors else "concluded"
    console.message(f"Loop {ended}. Datasets processed: {len(reports)}, failed: {len(failed)}.")
    return list(map(_row, reports))


def _runner(client: Crunch, how: Processing, console: Console) -> Callable[..., RunReport]:
    return partial(client.run, **asdict(how), on_message=console.message)


def files(client: Crunch, dataset: str, *, storage_settings: str | None = None) -> TextAndData:
    """Show the files of a dataset in the storage as a tree.

    Args:
        dataset: The dataset's slug.
        storage_settings: TOML or JSON file with the settings of the site's storage; by default the file that
            CRUNCH_STORAGE_SETTINGS names.
    """
    from omicsdk.crunch.storage import walk

    storage = storage_of(client, storage_settings)
    base = folder_of(client.get_dataset(slug=checked_slug(dataset)))
    tree = walk(storage, base)
    below = f"{base.strip('/')}/" if base.strip("/") else ""
    return TextAndData("\n".join(tree.lines()), sorted(name.removeprefix(below) for name in tree.all_files()))


# -- results


def run_result(result: RunReport, call: Call) -> dict[str, str]:
    """Render the result of a run as a row."""
    call.console.message(f"Processed {result.dataset}: {result.result.name}")
    if result.result is not RunResult.SUCCESS:
        call.console.exit_code = REFUSED
    return _row(result)


def _row(report: RunReport) -> dict[str, str]:
    return {**report._asdict(), "result": report.result.name, "directory": str(report.directory)}
