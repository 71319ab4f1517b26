"""The contents of the sandbox that published programs are run against, and the names by which programs.toml refers to them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.sevenbridges import Api
from omicsdk.sandbox.server import Sandbox

PROFILES = ("default", "cgc", "sbpla", "sbg", "cavatica")
PUBLIC = "admin/sbg-public-data"


RECORD = "255e396f-f1f8-11e9-9a07-0a80fada0900"
BUNDLE = {
    "biomaterial.json": {
        "biomaterials": [
            {
                "content": {
                    "target_cell_type": {"text": "effector T cell"},
                    "organ": {"text": "hematopoietic system"},
                    "total_estimated_cells": 5,
                }
            }
        ]
    },
    "process.json": {
        "describedBy": "https://schema.example.org/process",
        "schema_type": "process",
        "processes": [{"content": {"dissociation_method": "10x_v2"}}],
    },
    "project.json": {"provenance": {"document_id": "74b6d569-3b11-42ef-b6b1-a0454522b4a0"}},
    "reads.fastq.gz": "reads",
    "sample.bam": "alignments",
    "sample.results": "gene_id\tTPM\nENSG1\t0.5\n",
}
METADATA = {"experimental_strategy": "WXS", "platform": "Illumina", "sample_id": "1"}


def contents(sandbox: Sandbox, home: Path, resources: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Fill a sandbox and a user's home.

    Args:
        sandbox: The sandbox, new.
        home: The home.
        resources: Names that the programs look for on Seven Bridges: `projects`, `apps` with their `inputs`, `files` and `users`.

    Returns:
        Values for programs.toml by their names.
    """
    (home / ".gen3").mkdir(parents=True)
    sandbox.gen3_credentials(home / ".gen3" / "credentials.json")
    (home / ".sevenbridges").mkdir()
    access = f"api_endpoint = {sandbox.sb_url}\nauth_token = {sandbox.sb_token}\n"
    (home / ".sevenbridges" / "credentials").write_text("".join(f"[{name}]\n{access}\n" for name in PROFILES))
    bundle = home / "bundle"
    bundle.mkdir()
    for name, content in BUNDLE.items():
        (bundle / name).write_text(content if isinstance(content, str) else json.dumps(content))
    seeded: dict[str, Any] = dict(sandbox.seed(bundle))
    file = next(entry for entry in seeded["files"] if entry["name"] == "process.json")
    values = {
        "swagger_url": sandbox.swagger_url,
        "sb_url": sandbox.sb_url,
        "sb_token": sandbox.sb_token,
        "gen3_url": sandbox.gen3_url,
        "staging_bucket": sandbox.staging_bucket,
        "pangea_user": sandbox.environment()["PANGEA_USER"],
        "pangea_password": sandbox.password,
        "bundle_uuid": seeded["bundle_uuid"],
        "bundle_version": seeded["version"],
        "file_uuid": file["uuid"],
        "file_version": file["version"],
    }
    with Gen3Index(auth_provider=Gen3Auth(refresh_file=home / ".gen3" / "credentials.json")) as index:
        index.create_record({"md5": "0" * 32}, 3, did=RECORD, urls=["s3://bucket/NWD680715.raw"], authz=["/open"])
    return values | (_seven_bridges(sandbox, resources) if resources else {})


def _seven_bridges(sandbox: Sandbox, resources: Mapping[str, Sequence[str]]) -> dict[str, str]:
    for user in ("admin", *resources["users"]):
        sandbox.sb.add_user(user)
    members = dict.fromkeys(("write", "read", "copy", "execute", "admin"), True)
    ids: list[str] = []
    for user, names in (("admin", ["sbg public data"]), ("sandbox-user", ["Of others", *resources["projects"]])):
        with Api(sandbox.sb_url, sandbox.sb.token_for(user)) as api:
            for name in names:
                project = api.projects.create(name)
                ids.append(project.id)
                if user == "admin":
                    project.add_member("sandbox-user", members)
                    sandbox.sb.documents.put(
                        "project",
                        project.id,
                        {**(sandbox.sb.documents.get("project", project.id) or {}), "category": "PUBLIC"},
                    )
                elif name == "Of others":  # nothing may be in the way of copies to it
                    continue
                for number, app in enumerate(resources["apps"]):
                    tool = {"cwlVersion": "v1.0", "class": "CommandLineTool", "label": app, "baseCommand": "true"}
                    inputs = [{"id": "reference", "type": "File?"}, {"id": "files", "type": "File[]?"}]
                    inputs += [{"id": name, "type": "File?"} for name in resources.get("inputs", ())]
                    app_id = f"{project.id}/app-{number}"
                    api.apps.install_app(app_id, {**tool, "inputs": inputs, "outputs": []})
                root = sandbox.sb.files.root(project.id)
                for file in resources["files"]:
                    sandbox.sb.add_file(b">1\nACGT\n", project=project.id, parent=root, name=file, metadata=METADATA)
    assert ids[0] == PUBLIC, ids
    with Api(sandbox.sb_url, sandbox.sb_token) as api:
        folder = api.files.create_folder("folder", project=ids[2])
        for file in resources["files"]:
            sandbox.sb.add_file(b">1\nACGT\n", project=ids[2], parent=folder.id, name=file, metadata=METADATA)
        file = next(iter(folder.list_files()))
        task = api.tasks.create("A task", project=ids[2], app=f"{ids[2]}/app-0", inputs={})
    named = {
        "project": ids[2],
        "other": ids[1],
        "app": f"{ids[2]}/app-0",
        "folder": folder.id,
        "file": file.id,
        "task": task.id,
    }
    return {f"sb_{name}": value for name, value in named.items()}
