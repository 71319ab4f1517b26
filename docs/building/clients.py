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

OPERATION = """
## An operation

An operation is one module of three functions. `build` makes the request of the arguments and sends nothing; its signature and
its documentation are those of the operation. `parse` reads the answer. `items`, where there are pages, finds a page's items.
All three are plain functions over plain data; sending is not their business. The last line binds them: as an attribute of a
client the operation sends on this thread, as one of an asynchronous client it is awaited.

| form | gives | there for |
|---|---|---|
| `client.get_collections(...)` | what `parse` makes of the answer | every operation |
| `client.get_collections.raw(...)` | the answer as httpx has it, headers and all | every operation |
| `client.get_collections.pages(...)` | each page, as it arrives | lists in pages |
| `client.get_collections.iterate(...)` | each item of each page; `.take(n)` gives the first n and asks for no further page | lists in pages; answers that are sequences (JSON lines, event streams), whose items come as they arrive |
| `client.get_file.stream(...)` | the answer's bytes, in a `with` block | files |

Every form takes the arguments of `build`; help(), inspect and editors show them, and its documentation, for each. This is the
whole of `operations/get_collections.py`:

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
        names = re.findall(r"^class (\w+)\(_Operations, Client\)", source, re.MULTILINE)
        address = re.findall(r'_default_base_url = "([^"]*)"', source)
        module = "omicsdk_api." + service.replace("/", ".")
        where = f"`{address[0]}`" if address and address[0] else "none: give yours"
        rows.append(
            f"| {document['info']['title']} | `specs/{service}` | `from {module} import {names[0]}` | {len(commands)} | {where} |"
        )
    example = (folder / "dss" / "operations" / "get_collections.py").read_text(encoding="utf-8")
    return (
        OPENING
        + "\n".join(rows)
        + "\n"
        + OPERATION
        + f"<!-- not run: is a module of a package -->\n```python\n{example}```\n"
    )
