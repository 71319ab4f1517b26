"""Paths of documents that have an index, which makes searches faster and changes nothing else."""

from typing import TYPE_CHECKING

from omicsdk.sandbox.gen3.metadata.refusals import Refusal, unknown
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3


def get_index_key_paths(gen3: "Gen3", call: Call) -> Reply:
    """GET /metadata_index."""
    del call
    return Reply(gen3.metadata.documents.paths())


def create_index_key_path(gen3: "Gen3", call: Call) -> Reply:
    """POST /metadata_index/{path}."""
    path = call.arguments["path"]
    if not gen3.metadata.documents.add_path(path):
        raise Refusal(409, f"Conflict: {path}")
    return Reply(path, 201)


def delete_index_key_path(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /metadata_index/{path}."""
    path = call.arguments["path"]
    if not gen3.metadata.documents.drop_path(path):
        raise unknown(path)
    return Reply(status=204)
