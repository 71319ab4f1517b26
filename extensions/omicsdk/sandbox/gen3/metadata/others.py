"""What the service asks of Fence and the index: in a real commons over HTTP, with the token of whoever asks it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.sandbox.gen3 import fence_files
from omicsdk.sandbox.gen3.indexd import aliases, records
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

State = TypeVar("State")


def upload(gen3: "Gen3", call: Call, name: str, resources: list[str]) -> tuple[str, str]:
    """A new GUID, and the address that its bytes are put to."""
    told = _asked(fence_files.upload_file, gen3, call, body={"file_name": name, "authz": resources})
    return told["guid"], told["url"]


def upload_to(gen3: "Gen3", call: Call, guid: str) -> str:
    """The address that the bytes of a GUID are put to."""
    return _asked(fence_files.upload_file_to_guid, gen3, call, {"file_id": guid})["url"]


def download(gen3: "Gen3", call: Call, guid: str) -> str:
    """The address that the bytes of a GUID or alias can be read from."""
    return _asked(fence_files.get_presigned_url, gen3, call, {"file_id": guid})["url"]


def delete_with_bytes(gen3: "Gen3", call: Call, guid: str) -> None:
    """Deletes a record and its bytes in all places."""
    _asked(fence_files.delete_file_locations, gen3, call, {"file_id": guid})


def delete(gen3: "Gen3", call: Call, guid: str) -> None:
    """Deletes a record."""
    found = gen3.index.get(guid) or {"did": guid, "rev": ""}
    _asked(records.delete_record, gen3.index, call, {"GUID": found["did"]}, {"rev": found["rev"]})


def new_version(gen3: "Gen3", call: Call, guid: str, name: str, resources: list[str]) -> str:
    """The GUID of a new version, which waits for its bytes."""
    body = {"file_name": name, "authz": resources}
    return _asked(records.create_blank_version, gen3.index, call, {"GUID": guid}, body=body)["did"]


def add_aliases(gen3: "Gen3", call: Call, guid: str, names: list[str]) -> None:
    """Gives a record other names."""
    body = {"aliases": [{"value": name} for name in names]}
    _asked(aliases.create_aliases, gen3.index, call, {"GUID": guid}, body=body)


def _asked(
    operation: Callable[[State, Call], Reply],
    state: State,
    call: Call,
    arguments: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Any:
    """The answer of another service's operation.

    Raises:
        Problem: It refused.
    """
    token = call.headers.get("authorization", "")
    headers = {"authorization": token} if token else {}
    content = json.dumps(body).encode() if body is not None else b""
    if body is not None:
        headers["content-type"] = "application/json"
    inner = replace(
        call,
        arguments=arguments or {},
        query=[*(query or {}).items()],
        headers=headers,
        body=body,
        content=content,
    )
    reply = operation(state, inner)
    if reply.status >= 400:
        raise Problem(reply.status, "refused", str(reply.body))
    return reply.body
