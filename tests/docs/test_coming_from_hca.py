"""The page for those who come from the published client: what its tables name is there, and every example is run."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from omicsdk.cli.catalog import Catalog
from omicsdk.cli.commands.config import VARIABLES
from omicsdk.cli.program import CommandNode
from omicsdk.cli.services import SERVICES
from omicsdk.hca.config import SETTINGS

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "coming-from-hca.md").read_text(encoding="utf-8")
CONFIGURED = [name for name, service in SERVICES.items() if "settings" in service]


def rows(heading: str) -> list[list[str]]:
    """The rows of the tables below a heading, cell by cell."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert section, heading
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def commands() -> dict[str, str]:
    return {quoted(old)[0]: quoted(new)[0] for old, new, *_ in rows("Commands")[1:]}


@pytest.mark.parametrize("command", commands().values())
def test_every_command_of_the_table_is_there(command: str):
    node = Catalog().root()
    words = command.split()[1:]
    if words[-1] == "help":  # answered before commands are looked up
        words.pop()
    for word in words:
        node = node.child(word)
    assert isinstance(node, CommandNode) == (not command.endswith(" help"))


@pytest.mark.parametrize("service", CONFIGURED)
def test_every_command_is_on_the_page(service: str):
    there = [" ".join(["omics", *command.path]) for command in Catalog().start(service).visible_commands()]
    assert [command for command in there if f"`{command}`" not in PAGE] == []


def test_every_name_of_the_calls_can_be_imported():
    for _, new, _ in rows("Calls")[1:]:
        module, _, names = quoted(new)[0].removeprefix("from ").partition(" import ")
        for name in names.split(", "):
            assert getattr(importlib.import_module(module), name), name


def test_every_setting_is_explained():
    names = {quoted(cell[0])[0] for cell in rows("Settings") if cell[0].startswith("`")}
    assert {name for name in names if not name.startswith("omics config") and "COMMAND" not in name} == set(SETTINGS)
    assert {name.partition(".")[0] for name in names if "COMMAND" in name} >= set(CONFIGURED)
    shown = {f"omics config {command.path[-1]}" for command in Catalog().root().child("config").visible_commands()}
    assert {name for name in names if name.startswith("omics config")} == shown


def test_every_variable_is_one_that_is_looked_at():
    names = [name for cell in rows("Variables")[1:] for name in quoted(cell[0])]
    assert [name for name in names if name not in VARIABLES and not name.startswith("OMICS_")] == []
    assert {"HCA_CONFIG_FILE", "GOOGLE_APPLICATION_CREDENTIALS"} < set(names)


def test_every_example_is_run_by_a_test():
    names = set(re.findall(r"^<!-- (\S+) -->\n```(?:python|sh)$", PAGE, re.MULTILINE))
    assert PAGE.count("\n```") == 2 * len(names)
    run = {name for test in HERE.glob("test_*.py") for name in re.findall(r'run\("([^"]+)"', test.read_text("utf-8"))}
    assert names - run == set()


@pytest.fixture
def run(documented, scripts, tmp_path):
    """Runs one of the page's examples in an empty folder, with a token file of its own, and gives what it printed."""

    def running(name: str, without: str = "", **further: str) -> str:
        bash = shutil.which("bash")
        if name.endswith(".sh") and bash is None:
            pytest.skip("the examples are written for bash, which isn't there")
        variables = {key: value for key, value in documented.variables.items() if key != without}
        variables["OMICS_TOKEN_FILE"] = str(tmp_path / "tokens.json")
        variables["HCA_CONFIG_FILE"] += f"{os.pathsep}{tmp_path / 'own.json'}"
        variables |= further
        program = [sys.executable, "-m", "omicsdk.compat"] if name.endswith(".py") else [bash, "-euo", "pipefail"]
        result = subprocess.run(
            [*program, scripts / name],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        assert "Traceback" not in result.stderr
        (tmp_path / "stderr").write_text(result.stderr)
        return result.stdout

    return running


@pytest.mark.sandbox
def test_scripts_run_as_they_are(run):
    version, _, bundle = run("alias.sh").partition("\n")
    assert json.loads(version).endswith("Z")
    assert json.loads(bundle)["bundle"]["uuid"] == "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"


@pytest.mark.sandbox
def test_login(run, tmp_path):
    assert run("login.py", without="OMICS_DSS_TOKEN").splitlines()[-1] == "False"
    assert "test_access_token" not in (tmp_path / "tokens.json").read_text()
    run("login.sh", without="OMICS_DSS_TOKEN")
    assert "test" not in (tmp_path / "tokens.json").read_text()


@pytest.mark.sandbox
def test_what_has_nothing_left_to_do(run, tmp_path):
    assert run("refresh_swagger.sh") == ""
    assert len((tmp_path / "stderr").read_text().splitlines()) == 2


@pytest.mark.sandbox
def test_put_file(run, documented, staged):
    staged("put_file_shell/links.json", documented.source / "links.json")
    assert json.loads(run("put_file.sh"))["version"] == "2024-07-30T164352.961501Z"


@pytest.mark.sandbox
def test_users_in_python(run):
    assert run("users.py").splitlines() == ["['ada@example.org']", "['ada@example.org']", "True"]


@pytest.mark.sandbox
def test_users_in_a_shell(run):
    output = run("users.sh")
    assert "shell_reader" in output
    assert "true" in output


@pytest.mark.sandbox
def test_settings(run, documented, tmp_path):
    output = run("settings.sh")
    url = documented.variables["DSS_SWAGGER_URL"]
    assert output.splitlines().count(url) == 1
    assert "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d" in output.splitlines()
    assert f"dss.get-bundle.replica\taws\t{tmp_path}/config.staging.json:" in output
    assert json.loads((tmp_path / "config.staging.json").read_text()) == {
        "DSSClient": {"swagger_url": url},
        "dss": {"get-bundle": {}, "download": {"metadata-filter": {"$append": "*.json"}}},
    }


@pytest.fixture
def area(documented) -> str:
    """URI of a new upload area."""
    from omicsdk.compat.hca import HCAConfig
    from omicsdk.compat.hca.upload import UploadService

    service = UploadService("sandbox", documented.sandbox.upload_key, config=HCAConfig(documented.variables))
    made = service.create_area(str(uuid.uuid4()))
    service.close()
    return str(made.uri)


@pytest.mark.sandbox
def test_an_upload_area_in_a_shell(run, area, tmp_path):
    output = run("upload_area.sh", UPLOAD_AREA=area)
    assert "sample_R1.fastq\nsample_R2.fastq\n" in output
    assert "README.txt" in output
    assert output.splitlines().count("README.txt") == 2
    assert "notes.txt" not in output.splitlines()
    assert "Total Number of Files: 3" in (tmp_path / "state.txt").read_text()
    assert "AWS_SESSION_TOKEN" in (tmp_path / "keys.sh").read_text()
    assert json.loads((tmp_path / "own.json").read_text())["upload"]["areas"] == {}


@pytest.mark.sandbox
def test_an_upload_area_in_python(run):
    lines = run("upload_area.py").splitlines()
    assert lines[0].startswith("sample_R1.fastq 4 ")
    assert lines[1] in ("SCHEDULED", "UNSCHEDULED", "CHECKSUMMING", "CHECKSUMMED")
    assert lines[2:] == ["4"]
