"""Bytes: uploads, presigned URLs, downloads, storage of workspaces."""

from noted import Noted
from party import Party


def file(party: Party, note: Noted) -> None:
    files = party.files
    upload = files.upload_file("reads.txt", authz=["/open"])
    note("upload", sorted(upload))
    party.fetch(upload["url"], b"some reads")
    party.finish()
    guid = upload["guid"]
    note("record", [party.index.get_record(guid)[name] for name in ("size", "file_name", "authz", "uploader")])
    again = files.upload_file_to_guid(guid, "reads.txt")
    note("a URL again", sorted(again))
    signed = files.get_presigned_url(guid)
    note("presigned", sorted(signed))
    note("bytes", party.fetch(signed["url"]))
    note("of a kind", party.fetch(files.get_presigned_url(guid, protocol="s3")["url"]))
    note.outcome("of no kind", lambda: files.get_presigned_url(guid, protocol="ftp"))
    note.outcome("not there", lambda: files.get_presigned_url("nope"))
    (party.folder / "single").mkdir()
    note("downloaded", files.download_single(guid, str(party.folder / "single")))
    note("what came", party.below("single"))
    note("deleted", files.delete_file_locations(guid))
    note.outcome("its record", lambda: party.index.get_record(guid))
    other = party.upload("other.txt", b"other", expires_in=600)
    note("deleted as of old", files.delete_file(other))


def wrong_downloads(party: Party, note: Noted) -> None:
    files = party.files
    party.folder.joinpath("wrong").mkdir()
    into = str(party.folder / "wrong")
    note.outcome("not there", lambda: files.download_single("nope", into))
    names = {"a hash": "hash.txt", "a size": "size.txt", "a name that leads out": "../escaped.txt"}
    guids = {
        what: party.index.create_record(
            {"md5": "0" * 32} if what == "a hash" else {"md5": "d850f04cdb48312a9be171e214c0b4ee"},
            7 if what == "a size" else 5,
            urls=party.index.get_record(party.upload(f"from-{at}.txt", b"bytes"))["urls"],
            file_name=name,
            authz=["/open"],
        )["did"]
        for at, (what, name) in enumerate(names.items())
    }
    for what, guid in guids.items():
        note.outcome(what, lambda guid=guid: files.download_single(guid, into))
    note("left", sorted(party.below("wrong")))
    note("escaped", (party.folder / "escaped.txt").exists())


def workspaces(party: Party, note: Noted) -> None:
    module = party.module("wss")
    storage = module.Gen3WsStorage(party.auth)
    path = party.local("ws/a.txt", "a workspace")
    note("of a URL", module.wsurl_to_tokens("ws:///@user/a/b.txt"))
    storage.upload(path, "@user", "x/a.txt")
    note("listed", _keys(storage.ls("@user", "x/")))
    note("by its URL", _keys(storage.ls_path("ws:///@user/x/")))
    storage.download("@user", "x/a.txt", str(party.folder / "ws" / "b.txt"))
    party.fetch(storage.upload_url("@user", "x/c.txt")["Data"], b"by hand")
    note("by hand", party.fetch(storage.download_url("@user", "x/c.txt")["Data"]))
    storage.copy(path, "ws:///@user/copied.txt")
    storage.copy("ws:///@user/copied.txt", str(party.folder / "ws" / "d.txt"))
    note("what came", party.below("ws"))
    note("all", _keys(storage.ls("@user", "")))
    storage.rm("@user", "copied.txt")
    storage.rm_path("ws:///@user/x/c.txt")
    note("left", _keys(storage.ls("@user", "")))
    note.outcome("from one to another", lambda: storage.copy("ws:///@user/x/a.txt", "ws:///@user/twice.txt"))
    note("copied", _keys(storage.ls("@user", "twice")))
    note.outcome("no such workspace", lambda: storage.ls("@nobody", ""))
    note.outcome("nothing there", lambda: storage.download("@user", "nope", str(party.folder / "nope")))
    note("no file of it", (party.folder / "nope").exists())
    note.outcome("no URL of a workspace", lambda: module.wsurl_to_tokens("s3://a/b"))


def _keys(listing: dict) -> list[str]:
    return [entry["WorkspaceKey"] for entry in listing["Data"]["Objects"]]


GROUPS = (file, wrong_downloads, workspaces)
