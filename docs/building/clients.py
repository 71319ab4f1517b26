"""docs/clients.md from what `make codegen` wrote: every generated client, with its import and operations."""

import json
import re
from pathlib import Path

OPENING = """\
# Generated clients

Made by `make docs` from the output of `make codegen`. Each client works on its own: pass the service's URL and, if required,
credentials from `omicsdk.core.credentials`. The asynchronous client has the prefix `Async`; close it with `async with` or
`await api.aclose()`, and install `omicsdk[fast]` for hundreds of calls per second. The operations are also commands:
`omics <service> api` (those of the Data Store directly under `omics dss`).

| service | from | import | operations | default URL |
|---|---|---|---:|---|
"""

OPERATION = """
## An operation

An operation is one module with three functions over plain data. `build` returns the request for its arguments and sends nothing; its
signature and docstring are those of the operation. `parse` reads the response. `items`, for paged operations, returns the items of a
page. The last line makes them an operation. As an attribute of a client it sends its request in the calling thread; on an asynchronous
client, await it.

| form | returns | available for |
|---|---|---|
| `client.get_collections(...)` | the parsed response | every operation |
| `client.get_collections.raw(...)` | the `httpx.Response` | every operation |
| `client.get_collections.with_headers(...)` | `.value` (the parsed response), `.status` and `.headers`: declared headers are typed attributes (None if absent), all headers are accessible by name | every operation |
| `client.get_collections.pages(...)` | an iterator of pages | paged lists |
| `client.get_collections.iterate(...)` | an iterator of the items of all pages; `.take(n)` stops after n items and requests no further page | paged lists, and streamed sequences (JSON lines, event streams) |
| `client.get_file.stream(...)` | the response body, in a `with` block | files |

All forms take the arguments of `build`; `help()`, `inspect` and editors show its signature and docstring. This is the complete
`operations/get_collections.py`:

"""

WEBHOOKS = """
## Webhooks and callbacks

Requests that a service sends, as a webhook or as the callback of an operation, are parsed by a function `parse_<name>` in the package's
module `webhooks`. It takes the body of the request (bytes, text, or the object that a web framework parsed) and returns the model. Every
field is checked: a body that is not JSON or does not match the document raises `DecodeError`, which names the webhook and the field. With
`strict=False`, fields of other types are kept as received. Headers and signatures are not checked; for notifications of the Data Store use
`omicsdk.hca.dss.Listener`. Packages whose document has neither webhooks nor callbacks have no such module.

```python
from omicsdk.core.errors import DecodeError
from omicsdk_api.dss.webhooks import parse_notification

body = b\"\"\"{
  "transaction_id": "ac5e3c0a-6c3e-4b5e-8d0f-0f6ad7a8a9d1",
  "subscription_id": "b1a3c8a4-30f5-4d0e-9f5e-0a2f3b4c5d6e",
  "event_type": "CREATE",
  "match": {"bundle_uuid": "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", "bundle_version": "2024-03-01T120000.000000Z"}
}\"\"\"
notification = parse_notification(body)
print(notification.event_type, notification.match.bundle_uuid)

try:
    parse_notification({"transaction_id": "ac5e3c0a-6c3e-4b5e-8d0f-0f6ad7a8a9d1"})
except DecodeError as error:
    print(error.operation, error.field)
```

```text
CREATE 5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d
callback notification subscription_id
```
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
        where = f"`{address[0]}`" if address and address[0] else "none; pass your own"
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
        + WEBHOOKS
    )
