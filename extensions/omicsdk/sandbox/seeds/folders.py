"""Folders as contents of the sandbox's platforms, as a user would have made them by the platforms' APIs."""

import shutil
import tempfile
import uuid as uuids
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omicsdk.sandbox.crunch.state import DATASET, PROJECT
from omicsdk.sandbox.dss.seeds import content_type, files_below
from omicsdk.sandbox.engine.engine import json_in
from omicsdk.sandbox.engine.store import Store
from omicsdk.sandbox.instance import Platforms
from omicsdk.sandbox.pangea.groups import new_sample
from omicsdk.sandbox.pangea.results import NEW_RESULT, new_replicate
from omicsdk.sandbox.pangea.state import NEW_GROUP, ORGANIZATION
from omicsdk.sandbox.pangea.store import named
from omicsdk.sandbox.sb import SANDBOX_SB_USER
from omicsdk.sandbox.sb.projects import add_project
from omicsdk.sandbox.upload import BUCKET, CHECKSUM

_WORKFLOW = "workflow"
_METADATA = "metadata.json"

Summary = dict[str, Any]


def _upload(platforms: Platforms, folder: Path) -> Summary:
    """A new upload area with the folder's files, whose checksums are known."""
    upload, objects = platforms.upload, platforms.context.objects
    stored = [(name, objects.put_file(path)) for name, path in _files(folder)]
    area = str(uuids.uuid4())
    address = upload.create(area)
    # The S3 server's guard waits for the database, so this is no transaction.
    try:
        for name, content in stored:
            key = f"{area}/{name}"
            if not platforms.context.staging.put(BUCKET, key, str(objects.path(content.sha256)), content_type(name)):
                raise ValueError(f"the S3 server takes no file of the name {name!r}")
        upload.schedule(CHECKSUM, area, [name for name, _ in stored], wait=False)
        for name, _ in stored:
            upload.settle(BUCKET, f"{area}/{name}")
    except BaseException:
        upload.delete(area)
        raise
    return {"area": address, "files": [name for name, _ in stored]}


def _sb(platforms: Platforms, folder: Path) -> Summary:
    """A new project of the folder's name with its files and folders."""
    sb = platforms.sb
    stored = [(name, sb.objects.put_file(path)) for name, path in _files(folder)]
    with platforms.context.database.transaction():
        project = add_project(sb, SANDBOX_SB_USER, folder.name)
        folders = {"": project["root_folder"]}
        for name, content in stored:
            above, _, last = name.rpartition("/")
            parent = _sb_folder(platforms, project["id"], folders, above)
            sb.files.add(project=project["id"], parent=parent, name=last, size=content.size, blob=content.sha256)
    return {"project": project["id"], "files": [name for name, _ in stored]}


def _sb_folder(platforms: Platforms, project: str, folders: dict[str, str], path: str) -> str:
    if path not in folders:
        above, _, last = path.rpartition("/")
        parent = _sb_folder(platforms, project, folders, above)
        folders[path] = platforms.sb.files.add(project=project, parent=parent, name=last, type="folder").id
    return folders[path]


def _gen3(platforms: Platforms, folder: Path) -> Summary:
    """The folder's files in the commons' bucket, each with a record in the index that every user may read."""
    objects = platforms.context.objects
    stored = [(name, objects.put_file(path)) for name, path in _files(folder)]
    files = [(name, content, objects.md5(content.sha256)) for name, content in stored]
    with platforms.context.database.transaction():
        return {"files": {file[0]: platforms.gen3.add_stored_file(*file) for file in files}}


def _crunch(platforms: Platforms, folder: Path) -> Summary:
    """A new project of the folder's name: its folders are datasets with their files, a file `workflow` is its workflow."""
    crunch = platforms.crunch
    datasets = sorted(path for path in folder.iterdir() if path.is_dir())
    if not datasets:
        raise ValueError(f"{folder} has no folders: each of them becomes a dataset")
    script = folder / _WORKFLOW
    try:
        workflow = script.read_text(encoding="utf-8") if script.is_file() else ""
    except UnicodeDecodeError as error:
        raise ValueError(f"{script} is not text in UTF-8") from error
    names = [folder.name, *(dataset.name for dataset in datasets)]
    if existing := [name for name in names if crunch.tree.named(name) is not None]:
        raise ValueError(f"the site has something called {existing[0]!r} already")
    if folder.name in names[1:]:
        raise ValueError(
            f"the project and one of its datasets would be called {folder.name!r}: names on a site are unique"
        )
    files = [(dataset.name, inside, source) for dataset in datasets for inside, source in files_below(dataset)]
    with tempfile.TemporaryDirectory(dir=platforms.context.objects.incoming) as scratch:
        copies = Path(scratch)
        for dataset, inside, source in files:
            target = copies / dataset / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        # What can fail has been done: renaming on one disk is left.
        with platforms.context.database.transaction():
            project = crunch.tree.add(PROJECT, None, {"name": folder.name, "workflow": workflow})
            created: dict[str, list[str]] = {}
            for dataset in names[1:]:
                # A dataset by default shares its project's folder, where files of two datasets may have one name.
                path = f"crunch/{project.slug}/{dataset}"
                added = crunch.tree.add(DATASET, project, {"name": dataset, "base_file_path": path})
                created[added.slug] = [inside for name, inside, _ in files if name == dataset]
            for dataset, inside, _ in files:
                target = crunch.storage / "crunch" / project.slug / dataset / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                (copies / dataset / inside).replace(target)
    return {"project": project.slug, "datasets": created}


def _pangea(platforms: Platforms, folder: Path) -> Summary:
    """A new library of the folder's name.

    Its folders are samples, `metadata.json` in one is its metadata, and MODULE/FIELD.json below it are fields of results.
    """
    store = platforms.pangea.store
    organization = store.all("organization", named(ORGANIZATION))
    if not organization:
        raise ValueError(f"Pangea has no organization {ORGANIZATION} to put a library into")
    if store.count("sample_group", named(folder.name)):
        raise ValueError(f"Pangea has a group {folder.name!r} already")
    samples = sorted(path for path in folder.iterdir() if path.is_dir())
    owner = organization[0]["uuid"]
    left = [name for name, _ in files_below(folder) if "/" not in name]
    created: list[str] = []
    with platforms.context.database.transaction():
        fields = {**NEW_GROUP, "organization": owner, "is_library": True, "has_library": True}
        library = store.add("sample_group", folder.name, fields, parent=owner)["uuid"]
        for sample_folder in samples:
            metadata: Any = json_in(sample_folder / _METADATA) if (sample_folder / _METADATA).is_file() else {}
            sample = new_sample(store, name=sample_folder.name, library=library, metadata=metadata)
            others = _pangea_results(platforms, sample["uuid"], sample_folder)
            left += [f"{sample_folder.name}/{name}" for name in others]
            created.append(sample_folder.name)
    return {"library": library, "samples": created, "left": left}


def _pangea_results(platforms: Platforms, sample: str, folder: Path) -> list[str]:
    """Make results of a sample; the names of files that cannot be one."""
    store = platforms.pangea.store
    modules: dict[str, str] = {}
    left: list[str] = []
    for name, path in files_below(folder):
        module, slash, field = name.partition("/")
        if name == _METADATA:
            continue
        if not slash or "/" in field or not field.endswith(".json"):
            left.append(name)
            continue
        if module not in modules:
            result = {**NEW_RESULT, "sample": sample, "replicate": new_replicate()}
            modules[module] = store.add("sample_ar", module, result, parent=sample)["uuid"]
        above = modules[module]
        data = {"stored_data": json_in(path), "analysis_result": above, "description": ""}
        store.add("sample_ar_field", field.removesuffix(".json"), data, parent=above)
    return left


def _files(folder: Path) -> list[tuple[str, Path]]:
    files = list(files_below(folder))
    if not files:
        raise ValueError(f"{folder} has no files")
    return files


def _check(folder: Path) -> None:
    """Check that each file of a folder can be read and has a name that can be sent.

    Raises:
        ValueError: A name is not UTF-8.
        OSError: A file cannot be read.
    """
    for name, path in files_below(folder):
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"the name of the file {name!r} is not UTF-8") from error
        with path.open("rb"):
            pass


# The function for a folder by platform, but for the Data Store, whose bundles have more arguments.
SERVICES: dict[str, Callable[[Platforms, Path], Summary]] = {
    "upload": _upload,
    "sb": _sb,
    "gen3": _gen3,
    "crunch": _crunch,
    "pangea": _pangea,
    "gdc": lambda platforms, folder: platforms.portals.add_to_gdc(folder),
    "ena": lambda platforms, folder: platforms.portals.add_to_ena(folder),
    "zenodo": lambda platforms, folder: platforms.portals.add_to_zenodo(folder),
    **{
        name: lambda platforms, folder, name=name: platforms.ga4gh.add_folder(name, folder)
        for name in ("htsget", "refget", "trs")
    },
}


def seed_service(platforms: Platforms, service: str, folder: Path) -> Summary:
    """Put a folder into one of the platforms, whole or not at all.

    Args:
        platforms: The sandbox's platforms.
        service: One of `SERVICES`, or the name of a document.
        folder: The folder.

    Returns:
        What was made; a list `left` has files that the platform has no place for.

    Raises:
        ValueError: The service is unknown, the folder is not one or has nothing for it, or a name is taken or invalid.
        OSError: A file cannot be read.
    """
    engine = next((candidate for candidate in platforms.engines if candidate.name == service), None)
    if service not in SERVICES and engine is None:
        names = ("dss", "azul", *SERVICES, *(candidate.name for candidate in platforms.engines))
        raise ValueError(f"there is no service {service!r}; there are {', '.join(names)}")
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    _check(folder)
    if engine is None:
        return SERVICES[service](platforms, folder)
    from omicsdk.sandbox.engine.engine import Seeds  # only sandboxes with documents need the engine

    with platforms.context.database.transaction():
        return Seeds(engine, Store(platforms.context.database)).add_folder(folder)
