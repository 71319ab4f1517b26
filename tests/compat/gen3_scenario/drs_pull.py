"""Downloads of DRS objects, over https, which is hard-coded in the published client."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

from noted import Noted
from party import Party, md5

PREFIX = "dg.TEST"


class Puller:
    """A login to the commons over https, and downloads with it."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.module = party.module("tools.download.drs_download")
        self.auth: Any = party.module("auth").Gen3Auth(refresh_file=os.environ["HTTPS_API_KEY"])
        self.host = self.module.get_hostname_from_endpoint(self.auth.endpoint)

    def manifest(self, name: str, rows: list[dict[str, Any]]) -> str:
        """Write a manifest in the format of discovery pages."""
        return self.party.local(name, json.dumps(rows))

    def objects(self, ids: list[str], folder: str, **more: Any) -> Any:
        """Download objects into a folder; return the name and status of each."""
        into = str(self.party.folder / folder)
        statuses = self.module.download_drs_objects(self.host, self.auth, ids, into, show_progress=False, **more)
        return statuses and [[status.filename, status.status] for status in statuses.values()]


def pulls(party: Party, note: Noted) -> None:
    puller = Puller(party)
    module = puller.module
    note("host", puller.host)
    contents = {"one.txt": b"the first", "two.txt": b"the second", "folder/three.txt": b"the third"}
    guids = {name: party.upload(name, content, authz=["/open"]) for name, content in contents.items()}
    rows = [
        {"object_id": guid, "file_name": name, "file_size": len(contents[name]), "md5sum": md5(contents[name].decode())}
        for name, guid in guids.items()
    ]
    manifest = puller.manifest("manifest.json", [{**rows[0], "more": 1}, *rows[1:]])
    into = str(party.folder / "pulled")
    module.download_files_in_drs_manifest(puller.host, puller.auth, manifest, into, show_progress=False)
    note("a manifest", party.below("pulled"))
    bare = puller.manifest("bare.json", [{"object_id": guid} for guid in guids.values()])
    module.download_files_in_drs_manifest(puller.host, puller.auth, bare, f"{into}-bare", show_progress=False)
    note("ids alone", party.below("pulled-bare"))
    of_host = [f"drs://{puller.host}/{guids['one.txt']}"]
    note("an id with its host", [puller.objects(of_host, "by-host"), party.below("by-host")])
    note("several", [puller.objects(list(guids.values())[:2], "several"), party.below("several")])
    note("where it is said", [puller.objects([guids["two.txt"]], "said", commons_url=puller.host), party.below("said")])
    listed = [
        module.list_files_in_drs_manifest(puller.host, puller.auth, manifest),
        module.list_drs_object(puller.host, puller.auth, guids["one.txt"]),
        module.list_access_in_drs_manifest(puller.host, puller.auth, manifest),
    ]
    note("listed", listed)


def bundles_and_packages(party: Party, note: Noted) -> None:
    puller = Puller(party)
    inner = [party.upload(f"part-{number}.txt", b"part %d" % number, authz=["/open"]) for number in (1, 2)]
    bundle = party.post("/index/bundle/", {"name": "a bundle", "bundles": inner})["bundle_id"]
    note.outcome("a bundle", lambda: puller.objects([bundle], "bundled") and None)
    note("what is in it", party.below("bundled"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inside/a.txt", "packed")
    package = party.upload("package.zip", packed.getvalue(), authz=["/open"])
    party.metadata.create(package, {"type": "package"})
    puller.objects([package], "unpacked", unpack_packages=True, delete_unpacked_packages=True)
    note("a package", party.below("unpacked"))
    puller.objects([package], "packed", unpack_packages=False)
    note("left packed", (party.folder / "packed" / "package.zip").is_file())


def by_hand(party: Party, note: Noted) -> None:
    puller = Puller(party)
    module = puller.module
    guid = party.upload("hand.txt", b"by hand", authz=["/open"])
    rows = [{"object_id": guid, "file_name": "hand.txt"}]
    downloadables = module.Manifest.load(Path(puller.manifest("hand.json", rows)))
    note("loaded", [[downloadable.object_id, downloadable.hostname] for downloadable in downloadables])
    manager = module.DownloadManager(puller.host, puller.auth, downloadables, show_progress=False)
    resolved = [
        [downloadable.file_name, downloadable.file_size, downloadable.hostname, downloadable.object_type.value]
        for downloadable in downloadables
    ]
    note("resolved", resolved)
    statuses = manager.download(downloadables, str(party.folder / "hand"), show_progress=False)
    note("downloaded", [[status.filename, status.status] for status in statuses.values()])
    note("came", party.below("hand"))
    note("access", sorted(manager.user_access()))
    token = puller.auth.get_access_token()
    info = module.get_drs_object_info(puller.host, guid)
    note("information", [info["id"], info["size"], module.extract_filename_from_object_info(info)])
    note("kind", module.get_drs_object_type(info).value)
    note("ways", [method["access_id"] for method in module.get_access_methods(info)])
    url, status = module.get_download_url_using_drs(puller.host, guid, "s3", token)
    note("a URL", [url is not None, status])
    note("its bytes", module.download_file_from_url(url, party.folder / "url.txt", False))
    note("whose access", sorted(module.get_user_auth(puller.host, token))[:3])
    note("other commons", sorted(module.wts_external_oidc(puller.host)))
    ids = (f"drs://{puller.host}/a/b", "dg.4DFC/abc", "not one!")
    note("identifiers", [module.parse_drs_identifier(identifier) for identifier in ids])


def wrong_pulls(party: Party, note: Noted) -> None:
    puller = Puller(party)
    good = party.upload("good.txt", b"good", authz=["/open"])
    where = party.index.get_record(good)["urls"]

    def record(name: str, **more: Any) -> str:
        fields = {"hashes": {"md5": md5("good")}, "size": 4, "urls": where, "file_name": name, "authz": ["/open"]}
        return party.index.create_record(**{**fields, **more})["did"]

    note.outcome("not there", lambda: puller.objects([f"{PREFIX}/nope", good], "first"))
    note("the other one", party.below("first"))
    note.outcome("an unknown prefix", lambda: puller.objects(["dg.NONE/x", good], "prefix"))
    note("the other one, too", party.below("prefix"))
    note.outcome("no place", lambda: puller.objects([record("placeless.txt", urls=[])], "no-place"))
    note.outcome("a wrong hash", lambda: puller.objects([record("wrong.txt", hashes={"md5": "0" * 32})], "wrong-hash"))
    note("what came of it", party.below("wrong-hash"))
    note.outcome("a name that leads out", lambda: puller.objects([record("../led-out.txt")], "inside"))
    note("led out", (party.folder / "led-out.txt").exists())
    second = record("second.txt", urls=["gs://sandbox-none/x", *where])
    note.outcome("a second way", lambda: puller.objects([second], "second-way"))
    note("by the second way", party.below("second-way"))


GROUPS = (pulls, bundles_and_packages, by_hand, wrong_pulls)
