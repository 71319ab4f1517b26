"""docs/clients.md from what `make codegen` wrote: every generated client, with its import and operations."""

import json
import re
from pathlib import Path

OPENING = """\
# Generated clients

Made by `make docs` from what `make codegen` wrote. Each client works by itself: give it the service's address and, where
it asks for them, credentials of `omicsdk.core.credentials`. The asynchronous twin has `Async` before its name; for hundreds of
its calls a second install `omicsdk[fast]`, and close it, by `async with` or `await api.aclose()`. Its operations stand on the
command line too, under `omics <service> api` (those of the Data Store under `omics dss`).

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
| `client.get_collections.with_headers(...)` | what the call gives as `.value`, `.status`, and `.headers`: those that the document declares are typed attributes (None where one is absent), all are found by name | every operation |
| `client.get_collections.pages(...)` | each page, as it arrives | lists in pages |
| `client.get_collections.iterate(...)` | each item of each page; `.take(n)` gives the first n and asks for no further page | lists in pages; answers that are sequences (JSON lines, event streams), whose items come as they arrive |
| `client.get_file.stream(...)` | the answer's bytes, in a `with` block | files |

Every form takes the arguments of `build`; help(), inspect and editors show them, and its documentation, for each. This is the
whole of `operations/get_collections.py`:

"""

WEBHOOKS = """
## Webhooks and callbacks

What a service sends by itself, as a webhook or as the callback of an operation, is read by a function `parse_<name>` of the
package's module `webhooks`. It takes the body of the request, as bytes, as text or as the object that a web framework made of
it, and gives the model. Each field is checked: a body that isn't JSON, or isn't what the document says, raises DecodeError,
which names the webhook and the field. With `strict=False` fields of other types are kept as they are, as in answers. Headers
and signatures are not read; of the Data Store's notifications these are the business of `omicsdk.hca.dss.Listener`. A package
whose document has neither webhooks nor callbacks has no such module.

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
        + WEBHOOKS
    )
