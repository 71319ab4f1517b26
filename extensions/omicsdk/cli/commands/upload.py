"""What the Upload service's commands do; the words that they print are those of the published client's."""

from __future__ import annotations

from omicsdk.cli.commands.output_files import STDOUT
from omicsdk.cli.told import Told
from omicsdk.core.errors import NotWritable, UsageError
from omicsdk.hca.upload.areas import UploadAreaURI, UploadConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from omicsdk.cli.console import Console
    from omicsdk.hca.upload import HcaUpload, UploadResult
    from omicsdk.transfer import Control, Progress

_CHECKSUMS = ("S3_Etag", "CRC32C", "SHA1", "SHA256")
"""What a long listing shows of a file's checksums."""


def areas(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics upload areas`: the known areas."""
    del arguments, console
    settings = UploadConfig()
    selected = settings.current_area
    lines = [f"{uuid} <- selected" if uuid == selected else uuid for uuid in settings.areas]
    return Told(
        "\n".join(lines),
        [
            {
                "uuid": uuid,
                "uri": str(settings.area_uri(uuid)),
                "selected": uuid == selected,
                "alias": settings.unique_prefix(uuid),
            }
            for uuid in settings.areas
        ],
    )


def select(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics upload select`: an area by its URI or the beginning of its UUID."""
    del console
    given: str = arguments["uri_or_alias"]
    settings = UploadConfig()
    if not given.startswith("s3://"):
        uuid = settings.area_uuid_from_partial_uuid(given)
        settings.select_area(uuid)
        return Told(f"Upload area {uuid} selected.", {"uuid": uuid, "uri": str(settings.area_uri(uuid))})
    uri = UploadAreaURI(given)
    settings.add_area(uri)
    settings.select_area(uri.area_uuid)
    alias = settings.unique_prefix(uri.area_uuid)
    return Told(
        f'Upload area {uri.area_uuid} selected.\nIn future you may refer to this upload area using the alias "{alias}"',
        {"uuid": uri.area_uuid, "uri": str(uri), "alias": alias},
    )


def forget(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics upload forget`: an area, here only."""
    del console
    settings = UploadConfig()
    uuid = settings.area_uuid_from_partial_uuid(arguments["uuid_or_alias"])
    settings.forget_area(uuid)
    return Told(f"Forgetting about area {uuid}", {"uuid": uuid})


def creds(client: HcaUpload, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics upload creds`: temporary AWS credentials, as lines for a shell."""
    del console
    settings = UploadConfig()
    uri = settings.area_uri(settings.area_uuid_from_partial_uuid(arguments["uuid_or_alias"]))
    keys = client.keys(uri)
    shown = {
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key,
        "aws_session_token": keys.session_token,
    }
    lines = [f"{name.upper()}={value}" for name, value in shown.items()]
    return Told("\n".join(lines), {**shown, "expiry_time": keys.expiration})


def list_files(client: HcaUpload, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics upload list`: the files of the selected area."""
    del console
    long = bool(arguments.get("long"))
    found = [
        {"name": file.name} if file.info is None else file.info.to_dict()
        for file in client.ls(UploadConfig().selected(), detail=long)
    ]
    return Told("\n".join(_detailed(file) if long else file["name"] for file in found), found)


def status(client: HcaUpload, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics upload status`: how far one file is."""
    name: str = arguments["filename"]
    uri = _which(arguments)
    said = client.file_status(name, uri)
    data = {"file": name, "upload_area": uri.area_uuid, "env": uri.deployment_stage, "status": said}
    if "STATUS_RETRIEVAL_ERROR" in said:
        console.exit_code = 1
        return Told(said, data)
    return Told(f"File: {name} in UploadArea: {uri.deployment_stage}/{uri.area_uuid} is currently {said}", data)


def report(client: HcaUpload, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics upload report`: a text file about an area."""
    from pathlib import Path

    del console
    uri = _which(arguments)
    if arguments.get("output_file_name") == STDOUT:
        text = str(client.status(uri))
        return Told(text.removesuffix("\n"), text)
    file = Path(f"{arguments.get('output_file_name') or uri.area_uuid}.txt")
    if not file.parent.is_dir():
        raise UsageError(
            f"there is no folder {file.parent} for {file}", remedy="Name a file in a folder that is there."
        )
    text = str(client.status(uri))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritable(
            str(file), error.strerror or str(error), remedy="Choose another place with --output-file-name."
        ) from error
    told = f"File status report for {uri.deployment_stage}/{uri.area_uuid} generated, located {file}"
    return Told(told, {"upload_area": uri.area_uuid, "env": uri.deployment_stage, "file": str(file)})


def files(client: HcaUpload, arguments: Mapping[str, Any], console: Console) -> Told | None:
    """`omics upload files`: local files and objects of S3 into the selected area."""
    from omicsdk.cli.commands.reports import report_path, tell_report
    from omicsdk.cli.commands.transfer_reports import tell_verification, watched

    path = report_path(arguments.get("report"))
    area = UploadConfig().selected()
    quiet = bool(arguments.get("quiet"))

    def work(
        progress: Callable[[Progress], None] | None, control: Control | None, *, dry_run: bool = False
    ) -> UploadResult:
        return client.upload(
            arguments["upload_paths"],
            area,
            name=arguments.get("target_filename"),
            file_extension=arguments.get("file_extension"),
            accelerate=not arguments.get("no_transfer_acceleration"),
            sync=bool(arguments.get("sync")),
            progress=progress,
            control=control,
            dry_run=dry_run,
        )

    if arguments.get("dry_run"):
        found = work(None, None, dry_run=True).files
        planned = [{"path": file.path, "name": file.name, "size": file.size} for file in found]
        return Told("\n".join(f"{file['path']} -> {area.uri}{file['name']}" for file in planned), planned)
    result = watched(work, arguments, console, f"uploading to {area.area_uuid}")
    tell_report(path, result.report, result.errors, f"Upload to {area.uri}", console)
    tell_verification(result.report, console)
    return _told(result, area, console, quiet=quiet)


def _told(result: UploadResult, area: UploadAreaURI, console: Console, *, quiet: bool) -> Told | None:
    from omicsdk.cli.commands.reports import tell_failures

    counts, errors = result.counts, result.errors
    if (errors or counts["stopped"]) and not counts["done"] + counts["skipped"]:
        result.raise_if_failed()
    tell_failures(errors, console)
    if counts["stopped"]:
        why = result.report.why_stopped or "it was stopped"
        console.some_failed(
            f"{counts['stopped']} of {len(result.files)} files weren't uploaded: {why}. Run the same again."
        )
    lines = [
        f"{file.path} is in upload area {area.uri} already"
        if file.state == "skipped"
        else f"Upload complete of {file.path} to upload area {area.uri}"
        for file in result.files
        if file.error is None and file.state != "stopped"
    ]
    if not errors and not counts["stopped"]:
        lines.append(f"Completed upload of {len(result.files)} files to upload area {area.area_uuid}")
    return None if quiet else Told("\n".join(lines), result.to_dict())


def _which(arguments: Mapping[str, Any]) -> UploadAreaURI:
    """The area that --uuid and --env name, by default the selected one."""
    settings = UploadConfig()
    uuid, env = arguments.get("uuid"), arguments.get("env")
    if uuid is None:
        uri = settings.selected()
        return uri if env is None else settings.uri_of(env, uri.area_uuid)
    return settings.area_uri(uuid) if env is None else settings.uri_of(env, uuid)


def _detailed(file: Mapping[str, Any]) -> str:
    facts = {"size": f"{file['size']} bytes", "URL": file["url"], "Content-Type": file["content_type"]}
    checksums: Mapping[str, Any] = file.get("checksums") or {}
    facts |= {name: checksums[name.lower()] for name in _CHECKSUMS if name.lower() in checksums}
    return "\n".join([file["name"], *(f"\t{name:<12} {fact}" for name, fact in facts.items())])
