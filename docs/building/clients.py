"""docs/clients.md from what `make codegen` wrote: every generated client, with its import and operations."""

import json
import re
from pathlib import Path

OPENING = """\
# Generated clients

Made by `make docs` from what `make codegen` wrote. Each client works by itself: give it the service's address and, where
it asks for them, credentials of `omicsdk.core.credentials`. The asynchronous twin has `Async` before its name. Its
operations stand on the command line too, under `omics <service> api` (those of the Data Store under `omics dss`).

| service | from | import | operations | default address |
|---|---|---|---:|---|
"""


def clients(folder: Path) -> str:
    """The page of all generated clients.

    Args:
        folder: The generated tree.
    """
    rows: list[str] = []
    for path in sorted(folder.rglob("commands.json")):
        service = path.parent.relative_to(folder).as_posix()
        commands = json.loads(path.read_text(encoding="utf-8"))
        document = json.loads((path.parent / "openapi.json").read_text(encoding="utf-8"))
        source = (path.parent / "client.py").read_text(encoding="utf-8")
        names = re.findall(r"^class (\w+)\(Client\)", source, re.MULTILINE)
        address = re.findall(r'_default_base_url = "([^"]*)"', source)
        module = "omicsdk_api." + service.replace("/", ".")
        where = f"`{address[0]}`" if address and address[0] else "none: give yours"
        rows.append(
            f"| {document['info']['title']} | `specs/{service}` | `from {module} import {names[0]}` | {len(commands)} | {where} |"
        )
    return OPENING + "\n".join(rows) + "\n"
