"""`omics drs`: objects of any server are shown, listed, downloaded and resolved."""

import hashlib
import json
from contextlib import closing

import pytest
from drs_host import DrsHost
from omicsdk import Gen3
from omicsdk.drs.resolution import DAYS, HostCache
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from service_command import service_command

VARIABLES = ("OMICS_DRS_URL", "OMICS_DRS_TOKEN")


@pytest.fixture
def drs(omics, monkeypatch, tmp_path):
    variables = {"DRS_RESOLUTION_ORDER": "cache_file", "DRS_CACHE": str(tmp_path / "hosts.json")}
    return service_command(omics, "drs", monkeypatch, tmp_path, variables, VARIABLES)


@pytest.fixture
def commons(omics_sandbox):
    return omics_sandbox.gen3


@pytest.fixture
def host(omics_sandbox):
    return omics_sandbox.url.partition("://")[2]


@pytest.fixture
def bundle(commons, omics_sandbox):
    """A bundle of two files and a bundle."""
    token = commons.access.issue(ADMINISTRATOR, omics_sandbox.url)
    with Gen3(omics_sandbox.gen3_url, credentials=token) as gen3:

        def made(name, *members):
            return gen3.indexd.create_bundle.raw(name=name, bundles=list(members)).json()["bundle_id"]

        inner = made("inner", commons.add_file("c.txt", b"three"))
        return made("outer", commons.add_file("a.txt", b"one"), commons.add_file("b.txt", b"two"), inner)


def files(folder):
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in paths if not path.parts[0].startswith("."))


def test_an_object_is_shown_as_its_server_describes_it(drs, commons, host, omics_sandbox, tmp_path):
    guid = commons.add_file("a.txt", b"one")
    shown = drs("get", f"drs://{host}/{guid}")
    assert (shown.code, shown.json["id"], shown.json["name"], shown.json["size"]) == (0, guid, "a.txt", 3)
    assert {checksum["type"] for checksum in shown.json["checksums"]} == {"md5", "sha256"}
    assert drs("get", guid, "--base-url", f"{omics_sandbox.gen3_url}/ga4gh/drs/v1").json == shown.json
    assert files(tmp_path / "work") == []
    HostCache(tmp_path / "hosts.json", DAYS).keep(guid.partition("/")[0], host)
    assert drs("get", f"drs://{guid.replace('/', ':')}").json == shown.json


def test_a_missing_server_or_object_is_named(drs, host):
    gone = drs("get", f"drs://{host}/gone")
    assert (gone.code, "404" in gone.err) == (1, True)
    for words in (("get", "gone"), ("resolve", "gone"), ("ls", "gone"), ("api", "get-object", "--object-id", "gone")):
        nowhere = drs(*words)
        assert (nowhere.code != 0, "--base-url" in nowhere.err, "server.invalid" in nowhere.err) == (True, True, False)
    assert drs("api", "get-object", "--object-id", "gone").code == 2
    assert drs("get", "no good id").code == 2
    unknown = drs("get", "drs://dg.ELSEWHERE:1")
    assert (unknown.code, "dg.ELSEWHERE" in unknown.err) == (1, True)


def test_the_files_of_a_bundle_are_listed(drs, host, bundle):
    listed = drs("ls", f"drs://{host}/{bundle}")
    assert [(row["file_name"], row["size"]) for row in listed.json] == [
        ("outer/a.txt", 3),
        ("outer/b.txt", 3),
        ("outer/inner/c.txt", 5),
    ]
    assert listed.json[0]["checksums"]["md5"] == hashlib.md5(b"one").hexdigest()


def test_objects_and_bundles_are_downloaded_once(drs, commons, host, bundle, tmp_path):
    one = f"drs://{host}/{commons.add_file('d.txt', b'four')}"
    planned = drs("download", one, "--dry-run")
    assert (planned.json["bytes_to_fetch"], files(tmp_path / "work")) == (4, [])
    ran = drs("download", one, f"drs://{host}/{bundle}", "-d", "got")
    assert (ran.code, ran.json["counts"]["done"]) == (0, 4)
    assert "4 files (15 B) downloaded to got" in ran.err
    assert "4 verified" in ran.err
    assert files(tmp_path / "work/got") == ["d.txt", "outer/a.txt", "outer/b.txt", "outer/inner/c.txt"]
    again = drs("download", one, f"drs://{host}/{bundle}", "-d", "got")
    assert again.json["counts"]["skipped"] == 4
    assert "0 files (0 B) downloaded to got" in again.err
    some = drs("download", one, f"drs://{host}/gone", "-d", "got", "--report", "r.jsonl")
    assert (some.code, "1 failed" in some.err) == (3, True)
    assert (tmp_path / "work/r.jsonl").is_file()


def test_where_an_object_is_is_printed(drs, commons, host, bundle):
    guid = commons.add_file("a.txt", b"one")
    resolved = drs("resolve", f"drs://{host}/{guid}").json
    assert (resolved["host"], resolved["object_id"], resolved["is_bundle"]) == (host, guid, False)
    assert [method["type"] for method in resolved["access"]] == ["s3"]
    assert resolved["access"][0]["url"].startswith(f"http://{host}/")
    assert drs("resolve", f"drs://{host}/{guid}", "--query", "access[0].url").out.startswith("http://")
    assert drs("resolve", f"drs://{host}/{bundle}").json["access"] == []


def test_a_token_goes_to_the_server_of_the_base_url_only(drs):
    with closing(DrsHost()) as here, closing(DrsHost()) as there:
        here.token = there.token = "t0ken"
        base = ("--base-url", f"http://{here.name}", "--access-token", "t0ken")
        here.add("a", b"a")
        assert drs("get", "a", *base).json["id"] == "a"
        refused = drs("get", there.add("b", b"b"), *base)
        assert (refused.code, "--access-token" in refused.err) == (4, True)


def test_passports_are_read_from_files_and_go_to_the_server_of_the_base_url(drs, tmp_path):
    with closing(DrsHost()) as here, closing(DrsHost()) as there:
        here.token = there.token = "t0ken"
        here.passports = there.passports = {"b.b.b"}
        file = tmp_path / "passports.txt"
        file.write_text("a.a.a\nb.b.b\n")
        base = ("--base-url", f"http://{here.name}", "--passport", str(file))
        got = drs("download", here.add("a", b"a"), *base, "-d", "got")
        assert (got.code, got.json["counts"]["done"]) == (0, 1)
        refused = drs("get", there.add("b", b"b"), *base)
        assert (refused.code, "b.b.b" in refused.err) == (4, False)
        assert "POST" not in {method for method, _, _ in there.requests}
        file.write_text("secret words")
        wrong = drs("get", "a", *base)
        assert (wrong.code != 0, "secret" in wrong.err, "Passport 1" in wrong.err) == (True, False, True)
        assert drs("get", "a", "--passport", str(tmp_path / "none")).code == 2


def test_a_passport_opens_what_its_issuer_opens_in_the_sandbox(drs, commons, host, omics_sandbox, tmp_path):
    one = commons.add_file("one.txt", b"one", authz=["/programs/one"])
    two = commons.add_file("two.txt", b"two", authz=["/programs/two"])
    file = tmp_path / "passport.txt"
    file.write_text(commons.access.issue(ADMINISTRATOR, omics_sandbox.url, purpose="passport"))
    words = ("download", f"drs://{host}/{one}", f"drs://{host}/{two}", "-d", "got")
    options = ("--base-url", omics_sandbox.gen3_url, "--passport", str(file))
    refused = drs(*words, *options)
    assert (refused.code, "not supported by this instance" in refused.err) == (3, True)
    issuer = f"{omics_sandbox.url}/user"
    omics_sandbox.settings.turn(
        {"gen3.passport_issuers": json.dumps({"/programs/one": [issuer], "/programs/two": ["other"]})}
    )
    some = drs(*words, *options)
    assert (some.code, some.json["counts"]["done"], some.json["counts"]["failed"]) == (3, 1, 1)
    assert files(tmp_path / "work/got") == ["one.txt"]


def test_the_login_of_a_commons_is_found_for_its_own_objects(drs, commons, host, omics_sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("GEN3_ENDPOINT", omics_sandbox.gen3_url)
    monkeypatch.setenv("GEN3_API_KEY", str(omics_sandbox.gen3_credentials(tmp_path / "key.json")))
    guid = commons.add_file("closed.txt", b"closed", authz=["/programs/closed"])
    monkeypatch.setenv("OMICS_DRS_HOSTS", f"dg.test={host}")
    uri = f"drs://dg.TEST:{guid.partition('/')[2]}"
    assert drs("download", uri, "-d", "got").json["counts"]["done"] == 1
    monkeypatch.delenv("GEN3_API_KEY")
    assert drs("download", uri, "-d", "again").code == 4
