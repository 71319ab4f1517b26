"""Commands of the Upload service; they print the texts of the published client."""

from __future__ import annotations

from omicsdk.cli.commands.values import STREAM
from omicsdk.cli.listing import Rows
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.errors import NotWritable, UsageError
from omicsdk.hca.upload.areas import UploadAreaURI, UploadConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.hca.upload import HcaUpload, UploadedFile, UploadResult
    from omicsdk.transfer import Outcome

_CHECKSUMS = ("S3_Etag", "CRC32C", "SHA1", "SHA256")


def areas() -> TextAndData:
    """List known upload areas; the selected one is marked."""
    settings = UploadConfig()
    selected = settings.current_area
    lines = [f"{uuid} <- selected" if uuid == selected else uuid for uuid in settings.areas]
    return TextAndData(
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


def select(uri_or_alias: str) -> TextAndData:
    """Select the upload area for files.

    The area is stored in your HCA configuration. Later, a unique prefix of its UUID identifies it.

    Args:
        uri_or_alias: S3 URI of an upload area, s3://<bucket>-<stage>/<uuid>/, or the beginning of a known area's UUID.
    """
    settings, is_new = UploadConfig(), uri_or_alias.startswith("s3://")
    if is_new:
        uri = UploadAreaURI(uri_or_alias)
        settings.add_area(uri)
    else:
        uri = settings.area_uri(settings.area_uuid_from_partial_uuid(uri_or_alias))
    settings.select_area(uri.area_uuid)
    text, data = f"Upload area {uri.area_uuid} selected.", {"uuid": uri.area_uuid, "uri": str(uri)}
    if is_new:
        data["alias"] = alias = settings.unique_prefix(uri.area_uuid)
        text += f'\nIn future you may refer to this upload area using the alias "{alias}"'
    return TextAndData(text, data)


def forget(uuid_or_alias: str) -> TextAndData:
    """Forget an upload area, without deleting it.

    Args:
        uuid_or_alias: Full or partial (alias) UUID of an upload area that was selected before.
    """
    settings = UploadConfig()
    uuid = settings.area_uuid_from_partial_uuid(uuid_or_alias)
    settings.forget_area(uuid)
    return TextAndData(f"Forgetting about area {uuid}", {"uuid": uuid})


def creds(client: HcaUpload, uuid_or_alias: str) -> TextAndData:
    """Show temporary AWS credentials for an upload area.

    Prints them as shell variables: export $(omics upload creds UUID). They expire after a limited time.
    """
    keys = client.keys(uuid_or_alias)
    variables = {
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key,
        "aws_session_token": keys.session_token,
    }
    lines = [f"{name.upper()}={value}" for name, value in variables.items()]
    return TextAndData("\n".join(lines), {**variables, "expiry_time": keys.expiration})


def list_files(client: HcaUpload, *, long: bool = False) -> Rows:
    """List the files of the selected upload area.

    Args:
        long: Show details: size, URL, media type, checksums.
    """
    # Read once: the list is printed either as rows or as lines.
    rows = ({"name": file.name} if file.info is None else file.info.to_dict() for file in client.ls(detail=long))
    return Rows(lambda _: rows, lines=lambda: (_detailed(file) if long else file["name"] for file in rows))


def status(
    client: HcaUpload, filename: str, *, env: str | None = None, uuid: str | None = None, console: Console
) -> TextAndData:
    """Show the state of a file of an upload area: checksums, then validation.

    Args:
        filename: Name of the file in the area.
        env: Deployment that the area belongs to, such as prod; by default that of the area.
        uuid: Full UUID of the upload area; by default the selected one.
        console: Receives the exit code.
    """
    uri = _which(uuid, env)
    file_status = client.file_status(filename, uri)
    data = {"file": filename, "upload_area": uri.area_uuid, "env": uri.deployment_stage, "status": file_status}
    if "STATUS_RETRIEVAL_ERROR" in file_status:
        console.exit_code = 1
        return TextAndData(file_status, data)
    text = f"File: {filename} in UploadArea: {uri.deployment_stage}/{uri.area_uuid} is currently {file_status}"
    return TextAndData(text, data)


def report(
    client: HcaUpload, *, env: str | None = None, uuid: str | None = None, output_file_name: str | None = None
) -> TextAndData:
    """Write a report of an upload area: how many files are in each state.

    Args:
        output_file_name: Name of the report, to which .txt is added; by default the area's UUID. - is stdout.
    """
    from pathlib import Path

    uri = _which(uuid, env)
    if output_file_name == STREAM:
        text = str(client.status(uri))
        return TextAndData(text.removesuffix("\n"), text)
    file = Path(f"{output_file_name or uri.area_uuid}.txt")
    # Before the requests, which take long for a large area.
    if not file.parent.is_dir():
        raise UsageError(f"folder {file.parent} does not exist for {file}", remedy="Name a file in an existing folder.")
    text = str(client.status(uri))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritable(
            str(file), error.strerror or str(error), remedy="Choose another file with --output-file-name."
        ) from error
    message = f"File status report for {uri.deployment_stage}/{uri.area_uuid} generated, located {file}"
    return TextAndData(message, {"upload_area": uri.area_uuid, "env": uri.deployment_stage, "file": str(file)})


def uploaded(result: UploadResult, call: Call) -> TextAndData | None:
    """Render an upload in the published client's texts."""
    from omicsdk.cli.commands.transfers import finish, plan_line

    files = list(zip(result.uploaded, result.outcomes, strict=True))
    if call.arguments.get("dry_run"):
        planned = [
            {
                "path": file.path,
                "name": outcome.name,
                "size": outcome.size,
                "target": f"{result.target}{outcome.name}",
                "checksum": "crc32c",
                "source": file.path,
            }
            for file, outcome in files
        ]
        return TextAndData("\n".join(map(plan_line, planned)), planned)
    finish(result, call, where=result.target)
    lines = [
        f"{file.path} is in upload area {result.target} already"
        if outcome.state == "skipped"
        else f"Upload complete of {file.path} to upload area {result.target}"
        for file, outcome in files
        if outcome.is_present
    ]
    # As with the published client, the last line means that nothing failed.
    if len(lines) == len(files):
        lines.append(f"Completed upload of {len(files)} files to upload area {result.area_uuid}")
    summary = {
        "upload_area": result.area_uuid,
        "counts": result.counts,
        "verification": result.verification,
        "seconds": round(result.seconds, 3),
        "files": [_row(file, outcome) for file, outcome in files],
    }
    return TextAndData("" if call.console.is_quiet else "\n".join(lines), summary)


def _row(file: UploadedFile, outcome: Outcome) -> dict[str, object]:
    return {
        "path": file.path,
        "name": outcome.name,
        "state": outcome.state,
        "verification": outcome.verification if outcome.is_present else None,
        "size": outcome.size,
        "content_type": file.content_type,
        "checksums": dict(outcome.checksums),
        "notified": file.notified,
        **({} if outcome.error is None else {"error": str(outcome.error)}),
    }


def _which(uuid: str | None, env: str | None) -> UploadAreaURI:
    """Return the area of --uuid and --env, by default the selected one."""
    settings = UploadConfig()
    if uuid is None:
        uri = settings.selected()
        return uri if env is None else settings.uri_of(env, uri.area_uuid)
    return settings.area_uri(uuid) if env is None else settings.uri_of(env, uuid)


def _detailed(file: Mapping[str, Any]) -> str:
    facts = {"size": f"{file['size']} bytes", "URL": file["url"], "Content-Type": file["content_type"]}
    checksums: Mapping[str, Any] = file.get("checksums") or {}
    facts |= {name: checksums[name.lower()] for name in _CHECKSUMS if name.lower() in checksums}
    return "\n".join([file["name"], *(f"\t{name:<12} {fact}" for name, fact in facts.items())])
