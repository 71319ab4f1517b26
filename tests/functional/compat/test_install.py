"""Programs for published clients run as they are: install(), python -m omicsdk.compat."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.compat._differences import differences


def run(code: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *(words or ("-c", code))], capture_output=True, text=True, timeout=60, check=False, cwd=cwd
    )


def test_modules_and_submodules_of_a_published_package_are_ours() -> None:
    code = """
from omicsdk.compat import install
install()
import hca, hca.dss, hca.upload.upload_area as area
from hca.util import RetryPolicy, tsv
from hca.util.exceptions import SwaggerAPIException
import omicsdk.compat.hca.dss as ours
assert hca.dss is ours and hca.dss.DSSClient.__module__ == "omicsdk.compat.hca.dss"
assert ours.__spec__.name == "omicsdk.compat.hca.dss", ours.__spec__
assert issubclass(SwaggerAPIException, Exception)
print("right")
"""
    done = run(code)
    assert (done.stdout, done.stderr) == ("right\n", "")


def test_the_modules_of_crunchs_client_are_ours() -> None:
    code = """
from omicsdk.compat import install
install("crunch")
from crunch.client import connections, run
from crunch.client.connections import Connection, CrunchAPIException
from crunch.client.enums import RunResult, WorkflowType
from crunch.client.utils import conda_frontend, md5_checksums
from crunch.django.app.enums import Stage, State
assert connections.Connection is Connection and run.Run.__module__ == "omicsdk.compat.crunch.client.run"
assert not RunResult.SUCCESS and WorkflowType("script") is WorkflowType.script and (Stage.UPLOAD, State.FAIL) == (3, 3)
try:
    Connection("https://crunch.example.org", environ={})
except CrunchAPIException as error:
    print(error.message)
try:
    import crunch.django.app.models
except ImportError as error:
    print(error.name)
"""
    done = run(code)
    assert (done.stdout, done.stderr) == (
        "No credentials found for https://crunch.example.org\ncrunch.django.app.models\n",
        "",
    )


def test_the_modules_of_pangea_api_are_ours() -> None:
    code = """
from omicsdk.compat import install
install("pangea_api")
import pangea_api
from pangea_api import Knex, SampleGroup, WorkOrder
from pangea_api.analysis_result import AnalysisResultField, check_json_serialization
from pangea_api.blob_constructors import sample_from_uuid
from pangea_api.constants import FIVE_MB
from pangea_api.contrib.ncbi.api import create_pangea_group_from_bioproj
from pangea_api.contrib.tagging.tag import Tag
from pangea_api.contrib.tagging.tag_funcs import get_tags_for_sample
from pangea_api.file_system_cache import FileSystemCache
from pangea_api.remote_object import RemoteObject, RemoteObjectError
from pangea_api.utils import paginated_iterator
from pangea_api.work_orders import JobOrder
assert pangea_api.Knex is Knex and Knex.__module__ == "omicsdk.compat.pangea_api.knex"
assert (FIVE_MB, Tag.route) == (5 * 1024 * 2014, "contrib/tags")
try:
    check_json_serialization({1: "a"})
except pangea_api.RemoteObjectError as error:
    print(error.message.splitlines()[0])
try:
    import pangea_api.cli
except ImportError as error:
    print(error.name)
"""
    done = run(code)
    assert (done.stdout, done.stderr) == ("JSON Serialization modifies object\npangea_api.cli\n", "")


def test_only_the_names_that_are_given_are_installed() -> None:
    done = run("from omicsdk.compat import install; install('nothing')")
    assert "No compatibility package for 'nothing'" in done.stderr


def test_a_module_that_a_face_lacks_is_an_import_error_that_names_it() -> None:
    done = run("from omicsdk.compat import install; install(); import hca.cli")
    assert "ModuleNotFoundError: omicsdk.compat has no hca.cli: The commands are those of" in done.stderr


MISSING = """
import importlib
from omicsdk.compat import install
install()
for module, name in [
    ("hca.config", "ProgressBarStreamHandler"), ("sevenbridges", "AAHeader"), ("sevenbridges.http.client", "AAHeader"),
    ("sevenbridges.models.compound.price", "nothing"), ("pangea_api", "clean_url"), ("hca", "nothing"),
]:
    found = importlib.import_module(module)
    assert not hasattr(found, name), name
    try:
        getattr(found, name)
    except AttributeError as error:
        print(error)
    try:
        exec(f"from {module} import {name}")
    except ImportError as error:
        print(str(error).partition(" (")[0])
"""


def test_a_missing_name_is_an_attribute_error_of_its_module_and_an_import_error_with_the_reason() -> None:
    done = run(MISSING)
    reason = "`Api(advance_access=True)`."
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "module 'omicsdk.compat.hca.config' has no attribute 'ProgressBarStreamHandler'",
        "omicsdk.compat has no hca.config.ProgressBarStreamHandler: Internal to logging with progress bars.",
        "module 'omicsdk.compat.sevenbridges' has no attribute 'AAHeader'",
        "cannot import name 'AAHeader' from 'omicsdk.compat.sevenbridges'",
        "module 'omicsdk.compat.sevenbridges.http.client' has no attribute 'AAHeader'",
        f"omicsdk.compat has no sevenbridges.http.client.AAHeader: {reason}",
        "module 'omicsdk.compat.sevenbridges.models.billing_group' has no attribute 'nothing'",
        "cannot import name 'nothing' from 'omicsdk.compat.sevenbridges.models.billing_group'",
        "module 'omicsdk.compat.pangea_api' has no attribute 'clean_url'",
        f"omicsdk.compat has no pangea_api.clean_url: {differences('pangea_api').names['clean_url']}",
        "module 'omicsdk.compat.hca' has no attribute 'nothing'",
        "cannot import name 'nothing' from 'omicsdk.compat.hca'",
    ]


def test_a_package_that_was_imported_before_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hca.py").write_text("")
    done = run("import hca; from omicsdk.compat import install; install()", cwd=tmp_path)
    assert "hca was imported before omicsdk.compat.install()" in done.stderr


def test_a_script_runs_as_it_is_with_its_arguments(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, other\nfrom hca.dss import DSSClient\nprint(__name__, sys.argv[1:], DSSClient.__name__)\n"
    )
    (tmp_path / "other.py").write_text("")
    done = run("", "-m", "omicsdk.compat", str(script), "a", "-b", cwd=Path("/"))
    assert (done.stdout, done.stderr) == ("__main__ ['a', '-b'] DSSClient\n", "")
    done = run("", "-m", "omicsdk.compat", "-m", "script", "c", cwd=tmp_path)
    assert done.stdout == "__main__ ['c'] DSSClient\n"


@pytest.mark.parametrize("mark", [(), ("-m",)])
def test_the_command_runs_scripts_and_modules(tmp_path: Path, mark: tuple[str, ...]) -> None:
    (tmp_path / "script.py").write_text("import sys\nfrom hca.dss import DSSClient\nprint(sys.argv[1:])\nsys.exit(7)\n")
    name = "script" if mark else "script.py"
    done = run("", "-m", "omicsdk", "compat", "run", *mark, name, "--replica", "aws", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (7, "['--replica', 'aws']\n", "")


@pytest.mark.parametrize(("words", "code"), [((), 2), (("--help",), 0)])
def test_usage(words: tuple[str, ...], code: int) -> None:
    done = run("", "-m", "omicsdk.compat", *words)
    assert done.returncode == code
    assert done.stdout.startswith("usage: python -m omicsdk.compat")
