"""The documents that a sandbox serves beside its platforms: read from files, each with a name."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from omicsdk.sandbox.engine.engine import Engine

Spec = Path | str | Mapping[str, Any]
"""An OpenAPI document: a file, or a resolved document."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def named_specs(specs: Mapping[str, Spec] | Sequence[Spec], taken: Collection[str] = ()) -> dict[str, Spec]:
    """Documents by name; one without a name has that of its file, or of its title.

    Args:
        specs: Documents by name, or documents alone.
        taken: Names of platforms.

    Raises:
        ValueError: Two have one name, or a name is a platform's or none of small letters, digits, dots and dashes.
    """
    stated = specs.items() if isinstance(specs, Mapping) else ((_name_of(spec), spec) for spec in specs)
    found: dict[str, Spec] = {}
    for name, spec in stated:
        if name in found:
            raise ValueError(f"two documents are named {name!r}: give each another name")
        if not _NAME.fullmatch(name) or name == "sandbox":
            raise ValueError(f"{name!r} is no name of a service: use small letters, digits, dots and dashes")
        if name in taken:
            raise ValueError(f"{name!r} is a platform of the sandbox: give the document another name")
        found[name] = spec
    return found


def paired(files: Sequence[str], names: Sequence[str]) -> dict[str, Spec]:
    """Files by name, of which the first ones may be given.

    Args:
        files: The documents.
        names: Their names, as many or fewer.

    Raises:
        ValueError: There are more names than files, or two documents have one name.
    """
    if len(names) > len(files):
        raise ValueError(f"the name {names[len(files)]!r} has no document: give --spec for each --name")
    own = [*names, *(_name_of(each) for each in files[len(names) :])]
    if repeated := next((each for each in own if own.count(each) > 1), None):
        raise ValueError(f"two documents are named {repeated!r}: give each another name")
    return dict(zip(own, files, strict=True))


def variables(engine: "Engine", url: str, token: str) -> dict[str, str]:
    """The variables that the command line of a document's generated package reads.

    Args:
        engine: The document's service.
        url: Its base URL.
        token: A token of the sandbox, for each security scheme.
    """

    def spelled(name: str) -> str:
        separated = re.sub(
            r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", re.sub("oauth", "oauth", name, flags=re.IGNORECASE)
        )
        return re.sub(r"[^A-Za-z0-9]+", "_", separated).strip("_").upper()

    prefix = spelled(engine.name)
    found = {f"{prefix}_BASE_URL": url}
    for name, scheme in engine.document.get("components", {}).get("securitySchemes", {}).items():
        is_basic = str(scheme.get("scheme", "")).lower() == "basic"
        found[f"{prefix}_{spelled(name)}"] = f"sandbox:{token}" if is_basic else token
    return found


def _name_of(spec: Spec) -> str:
    title = (
        str(cast("Mapping[str, Any]", spec.get("info") or {}).get("title", ""))
        if isinstance(spec, Mapping)
        else Path(spec).name.partition(".")[0]
    )
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "api"


def engines_of(specs: Mapping[str, Spec]) -> "list[Engine]":
    """Engines of documents.

    Args:
        specs: Documents by name.

    Raises:
        ValueError: A file is no OpenAPI document; the message has all of its faults.
        OSError: A file cannot be read.
    """
    # Imported here, as the generator's front below: a sandbox of the platforms alone starts without both.
    from omicsdk.sandbox.engine.engine import Engine

    return [Engine(_read(spec), name=name) for name, spec in specs.items()]


def _read(spec: Spec) -> Mapping[str, Any]:
    if isinstance(spec, Mapping):
        return spec
    from omicsdk_codegen.document import DocumentError, read

    try:
        return cast("Mapping[str, Any]", read(Path(spec)).data)
    except DocumentError as error:
        raise ValueError(str(error)) from error
