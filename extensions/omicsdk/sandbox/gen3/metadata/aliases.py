"""Other names of documents."""

from typing import TYPE_CHECKING

from omicsdk.sandbox.gen3.metadata.reading import Reading
from omicsdk.sandbox.gen3.metadata.refusals import Refusal, unknown
from omicsdk.sandbox.gen3.metadata.store import Taken
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3


def get_aliases(gen3: "Gen3", call: Call) -> Reply:
    """GET /metadata/{guid}/aliases."""
    return _told(gen3, call.arguments["guid"], 200)


def create_aliases(gen3: "Gen3", call: Call) -> Reply:
    """POST /metadata/{guid}/aliases."""
    guid, aliases = call.arguments["guid"], _sent(call)
    if gen3.metadata.documents.aliases(guid):
        raise Refusal(409, f"Aliases already exist for {guid}. Use PUT to overwrite.")
    return _set(gen3, guid, aliases)


def update_aliases(gen3: "Gen3", call: Call) -> Reply:
    """PUT /metadata/{guid}/aliases."""
    reading = Reading(call)
    merge = reading.flag("merge", False)
    reading.done()
    guid, aliases = call.arguments["guid"], _sent(call)
    kept = gen3.metadata.documents.aliases(guid) if merge else []
    return _set(gen3, guid, [*kept, *aliases])


def delete_aliases(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /metadata/{guid}/aliases."""
    guid = call.arguments["guid"]
    if not gen3.metadata.documents.aliases(guid):
        raise Refusal(404, f"No aliases found for: {guid}")
    gen3.metadata.documents.set_aliases(guid, ())
    return Reply(status=204)


def delete_alias(gen3: "Gen3", call: Call, guid: str = "", alias: str = "") -> Reply:
    """DELETE /metadata/{guid}/aliases/{alias}.

    Args:
        gen3: The commons.
        call: The request.
        guid: The document; by default as the address says.
        alias: Which of its aliases; by default as the address says.
    """
    guid, alias = guid or call.arguments["guid"], alias or call.arguments["alias"]
    aliases = gen3.metadata.documents.aliases(guid)
    if alias not in aliases:
        raise Refusal(404, f"Alias: '{alias}' for GUID: '{guid}' not found.")
    gen3.metadata.documents.set_aliases(guid, [each for each in aliases if each != alias])
    return Reply(status=204)


def _sent(call: Call) -> list[str]:
    reading = Reading(call)
    aliases = reading.texts(reading.fields(), "aliases")
    reading.done()
    return aliases


def _set(gen3: "Gen3", guid: str, aliases: list[str]) -> Reply:
    if not gen3.metadata.documents.has(guid):
        raise unknown(guid)
    try:
        gen3.metadata.documents.set_aliases(guid, aliases)
    except Taken:
        raise Refusal(409, "Alias is already in use by a different GUID.") from None
    return _told(gen3, guid, 201)


def _told(gen3: "Gen3", guid: str, status: int) -> Reply:
    return Reply({"guid": guid, "aliases": gen3.metadata.documents.aliases(guid)}, status)
