"""Jobs that become due, and the platform after a restart."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.sb import task_runs
from omicsdk.sandbox.state.clock import Jobs
from omicsdk.sandbox.state.database import Database


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    made = Database(tmp_path / "state.sqlite")
    yield made
    made.close()


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def done() -> list[str]:
    """The identities of the jobs that were run, in their order."""
    return []


@pytest.fixture
def jobs(database: Database, clock: _Clock, done: list[str]) -> Jobs:
    made = Jobs(database, "sb", clock)
    made.on("note", lambda id, _at: done.append(id))
    return made


def test_a_job_is_due_at_its_time_and_once(jobs: Jobs, clock: _Clock, done: list[str]):
    assert not jobs.is_due()
    jobs.schedule("note", "late", 20)
    jobs.schedule("note", "early", 10)
    assert not jobs.is_due()
    clock.now = 10
    assert jobs.is_due()
    jobs.settle()
    assert (done, jobs.is_due()) == (["early"], False)
    clock.now = 30
    jobs.settle()
    assert (done, jobs.is_due()) == (["early", "late"], False)


def test_a_job_that_was_undone_is_never_due(jobs: Jobs, clock: _Clock, database: Database, done: list[str]):
    jobs.schedule("note", "stays", 20)
    assert not jobs.is_due()

    def undone() -> None:
        with database.transaction():
            jobs.schedule("note", "undone", 10)
            raise LookupError

    with pytest.raises(LookupError):
        undone()
    clock.now = 10
    assert not jobs.is_due()
    clock.now = 20
    jobs.settle()
    assert done == ["stays"]


def test_a_job_may_schedule_the_next_one(jobs: Jobs, clock: _Clock, done: list[str]):
    jobs.on("chain", lambda id, at: jobs.schedule("note", id, at + 5))
    jobs.schedule("chain", "a", 10)
    clock.now = 12
    jobs.settle()
    assert (done, jobs.is_due()) == ([], False)
    clock.now = 15
    jobs.settle()
    assert done == ["a"]


def test_a_failing_job_is_dropped(jobs: Jobs, clock: _Clock, done: list[str]):
    def fail(_id: str, _at: float) -> None:
        raise RuntimeError("as wanted")

    jobs.on("fail", fail)
    jobs.schedule("fail", "a", 10)
    jobs.schedule("note", "b", 10)
    clock.now = 10
    jobs.settle()
    assert (done, jobs.is_due()) == (["b"], False)


def _count(monkeypatch: pytest.MonkeyPatch, name: str, queries: list[str]) -> None:
    original: Callable[..., Any] = getattr(Database, name)

    def counting(database: Database, query: str, values: Sequence[object] = ()) -> Any:
        queries.append(query)
        return original(database, query, values)

    monkeypatch.setattr(Database, name, counting)


@pytest.mark.parametrize(
    ("path", "most"),
    [("/projects/{project}", 3), ("/files/{file}", 3), ("/projects?fields=_all", 3), ("/files?project={project}", 6)],
)
def test_reading_takes_few_queries(
    sandbox: Sandbox, web: httpx.Client, project: str, monkeypatch: pytest.MonkeyPatch, path: str, most: int
):
    """However many objects there are: who is asking, the object, their rights; of a list its things, and how many there are."""
    for number in range(10):
        web.post("/projects", json={"name": f"Other {number}"})
    root = sandbox.sb.files.root(project)
    files = [sandbox.sb.add_file(b"x", project=project, parent=root, name=f"{number}") for number in range(10)]
    address = path.format(project=project, file=files[0].id)
    assert web.get(address).status_code == 200  # the settings are read once
    queries: list[str] = []
    for name in ("rows", "row"):
        _count(monkeypatch, name, queries)
    assert web.get(address).status_code == 200
    assert len(queries) <= most, queries


def test_a_reset_forgets_the_jobs(sandbox: Sandbox, web: httpx.Client):
    sandbox.sb.jobs.schedule("task", "nothing", sandbox.clock.now() + 3600)
    assert not sandbox.sb.jobs.is_due()
    sandbox.reset()
    sandbox.clock.advance(7200)
    assert not sandbox.sb.jobs.is_due()


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
        payload = web.get(f"/tasks/{task}").json()
        assert (payload["status"], payload["outputs"]["out"]["name"]) == ("COMPLETED", "o.txt")


def test_a_reset_leaves_what_exists_from_the_start(sandbox: Sandbox):
    with client(sandbox) as web:
        web.post("/projects", json={"name": "Gone"})
        sandbox.settings.turn({"sb.rate_limit": 1})
        sandbox.reset()
        assert web.get("/projects").json()["items"] == []
        assert web.get("/billing/groups").headers["x-total-matching-query"] == "2"
        dataset = web.get("/files", params={"dataset": "sandbox-user/reference-set"}).json()["items"][0]
        assert dataset["name"] == "reference.fasta"
