"""The control API, and the sandbox as an object: its life, its folder, its restart."""

import json
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import omicsdk
import pytest
from claimed_ports import free_port
from omicsdk.core.settings.config import set_value, unset
from omicsdk.sandbox import FolderInUse, Rule, Sandbox, running_url
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.state.folder import at_rest
from waiting import until


@pytest.fixture
def control(sandbox: Sandbox):
    with httpx.Client(base_url=f"{sandbox.url}/_sandbox", trust_env=False, verify=False) as client:
        yield client


def test_what_there_is(sandbox: Sandbox, control):
    info = control.get("/").json()
    assert info["url"] == sandbox.url
    assert info["services"]["dss"]["swagger_url"] == sandbox.swagger_url
    assert Path(info["folder"]) == sandbox.folder
    assert (info["version"], info["staging_bucket"]) == (omicsdk.__version__, sandbox.staging_bucket)
    plain = ("azul", "htsget", "refget", "trs", "gdc", "zenodo")
    assert {name: {*about} for name, about in info["services"].items()} == {
        **{name: {"url"} for name in plain},
        **{name: {"swagger_url"} for name in ("dss", "auth")},
        "upload": {"url", "api_key"},
        "sb": {"url", "token"},
        "gen3": {"url", "client_id", "client_secret"},
        "crunch": {"url", "token", "password"},
        "pangea": {"url", "user", "password"},
        "ena": {"url", "sdl_url"},
    }


def test_moving_time(sandbox: Sandbox, control):
    assert control.post("/clock", json={"freeze": "2030-01-01T00:00:00+00:00"}).json()["frozen"]
    assert control.post("/clock", json={"advance": 60}).json()["now"] == 1893456060
    assert control.get("/clock").json()["now"] == sandbox.clock.now()
    assert not control.post("/clock", json={"resume": True}).json()["frozen"]
    for body in ({"advance": -5}, {"back": 1}, {"freeze": "soon"}, {"freeze": True, "advance": -5}):
        assert control.post("/clock", json=body).status_code == 400
    assert not control.get("/clock").json()["frozen"]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a process keeps its time zone")
def test_a_time_without_a_zone_is_utc(control):
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TZ", "America/New_York")
            time.tzset()
            assert control.post("/clock", json={"freeze": "2030-01-01T00:00:00"}).json()["now"] == 1893456000
    finally:
        time.tzset()


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/clock", 5, "JSON object"),
        ("/clock", [1], "JSON object"),
        ("/clock", {"forward": 1}, "no 'forward'; there are advance"),
        ("/clock", {"advance": "x"}, "advance cannot be"),
        ("/clock", {"advance": None}, "advance cannot be null"),
        ("/clock", {"advance": True}, "advance cannot be true"),
        ("/clock", {"advance": -1}, "only moves forward"),
        ("/clock", {"advance": 1e300}, "year 9000"),
        ("/clock", {"freeze": [1]}, "freeze cannot be"),
        ("/clock", {"freeze": "yesterday"}, "yesterday"),
        ("/clock", {"freeze": -1e15}, "1970"),
        ("/tokens", [1], "JSON object"),
        ("/tokens", {"emal": "x"}, "no 'emal'"),
        ("/tokens", {"seconds": "x"}, "seconds cannot be"),
        ("/tokens", {"groups": "hca"}, "groups cannot be"),
        ("/tokens", {"groups": ["x"]}, "no group 'x'"),
        ("/seed", 5, "JSON object"),
        ("/seed", {"folder": "here"}, "absolute"),
        ("/seed", {"folder": "/", "replica": "azure"}, "azure"),
        ("/seed", {"folder": "/", "creator_uid": "x"}, "creator_uid cannot be"),
        ("/settings", [1], "JSON object"),
        ("/faults", 5, "is not a rule"),
        ("/faults", {"action": "cut", "at": "x"}, "fault 1: at is a number, not 'x'"),
        ("/faults", {"action": "status", "nth": "2"}, "nth is a number"),
    ],
)
def test_what_makes_no_sense_is_refused_with_words(control, path, body, words):
    response = control.post(path, json=body)
    assert response.status_code == 400
    assert words in response.json()["title"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        *[("/clock", f'{{"advance": {number}}}') for number in ("NaN", "Infinity", "1e400", "9" * 400)],
        *[("/tokens", f'{{"seconds": {number}}}') for number in ("NaN", "Infinity", "1e400", "9" * 400)],
        ("/faults", "[" * 5000),
    ],
)
def test_what_json_of_others_cannot_state_is_refused(control, path, content):
    kind = {"content-type": "application/json"}
    assert control.post(path, content=content, headers=kind).status_code == 400
    assert control.get("/clock").status_code == 200


def test_faults(control, web):
    numbers = control.post("/faults", json=[{"action": "status", "status": 500, "times": 1}]).json()["numbers"]
    assert web.get("/bundles/all", params={"replica": "aws"}).status_code == 500
    [rule] = control.get("/faults").json()["faults"]
    assert (rule["number"], rule["acted"]) == (numbers[0], 1)
    assert control.delete(f"/faults/{numbers[0]}").status_code == 200
    assert control.delete(f"/faults/{numbers[0]}").status_code == 404
    assert control.post("/faults", json={"action": "burn"}).status_code == 400
    control.post("/faults", json={"action": "cut"})
    control.delete("/faults")
    assert control.get("/faults").json() == {"faults": []}
    assert control.post("/release").status_code == 200


def test_settings(sandbox: Sandbox, control):
    response = control.post("/settings", json={"dss.checkout_redirects": 2}).json()
    assert response["dss.checkout_redirects"]["value"] == 2
    assert response["dss.checkout_redirects"]["meaning"]
    endless = {"content": b'{"dss.retry_after": Infinity}', "headers": {"Content-Type": "application/json"}}
    assert control.post("/settings", **endless).status_code == 400
    assert sandbox.settings.number("dss.checkout_redirects") == 2
    control.post("/reset")
    assert sandbox.settings.number("dss.checkout_redirects") == 0


def test_a_token_is_one_word_of_a_command_line(sandbox: Sandbox):
    assert all(sandbox.token().isalnum() for _ in range(100))


def test_tokens_end_by_the_clock(sandbox: Sandbox, control, web):
    token = control.post("/tokens", json={"email": "a@example.org", "seconds": 60}).json()["token"]
    web.headers["Authorization"] = f"Bearer {token}"
    assert web.get("/collections").status_code == 200
    sandbox.clock.advance(60)
    response = web.get("/collections")
    assert (response.status_code, response.json()["code"]) == (401, "Unauthorized")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_restricted_deployment_secures_everything(sandbox: Sandbox, web, user):
    sandbox.settings.turn({"dss.restricted": True})
    url, params = "/bundles/all", {"replica": "aws"}
    assert (web.get(url, params=params).status_code, user.get(url, params=params).status_code) == (401, 200)
    document = httpx.get(sandbox.swagger_url, trust_env=False, verify=False).json()
    assert all(operation["security"] for item in document["paths"].values() for operation in item.values())


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic YTpi"])
def test_tokens_that_are_none(web, header):
    assert web.get("/collections", headers={"Authorization": header}).status_code == 401


def test_the_request_log_keeps_no_secrets(sandbox: Sandbox, control, web, folder):
    bundle = sandbox.seed(folder)
    url = f"/files/{bundle['files'][3]['uuid']}"
    location = web.get(url, params={"replica": "aws"}, headers={"Authorization": "Bearer s3cret"}).headers["location"]
    httpx.get(location, headers={"Range": "bytes=10-"}, trust_env=False, verify=False)
    log = control.get("/requests")
    assert "s3cret" not in log.text
    assert "Signature" not in log.text
    first, second = log.json()["requests"]
    assert (first["method"], first["path"], first["query"]) == ("GET", f"/dss/v1{url}", "replica=aws")
    assert (first["status"], first["authorized"], first["done"]) == (302, True, True)
    assert (second["status"], second["range"], second["sent"]) == (206, "bytes=10-", 102390)
    assert [request["path"] for request in control.get("/requests", params={"path": "/_o"}).json()["requests"]] == [
        second["path"]
    ]
    control.delete("/requests")
    assert sandbox.requests() == []


def test_seeding_over_http(control, web, folder):
    made = control.post("/seed", json={"folder": str(folder), "creator_uid": 5}).json()
    bundle = web.get(f"/bundles/{made['bundle_uuid']}", params={"replica": "aws"}).json()["bundle"]
    assert (bundle["creator_uid"], len(bundle["files"])) == (5, 4)
    for body in ({"folder": "relative"}, {"folder": str(folder / "no")}, {}):
        assert control.post("/seed", json=body).status_code == 400


def test_web_pages_cannot_reach_it(control):
    assert control.get("/", headers={"Host": "evil.example.org"}).status_code == 403
    assert control.get("/", headers={"Origin": "https://evil.example.org"}).status_code == 403
    for asked_by in ("cross-site", "same-site", "same-origin"):
        for place in ("/", "/snapshot"):
            assert control.get(place, headers={"Sec-Fetch-Site": asked_by}).status_code == 403
    assert control.get("/", headers={"Sec-Fetch-Site": "none"}).status_code == 200
    plain = control.post("/seed", content=b"{}", headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    assert control.post("/clock", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400


def test_paths_that_are_none(sandbox: Sandbox, web):
    for response in (web.get("/nothing"), web.delete("/search"), web.request("HEAD", "/bundles/all")):
        assert response.status_code in (404, 405)
    assert web.get("/nothing").json()["code"] == "not_found"
    assert httpx.get(f"{sandbox.url}/nothing", trust_env=False, verify=False).status_code == 404


def test_a_body_that_is_too_large(web):
    response = web.post("/search", params={"replica": "aws"}, content=b" " * (33 * 1024 * 1024))
    assert response.status_code == 413


def test_the_document_names_the_address_that_it_was_queried_at(sandbox: Sandbox):
    port = sandbox.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        response = httpx.get(f"http://{host}:{port}/dss/v1/swagger.json", trust_env=False, verify=False).json()
        assert response["servers"] == [{"url": f"http://{host}:{port}/dss/v1"}]


# -- the sandbox as an object


def test_it_listens_on_loopback_only(sandbox: Sandbox):
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


def test_the_environment(sandbox: Sandbox):
    environment = sandbox.environment()
    assert environment["AWS_ENDPOINT_URL_S3"] == sandbox.s3_url
    assert environment["OMICS_DSS_STAGING_BUCKET"] == sandbox.staging_bucket
    config = Path(environment["HCA_CONFIG_FILE"])
    assert sandbox.swagger_url in config.read_text()
    assert config.stat().st_mode & 0o77 == 0
    headers = {"Authorization": f"Bearer {environment['OMICS_DSS_TOKEN']}"}
    response = httpx.get(f"{sandbox.url}/dss/v1/collections", headers=headers, trust_env=False, verify=False)
    assert response.status_code == 200


def test_what_a_user_puts_into_the_configuration_stays(sandbox: Sandbox):
    config = Path(sandbox.environment()["HCA_CONFIG_FILE"])
    set_value(config, ["upload", "current_area"], "deadbeef")
    sandbox.environment()
    assert json.loads(config.read_text())["upload"]["current_area"] == "deadbeef"
    unset(config, ["upload", "current_area"])


def fresh(sandbox: Sandbox, folder, **options) -> Sandbox:
    document = httpx.get(sandbox.swagger_url, trust_env=False, verify=False).json()
    return Sandbox(folder, documents={"dss": document}, **options)


def test_state_survives_a_restart(sandbox: Sandbox, tmp_path, folder):
    options = {"trust_env": False, "verify": False}
    with fresh(sandbox, tmp_path / "state") as first:
        port = int(first.url.rpartition(":")[2])
        bundle = first.seed(folder)
        token = first.token()
        first.clock.advance(100_000)
        first.settings.turn({"dss.url_seconds": 5})
        now = first.clock.now()
        query = {"replica": "aws", "presignedurls": "true"}
        first.settings.turn({"dss.url_seconds": 50_000})
        url = f"{first.url}/dss/v1/bundles/{bundle['bundle_uuid']}"
        files = httpx.get(url, params=query, **options).json()["bundle"]["files"]
    with fresh(sandbox, tmp_path / "state", port=port) as second:
        assert second.clock.now() >= now
        assert second.settings.number("dss.url_seconds") == 50_000
        for file in files:
            assert httpx.get(file["url"], **options).content == (folder / file["name"]).read_bytes()
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{second.url}/dss/v1/collections", headers=headers, **options).status_code == 401
        assert httpx.get(url, params=query, **options).json()["bundle"]["version"] == bundle["version"]


def test_waiting_notifications_survive_a_restart(sandbox: Sandbox, tmp_path, folder):
    with fresh(sandbox, tmp_path / "state") as first:
        first.clock.freeze()
        headers = {"Authorization": f"Bearer {first.token()}"}
        # Port 9 is closed.
        body = {"callback_url": "http://127.0.0.1:9/hook"}
        url = f"{first.url}/dss/v1/subscriptions?replica=aws"
        assert httpx.put(url, headers=headers, json=body, trust_env=False, verify=False).status_code == 201
        first.seed(folder)
        first.dss.deliveries.run_due()
        due = first.dss.deliveries.next_due()
        assert due == first.clock.now() + 60
    with fresh(sandbox, tmp_path / "state") as second:
        assert second.dss.deliveries.next_due() == due
        second.clock.advance(60)
        second.dss.deliveries.run_due()
        again = second.dss.deliveries.next_due()
        assert again is not None
        assert again > due


def test_a_folder_is_used_once(sandbox: Sandbox):
    with pytest.raises(FolderInUse, match="already running"):
        fresh(sandbox, sandbox.folder).start()


@pytest.mark.parametrize(
    ("name", "make", "error", "words"),
    [
        ("state.sqlite", lambda path: path.write_bytes(b"no database" * 100), ValueError, "is not a sandbox's state"),
        ("state.sqlite", lambda path: path.mkdir(), OSError, "cannot be written"),
        ("lock.sqlite", lambda path: path.mkdir(), OSError, "cannot be written"),
    ],
)
def test_a_folder_that_cannot_be_used(sandbox: Sandbox, tmp_path, name, make, error, words):
    make(tmp_path / name)
    for _ in range(2):
        with pytest.raises(error, match=words):
            fresh(sandbox, tmp_path).start()


def test_a_folder_of_another_release(sandbox: Sandbox, tmp_path):
    with sqlite3.connect(tmp_path / "state.sqlite") as connection:
        connection.execute("PRAGMA user_version=999")
    connection.close()
    with pytest.raises(ValueError, match="layout 999"):
        fresh(sandbox, tmp_path).start()


def test_a_part_that_cannot_be_closed_leaves_the_folder_free(tmp_path, monkeypatch):
    def fail(_: Dss) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Dss, "close", fail)
        first = Sandbox(tmp_path).start()
        with pytest.raises(OSError, match="the disk is full"):
            first.stop()
    with Sandbox(tmp_path) as second:
        assert running_url(tmp_path) == second.url


def test_other_processes_find_it(sandbox: Sandbox, tmp_path):
    assert running_url(sandbox.folder) == sandbox.url
    assert running_url(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    assert running_url(tmp_path / "nothing") is None


def test_a_folder_that_is_filled_has_no_address(tmp_path):
    (tmp_path / "state.sqlite").touch()
    (tmp_path / "running.json").write_text('{"url": "http://127.0.0.1:9"}')  # of a sandbox that was killed
    with at_rest(tmp_path), pytest.raises(FolderInUse, match="already running"):
        running_url(tmp_path)


def test_a_port_is_used_once(sandbox: Sandbox, tmp_path):
    port = int(sandbox.url.rpartition(":")[2])
    other = fresh(sandbox, tmp_path / "other", port=port)
    with pytest.raises(OSError):
        other.start()
    with fresh(sandbox, tmp_path / "other"):
        pass


def test_a_temporary_folder_goes_with_it(sandbox: Sandbox):
    other = fresh(sandbox, None)
    with pytest.raises(RuntimeError, match="no folder before"):
        _ = other.folder
    with other:
        folder = other.folder
        assert folder.is_dir()
    assert not folder.exists()


def test_it_states_when_it_is_not_running(tmp_path):
    with pytest.raises(RuntimeError, match="is not running"):
        _ = Sandbox(tmp_path).url


def test_first_faults_come_back_after_a_reset(sandbox: Sandbox, tmp_path):
    (tmp_path / "faults.json").write_text('[{"action": "status", "status": 500, "times": 1}]')
    with fresh(sandbox, None, faults=tmp_path / "faults.json") as other:
        url = f"{other.url}/dss/v1/bundles/all?replica=aws"
        other.add_faults(Rule("reset", nth=3))
        assert [httpx.get(url, trust_env=False, verify=False).status_code for _ in range(2)] == [500, 200]
        other.reset()
        assert [httpx.get(url, trust_env=False, verify=False).status_code for _ in range(3)] == [500, 200, 200]
        other.add_faults(Rule("reset"))
    with other:
        assert [rule["action"] for rule in other.fault_book.rules()] == ["status"]


def test_a_reset_lets_stalled_responses_end(sandbox: Sandbox):
    sandbox.add_faults(Rule("stall"))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(httpx.get, sandbox.swagger_url, trust_env=False, verify=False)
        until(lambda: sandbox.stalled == 1)
        sandbox.reset()
        assert waiting.result().status_code == 200


def test_documents_are_served_beside_the_platforms(tmp_path: Path):
    operation = {"responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": {"/pets": {"get": operation}}}
    with Sandbox(tmp_path, specs={"pets": document}) as sandbox:
        url = sandbox.spec_url("pets")
        assert sandbox.info()["services"]["pets"] == {"url": url}
        assert httpx.get(f"{url}/pets", trust_env=False).status_code == 200
        with pytest.raises(LookupError, match="named 'cats'; it serves pets"):
            sandbox.spec_url("cats")


def test_known_crashes_of_real_servers_are_answered_as_wanted(tmp_path: Path):
    def response(sandbox: Sandbox) -> httpx.Response:
        return httpx.get(f"{sandbox.pangea_url}/api/users/id/999", trust_env=False)

    with Sandbox(tmp_path, strict_errors="real") as sandbox:
        assert (response(sandbox).status_code, "Server Error (500)" in response(sandbox).text) == (500, True)
        sandbox.settings.turn({"sandbox.strict_errors": "helpful"})
        assert (response(sandbox).status_code, response(sandbox).json()) == (404, {"detail": "Not found."})


@pytest.mark.parametrize(
    ("program", "late"),
    [
        ("import omicsdk.sandbox.pytest_plugin", {"starlette", "uvicorn", "jsonschema", "moto", "httpx", "boto3"}),
        (
            "from omicsdk.sandbox import Sandbox; Sandbox().start().stop()",
            {"jsonschema", "moto", "pydantic", "omicsdk.sandbox.app", "omicsdk.sandbox.engine.plan"}
            | {f"omicsdk.sandbox.{module}" for module in ("dss.bundles", "gen3.fence", "pangea.samples", "sb.tasks")},
        ),
    ],
)
def test_what_a_first_request_needs_is_imported_then(program: str, late: set[str]):
    program = f"import sys; {program}; early = {late} & {{*sys.modules}}; sys.exit(f'loaded {{early}}' if early else 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address only")
def test_it_listens_where_requested(tmp_path: Path):
    s3_port = free_port()
    with Sandbox(tmp_path, host="127.0.0.2", s3_port=s3_port) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.2:")
        assert running_url(tmp_path) == sandbox.url
        assert sandbox.s3_url == f"http://127.0.0.2:{s3_port}"
        for path in ("/", "/_sandbox/clock"):
            assert httpx.get(f"{sandbox.url}{path}", trust_env=False).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(sandbox.url.replace("127.0.0.2", "127.0.0.1"), trust_env=False)


def test_a_snapshot_that_fails_leaves_nothing(sandbox: Sandbox, control, monkeypatch):
    def fail(_file: Path) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(sandbox, "save", fail)
    assert control.get("/snapshot").status_code == 500
    assert not list((sandbox.folder / "objects" / "incoming").iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="its locks are not the process's")
def test_a_second_look_at_the_folder_does_not_end_its_lock(tmp_path: Path):
    look = "import sys; from omicsdk.sandbox import running_url; print(running_url(sys.argv[1]))"
    with Sandbox(tmp_path) as sandbox:
        with pytest.raises(FolderInUse):
            Sandbox(tmp_path).start()
        assert running_url(tmp_path) == sandbox.url
        process = subprocess.run(
            [sys.executable, "-c", look, str(tmp_path)], capture_output=True, text=True, check=True
        )
    assert process.stdout.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("name", ["port", "s3_port"])
def test_a_port_that_is_in_use_is_an_error_of_either_server(tmp_path: Path, name: str):
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        with pytest.raises(OSError, match=rf", {port}\)"), Sandbox(tmp_path, **{name: port}) as sandbox:
            assert not sandbox.s3_url
