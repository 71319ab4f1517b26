"""The state after a stop of the sandbox, and after a reset."""

from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.sb import task_runs


def client(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(base_url=sandbox.sb_url, headers={"X-SBG-Auth-Token": sandbox.sb_token}, trust_env=False)


def test_the_platform_is_there_again_after_a_restart(tmp_path: Path):
    with Sandbox(tmp_path) as sandbox, client(sandbox) as web:
        sandbox.clock.freeze()  # or the import's turn might come
        project = web.post("/projects", json={"name": "Kept"}).json()["id"]
        body = {"source": {"volume": "sandbox-user/v", "location": "x"}, "destination": {"project": project}}
        service = {"type": "S3", "bucket": "lab", "credentials": {"access_key_id": "A"}}
        web.post("/storage/volumes", json={"name": "v", "access_mode": "RO", "service": service})
        pending = web.post("/storage/imports", json=body).json()
        token = sandbox.sb.token_for("ada")
    with Sandbox(tmp_path) as sandbox, client(sandbox) as web:
        assert web.get(f"/projects/{project}").json()["name"] == "Kept"
        assert web.get(f"/storage/imports/{pending['id']}").json()["state"] == "PENDING"
        assert sandbox.finish() == 2
        # Buckets are empty after a restart.
        assert web.get(f"/storage/imports/{pending['id']}").json()["error"]["code"] == 9105
        assert web.get("/user", headers={"X-SBG-Auth-Token": token}).json()["username"] == "ada"


def test_a_task_whose_tool_was_cut_off_by_a_stop_ends_after_the_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with Sandbox(tmp_path) as sandbox, client(sandbox) as web:
        sandbox.clock.freeze()
        project = web.post("/projects", json={"name": "Kept"}).json()["id"]
        raw = {"class": "CommandLineTool", "inputs": {}, "outputs": {"out": "stdout"}, "stdout": "o.txt"}
        web.post(f"/apps/{project}/tool/raw", json=raw)
        body = {"project": project, "app": f"{project}/tool", "name": "Cut off"}
        task = web.post("/tasks", json=body, params={"action": "run"}).json()["id"]
        monkeypatch.setattr(task_runs, "executed", stop)
        with pytest.raises(KeyboardInterrupt):
            sandbox.finish()
        monkeypatch.undo()
        assert web.get(f"/tasks/{task}").json()["status"] == "RUNNING"
    with Sandbox(tmp_path) as sandbox, client(sandbox) as web:
        sandbox.finish()
        told = web.get(f"/tasks/{task}").json()
        assert (told["status"], told["outputs"]["out"]["name"]) == ("COMPLETED", "o.txt")


def test_a_reset_leaves_what_exists_from_the_start(sandbox: Sandbox):
    with client(sandbox) as web:
        web.post("/projects", json={"name": "Gone"})
        sandbox.settings.turn({"sb.rate_limit": 1})
        sandbox.reset()
        assert web.get("/projects").json()["items"] == []
        assert web.get("/billing/groups").headers["x-total-matching-query"] == "2"
        dataset = web.get("/files", params={"dataset": "sandbox-user/reference-set"}).json()["items"][0]
        assert dataset["name"] == "reference.fasta"
