"""Blank records: they announce a file that is being uploaded, and are filled once afterwards."""

from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import is_blank
from omicsdk.sandbox.gen3.indexd.refusals import bad, mismatch, refuse
from omicsdk.sandbox.gen3.indexd.requests import arguments, schemas
from omicsdk.sandbox.service import Call, Reply


def create_blank(index: Index, call: Call) -> Reply:
    """POST /index/blank."""
    body = schemas.sent(call, schemas.BLANK)
    authz: list[str] = body.get("authz") or []
    index.sender(call).needs_or_uploads("create", authz)
    return Reply(index.create_blank(body.get("uploader"), body.get("file_name"), authz), 201)


def create_blank_version(index: Index, call: Call) -> Reply:
    """POST /index/blank/{GUID}: without resources of its own the new version has access rules of the old one."""
    body = schemas.sent(call, schemas.BLANK)
    sender = index.sender(call)
    if body.get("authz"):
        sender.needs("create", body["authz"])
    with index.records.transaction():
        older = index.existing(call.arguments["GUID"])
        sender.needs("update", older["authz"])
        if body.get("did") == older["did"]:
            raise refuse(409, f"{older['did']} already exists")
        rules = {"authz": body["authz"]} if body.get("authz") else {"authz": older["authz"], "acl": older["acl"]}
        given = {name: body.get(name) for name in ("did", "uploader", "file_name")}
        return Reply(index.create_version(older, {**given, **rules}), 201)


def update_blank(index: Index, call: Call) -> Reply:
    """PUT /index/blank/{GUID}."""
    body = schemas.sent(call, schemas.FILLING)
    with index.records.transaction():
        found = index.existing(call.arguments["GUID"])
        if not is_blank(found):
            raise bad("update api is not supported for non-empty record!")
        if arguments.text(call, "rev") != found["rev"]:
            raise mismatch()
        authz = body.get("authz")
        index.sender(call).needs_or_uploads("update", {*found["authz"], *authz} if authz else ())
        changes = {name: body.get(name) for name in ("size", "hashes", "urls", "authz")}
        return Reply(index.update(found["did"], changes))
