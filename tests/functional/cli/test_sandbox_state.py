"""`omics sandbox save`, `load`, `reset`, `status` and `seed`: a sandbox's state as files."""

import io
import json
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from disk_space import stating
from omicsdk.cli.commands.sandbox import up
from omicsdk.cli.output import Console
from omicsdk.core import ConfigError
from omicsdk.sandbox import Sandbox
from omicsdk.transfer.disk import RESERVE

pytestmark = pytest.mark.sandbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    (made / "sample").mkdir(parents=True)
    (made / "sample" / "metadata.json").write_text('{"city": "Oslo"}')
    return made


def test_a_running_sandbox_is_saved_and_loaded_elsewhere(omics, omics_sandbox, folder, tmp_path):
    words = ("sandbox", "seed", str(folder), "--url", omics_sandbox.url, "--service")
    for service in ("dss", "upload", "sb", "gen3", "crunch", "pangea"):
        assert omics(*words, service, installed=True).code == 0
    file, copy = tmp_path / "state.tar", tmp_path / "copy"
    here = json.loads(omics("sandbox", "status", "--url", omics_sandbox.url, installed=True).out)
    ran = omics("sandbox", "save", str(file), "--url", omics_sandbox.url, installed=True)
    assert json.loads(ran.out)["bytes"] == file.stat().st_size
    assert file.stat().st_mode & 0o77 == 0
    ran = omics("sandbox", "load", str(file), "--dir", str(copy), installed=True)
    assert (ran.code, json.loads(ran.out)["folder"]) == (0, str(copy))
    there = json.loads(omics("sandbox", "status", "--dir", str(copy), installed=True).out)
    assert (here["running"], there["running"]) == (True, False)
    assert here["contents"] == there["contents"]
    assert here["contents"]["pangea"]["samples"] == 1


def test_the_sandbox_of_the_environment_is_used(omics, omics_sandbox, folder, tmp_path, monkeypatch):
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    ran = omics("sandbox", "seed", str(folder), installed=True)
    assert json.loads(ran.out)[0]["files"][0]["name"] == "sample/metadata.json"
    assert json.loads(omics("sandbox", "status", installed=True).out)["url"] == omics_sandbox.url
    # What is named goes before the environment.
    (tmp_path / "s").mkdir()
    assert "is not a sandbox's folder" in omics("sandbox", "status", "--dir", str(tmp_path / "s"), installed=True).err


def test_a_snapshot_stops_before_the_disk_is_full(omics, omics_sandbox, tmp_path, monkeypatch):
    file = tmp_path / "out" / "state.tar"
    file.parent.mkdir()
    file.write_text("before")
    monkeypatch.setattr(os, "statvfs", stating(lambda: (RESERVE + 1000, 1 << 40)))
    ran = omics("sandbox", "save", str(file), "--url", omics_sandbox.url, installed=True)
    assert (ran.code, ran.out) == (1, "")
    assert "these are kept free" in ran.err.replace("\n", " ")
    assert [(path.name, path.read_text()) for path in file.parent.iterdir()] == [("state.tar", "before")]


def test_the_status_of_a_folder_that_a_sandbox_runs_on(omics, tmp_path):
    with Sandbox(tmp_path / "s") as sandbox:
        ran = omics("sandbox", "status", "--dir", str(tmp_path / "s"), installed=True)
        assert json.loads(ran.out)["url"] == sandbox.url
        busy = omics("sandbox", "save", str(tmp_path / "x.tar"), "--dir", str(tmp_path / "s"), installed=True)
        loaded = omics(
            "sandbox", "load", str(tmp_path / "x.tar"), "--dir", str(tmp_path / "s"), "--replace", installed=True
        )
    assert busy.code != 0
    assert "another sandbox is already running" in busy.err
    assert not (tmp_path / "x.tar").exists()
    assert loaded.code != 0
    assert "Stop that sandbox, or choose another folder" in loaded.err.replace("\n", " ")


def test_a_stopped_folder_is_filled_and_saved(omics, folder, tmp_path):
    state, recording = tmp_path / "s", tmp_path / "r.jsonl"
    state.mkdir()
    line = {"request": {"method": "GET", "path": "/mds/metadata/g1"}, "response": {"status": 200, "body": {"a": 1}}}
    recording.write_text(json.dumps(line))
    ran = omics("sandbox", "seed", "--exchanges", str(recording), "--dir", str(state), installed=True)
    assert json.loads(ran.out) == {"taken": {"metadata documents": 1}, "left": {}}
    ran = omics("sandbox", "seed", str(folder), "--dir", str(state), installed=True)
    assert json.loads(ran.out)[0]["files"][0]["name"] == "sample/metadata.json"
    ran = omics("sandbox", "seed", *[str(folder)] * 2, "--service", "none", "--dir", str(state), installed=True)
    assert "2 of 2 folders not added. Run it again with these folders only." in ran.err.replace("\n", " ")
    ran = omics("sandbox", "save", str(tmp_path / "x.tar"), "--dir", str(state), installed=True)
    assert (json.loads(ran.out)["format"], json.loads(ran.out)["file"]) == (1, str(tmp_path / "x.tar"))
    for words in ((), ("--replace",)):
        ran = omics("sandbox", "load", str(tmp_path / "x.tar"), "--dir", str(state), *words, installed=True)
        assert (ran.code == 0) == bool(words)
    assert "--replace" in omics("sandbox", "load", str(tmp_path / "x.tar"), "--dir", str(state), installed=True).err


def test_a_folder_of_an_earlier_release_is_refused_until_it_is_reset(omics, folder, tmp_path):
    state = tmp_path / "s"
    with Sandbox(state) as sandbox:
        sandbox.crunch.add_user("somebody")
        password = sandbox.password
    (state / "notes.txt").write_text("mine")
    with closing(sqlite3.connect(state / "state.sqlite")) as database:
        database.execute("PRAGMA user_version = 1")
    for words in (("status",), ("seed", str(folder)), ("save", str(tmp_path / "x.tar"))):
        ran = omics("sandbox", *words, "--dir", str(state), installed=True)
        assert ran.code != 0
        assert f"Empty the folder with `omics sandbox reset --dir {state}`" in ran.err.replace("\n", " ")
    assert json.loads(omics("sandbox", "reset", "--dir", str(state), installed=True).out) == {"folder": str(state)}
    assert "is not a sandbox's folder" in omics("sandbox", "reset", "--dir", str(state), installed=True).err
    with Sandbox(state) as sandbox:
        assert sandbox.password == password
        assert sandbox.contents()["crunch"]["users"] == 2
    assert (state / "notes.txt").read_text() == "mine"


def test_a_running_sandbox_is_reset(omics, omics_sandbox, folder):
    omics("sandbox", "seed", str(folder), "--url", omics_sandbox.url, installed=True)
    ran = omics("sandbox", "reset", "--url", omics_sandbox.url, installed=True)
    assert json.loads(ran.out) == {"url": omics_sandbox.url}
    assert omics_sandbox.contents()["dss"]["bundles"] == 0


def test_objects_of_a_served_document_come_from_a_folder(omics, tmp_path):
    collection = {
        "get": {"responses": {"200": {"description": "All pets."}}},
        "post": {"responses": {"201": {"description": "A pet."}}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": {"/pets": collection}}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pets.json").write_text('[{"id": "1", "name": "Rex"}]')
    with Sandbox(specs={"animals": document}) as sandbox:
        words = ("sandbox", "seed", str(tmp_path / "data"), "--url", sandbox.url, "--service")
        ran = omics(*words, "animals", installed=True)
        assert (ran.code, json.loads(ran.out)) == (0, [{"objects": {"pets": 1}}])
        ran = omics(*words, "plants", installed=True)
        assert ran.code != 0
        assert "there is no service 'plants'; there are dss, azul, upload" in ran.err.replace("\n", " ")
        ran = omics(*words[:-1], installed=True)
        assert ran.code != 0
        assert "the folder may be for animals, or for a platform. Use --service" in ran.err.replace("\n", " ")
        assert sandbox.contents()["animals"]["pets"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("seed", "--dir", "."), "expected either folders or --exchanges"),
        (("seed", "x", "--exchanges", "y", "--dir", "."), "expected either folders or --exchanges"),
        (("seed", "x"), "give --url of a running sandbox or --dir"),
        (("seed", "--exchanges", "nothing.jsonl", "--dir", "."), "nothing.jsonl is not a file"),
        (("save", "x.tar"), "give --url of a running sandbox or --dir"),
        (("save", "nowhere/x.tar", "--dir", "."), "nowhere is not a folder"),
        (("save", "x.tar", "--dir", "."), "is not a sandbox's folder"),
        (("load", "x.tar", "--dir", "new"), "the state is not loaded: x.tar: No such file"),
        (("status",), "give --url of a running sandbox or --dir"),
        (("status", "--dir", "nowhere"), "folder not found: nowhere"),
        (("status", "--dir", "."), "is not a sandbox's folder"),
        (("up", "--s3-port", "70000"), "--s3-port: 70000 is not a port"),
    ],
)
def test_what_makes_no_sense_is_one_line(omics, tmp_path, monkeypatch, words, message):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    ran = omics("sandbox", *words, installed=True)
    assert ran.code != 0
    assert message in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err
    assert list(work.iterdir()) == []


def test_an_address_that_others_reach_is_warned_of(omics, tmp_path):
    ran = omics("sandbox", "up", "--host", "192.0.2.1", "--dir", str(tmp_path / "s"), installed=True)
    assert ran.code != 0  # this machine has not that address
    assert "Errno" not in ran.err
    assert "Use an address of this machine with --host" in ran.err.replace("\n", " ")
    assert "warning: on 192.0.2.1 any user who reaches this machine controls the sandbox" in ran.err.replace("\n", " ")


def test_a_host_that_has_no_address_is_named_as_one(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("omicsdk.sandbox.serve", fail)
    with pytest.raises(ConfigError, match=r"start: Name or service not known\. Use an address of this machine"):
        up(host="none.invalid", dir=str(tmp_path), console=Console(stderr=io.StringIO()))
