"""`omics sandbox up` as a process: what it states, how it ends, what stops it from starting."""

import json
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OMICS = str(Path(sys.executable).with_name("omics"))
pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and a shell"),
]


@contextmanager
def up(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A sandbox process that answers, and the variables that it printed."""
    command = [OMICS, "sandbox", "up", "--dir", str(folder), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            variables: dict[str, str] = {}
            while "OMICS_DSS_TOKEN" not in variables:
                line = process.stdout.readline()
                assert line, process.communicate()[1]
                name, _, value = line.removeprefix("export ").strip().partition("=")
                variables[name] = value.strip("'")
            yield process, variables
        finally:
            process.kill()


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Ends it by a signal, which is no failure."""
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Ctrl-C ends it" in err
    assert "Traceback" not in err


def test_it_runs_until_requested_stop_and_keeps_its_state(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.json").write_text("{}")
    with up(tmp_path / "state") as (process, variables):
        file = tmp_path / "state" / "environment.sh"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        script = f". {file} && {OMICS} dss get-bundles-all --replica aws --output tsv --query 'length(bundles)'"
        swagger_url = json.loads(Path(variables["HCA_CONFIG_FILE"]).read_text())["DSSClient"]["swagger_url"]
        url = swagger_url.removesuffix("/dss/v1/swagger.json")
        subprocess.run(
            [OMICS, "sandbox", "seed", str(tmp_path / "data"), "--url", url], check=True, capture_output=True
        )
        assert subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout == "1\n"
        stopped(process, signal.SIGINT)
    with up(tmp_path / "state") as (process, _):
        assert subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout == "1\n"
        busy = subprocess.run(
            [OMICS, "sandbox", "up", "--dir", str(tmp_path / "state")], capture_output=True, text=True, check=False
        )
        assert (busy.returncode, busy.stderr.count("\n")) == (2, 1)
        assert "another sandbox is already running" in busy.stderr
        stopped(process, signal.SIGTERM)


def test_names_that_the_user_allows_are_those_of_the_sandbox(omics, monkeypatch, tmp_path):
    host_sets = []
    monkeypatch.setattr("omicsdk.sandbox.serve", lambda sandbox, _ready: host_sets.append(set(sandbox.allow_hosts)))
    for words in ((), ("--allow-host", "one.test", "--allow-host", "two.test")):
        assert omics("sandbox", "up", "--dir", str(tmp_path / "s"), *words).code == 0
    assert host_sets[1] - host_sets[0] == {"one.test", "two.test"}


@pytest.mark.parametrize(("words", "runs"), [((), False), (("--run-tools",), True)])
def test_tools_of_tasks_run_only_where_that_is_requested(omics, monkeypatch, tmp_path, words, runs):
    values = []
    monkeypatch.setattr("omicsdk.sandbox.serve", lambda sandbox, _ready: values.append(sandbox.options.run_tools))
    assert omics("sandbox", "up", "--dir", str(tmp_path / "s"), *words).code == 0
    assert values == [runs]


def test_a_taken_port_is_one_line(omics, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = omics("sandbox", "up", "--port", port, "--dir", str(tmp_path / "s"), installed=True)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "--port" in ran.err


def test_faults_that_do_not_exist_are_one_line(omics, tmp_path):
    words = ("--faults", str(tmp_path / "none.yaml"), "--dir", str(tmp_path / "s"))
    ran = omics("sandbox", "up", *words, installed=True)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "none.yaml" in ran.err


@pytest.mark.parametrize("port", ["65536", "-1"])
def test_an_invalid_port_is_one_line(omics, tmp_path, port):
    ran = omics("sandbox", "up", f"--port={port}", "--dir", str(tmp_path / "s"), installed=True)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"--port: {port} is not a port" in ran.err


def test_a_missing_extra_states_what_to_install(tmp_path):
    program = (
        "import sys; sys.modules['uvicorn'] = None; from omicsdk.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "sandbox", "up", "--dir", str(tmp_path / "s")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "[sandbox]'" in ran.stderr
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("room", [30_000, 200_000])
def test_a_folder_without_room_is_one_line(tmp_path, room):
    program = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}));"
        "from omicsdk.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "sandbox", "up", "--dir", str(tmp_path / "s"), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "state.sqlite cannot be written" in ran.stderr
    assert "--dir" in ran.stderr


@pytest.mark.parametrize("named", [(), ("--name", "lab")])
def test_a_generated_client_finds_the_sandbox_that_was_started_with_the_same_arguments(omics, tmp_path, named):
    schemes = {
        "oAuthToken": {"type": "http", "scheme": "bearer"},
        "X-API-Key2": {"type": "apiKey", "in": "header", "name": "X-API-Key2"},
    }
    samples = {"operationId": "list_samples", "responses": {"200": {"description": "All samples."}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Calendar", "version": "1"},  # a module of Python, so no package's name
        "security": [{name: [] for name in schemes}],
        "paths": {"/samples": {"get": samples}},
        "components": {"securitySchemes": schemes},
    }
    spec = tmp_path / "openapi.json"
    spec.write_text(json.dumps(document))
    made = omics("codegen", str(spec), "--out", str(tmp_path / "client"), *named, installed=True)
    assert made.code == 0, made.err
    [package] = (tmp_path / "client/src").iterdir()
    with up(tmp_path / "state", "--spec", str(spec), *named) as (process, _):
        lines = f". {tmp_path / 'state/environment.sh'} && {sys.executable} -m {package.name} list-samples"
        ran = subprocess.run(["sh", "-c", lines], cwd=package.parent, capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=30)[1]
    assert (ran.returncode, ran.stderr) == (0, "")
    prefix = "LAB" if named else "CALENDAR_API"
    assert f"/apis/{package.name}, in {prefix}_BASE_URL, {prefix}_OAUTH_TOKEN, {prefix}_X_API_KEY2" in err
