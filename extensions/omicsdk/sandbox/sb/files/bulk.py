"""Operations on up to 100 files in one request; what fails for one doesn't stop the others."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.bulk import in_bulk
from omicsdk.sandbox.sb.files.changes import change_file, copied
from omicsdk.sandbox.sb.files.placing import destination
from omicsdk.sandbox.sb.files.single import remove_one
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply


def bulk_get_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/get."""
    return in_bulk(sb, call.body["file_ids"], lambda id: file_json(call, sb.file(call, id, "read")))


def bulk_delete_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/delete."""

    def delete(id: str) -> JsonObject:
        record = sb.file(call, id, "write")
        remove_one(sb, record)
        return file_json(call, record)

    return in_bulk(sb, call.body["file_ids"], delete)


def bulk_update_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/update."""
    erased: JsonObject = {"tags": [], "metadata": {}}

    def replace(item: Mapping[str, Any]) -> JsonObject:
        return file_json(call, change_file(sb, sb.file(call, item["id"], "write"), {**erased, **item}, merge=False))

    return in_bulk(sb, call.body["items"], replace)


def bulk_edit_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/edit."""

    def edit(item: Mapping[str, Any]) -> JsonObject:
        return file_json(call, change_file(sb, sb.file(call, item["id"], "write"), item, merge=True))

    return in_bulk(sb, call.body["items"], edit)


def bulk_copy_files(sb: Sb, call: Call) -> Reply:
    """POST /action/files/copy."""
    folder = destination(sb, call, {"project": call.body["project"]})

    def copy(id: str) -> JsonObject:
        try:
            made = copied(sb, sb.file(call, id, "copy"), folder, None)
        except Problem as problem:
            return {"status": problem.title}
        return {"status": "ok", "new_file_id": made.id, "new_file_name": made.name}

    return Reply({id: copy(id) for id in call.body["file_ids"]})
