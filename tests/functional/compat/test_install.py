"""Programs for published clients run as they are: install(), python -m omicsdk.compat."""

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest
from omicsdk.compat.differences import differences


def run(
    code: str, *words: str, cwd: Path | None = None, stdin: str = "", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *(words or ("-c", code))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        input=stdin,
        env={**os.environ, **(environ or {})},
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
    refused = """
import hca, os
from omicsdk.compat import install
try:
    install()
except Exception as error:
    print(error, os.environ.get("OMICS_COMPAT"))
import crunch
"""
    done = run(refused, cwd=tmp_path)
    assert "hca was imported before omicsdk.compat.install(). Call" in done.stdout
    assert done.stdout.rstrip().endswith(" None")
    assert "No module named 'crunch'" in done.stderr  # nothing is redirected, those before it neither


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
    script.write_text("import sys\nprint(sys.flags.bytes_warning, sys.argv[1:])\n")
    for option, flag in (("-momicsdk.compat", 0), ("-Bbmomicsdk.compat", 1)):
        done = run("", option, "script.py", "-m", cwd=tmp_path)
        assert done.stdout == f"{flag} ['-m']\n", done.stderr


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


COMMANDS = pytest.mark.parametrize(
    "command", [("-m", "omicsdk", "compat", "run"), ("-m", "omicsdk.compat")], ids=" ".join
)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("program.py",), "{}['x']"),
        (("-m", "program", "-h"), "import no_such_module"),
        (("-c", "raise SystemExit('the reason')"), ""),
        (("-X", "dev", "-Wignore", "program.py"), "import warnings; warnings.warn('odd'); raise SystemExit(4)"),
        (("program.py",), "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nsignal.pause()"),
        (("-", "a"), "import sys\nprint(__name__, sys.argv); sys.stdout.close(); sys.exit(5)"),
        (("program.py", "a"), "print(__name__, __file__, __spec__)\nimport sys; print(sys.argv, sys.path[:2])"),
        (
            ("-m", "program", "-I"),
            "print(__file__, __spec__.name)\nimport sys; print(sys.argv, sys.path[:2], sys.flags)",
        ),
    ],
)
def test_a_program_ends_and_reports_as_with_python(tmp_path: Path, words: tuple[str, ...], code: str) -> None:
    (tmp_path / "program.py").write_text(code)
    expected = run("", *words, cwd=tmp_path, stdin=code)
    done = run("", "-m", "omicsdk", "compat", "run", *words, cwd=tmp_path, stdin=code)
    assert (done.returncode, done.stdout, done.stderr) == (expected.returncode, expected.stdout, expected.stderr)


def test_options_of_the_interpreter_are_those_of_the_program() -> None:
    done = run(
        "",
        "-Wignore",
        "-Bm",
        "omicsdk.compat",
        "-c",
        "import sys; print(sys.flags.dont_write_bytecode, sys.warnoptions)",
    )
    assert done.stdout == "1 ['ignore']\n"


def test_our_errors_are_the_programs_own(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "from crunch.client.connections import Connection\nConnection('https://crunch.example.org', environ={})\n"
    )
    done = run("", "-m", "omicsdk", "compat", "run", "program.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert f'File "{tmp_path / "program.py"}", line 2, in <module>' in done.stderr
    assert (
        "CrunchMissingCredentials: No credentials found for https://crunch.example.org" in done.stderr.splitlines()[-1]
    )


@COMMANDS
@pytest.mark.parametrize("words", [("-I", "x.py"), ("-bbE", "x.py"), ("-S", "-c", "x"), ("-X", "dev", "-Ic", "x")])
def test_an_option_that_disables_the_redirection_is_refused(command: tuple[str, ...], words: tuple[str, ...]) -> None:
    done = run("", *command, *words)
    assert done.returncode != 0
    assert ", Python would not load the compatibility packages. Leave out -" in done.stderr


def test_options_after_the_program_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import sys, hca\nprint(sys.argv[1:])\n")
    for words in (("-W", "error", "program.py", "-I"), ("-Xdev", "-Wdefault", "-m", "program", "-I")):
        assert run("", "-m", "omicsdk.compat", *words, cwd=tmp_path).stdout == "['-I']\n"


CHILDREN = """
import multiprocessing, subprocess, sys
from concurrent.futures import ProcessPoolExecutor

def client(number):
    from hca.dss import DSSClient
    return DSSClient.__module__

if __name__ == "__main__":
    INSTALL
    for method in ("spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(1) as pool:
            print(*pool.map(client, [1]))
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            print(*pool.map(client, [1]))
    code = "from hca.dss import DSSClient; print(DSSClient.__module__)"
    subprocess.run([sys.executable, "-c", code], check=True)
"""


@pytest.mark.parametrize(
    ("words", "install"),
    [
        (("-m", "omicsdk", "compat", "run"), "pass"),
        ((), "from omicsdk.compat import install; install()"),
    ],
    ids=["command", "function"],
)
def test_processes_that_a_program_starts_have_our_modules(tmp_path: Path, words: tuple[str, ...], install: str) -> None:
    (tmp_path / "program.py").write_text(CHILDREN.replace("INSTALL", install))
    done = run("", *words, "program.py", cwd=tmp_path, environ={"PYTHONUNBUFFERED": "1"})
    assert (done.stdout, done.stderr) == ("omicsdk.compat.hca.dss\n" * 5, "")


DASK = """
from distributed import Client, LocalCluster

def client():
    from gen3.index import Gen3Index
    return Gen3Index.__module__

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as running:
        print(running.submit(client).result())
"""


def test_workers_of_dask_have_our_modules(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="needs the extra dask")
    (tmp_path / "program.py").write_text(DASK)
    done = run("", "-m", "omicsdk.compat", "program.py", cwd=tmp_path)
    assert done.stdout == "omicsdk.compat.gen3.index\n", done.stderr


def test_processes_have_the_names_that_are_installed() -> None:
    code = """
import os, subprocess, sys
from omicsdk.compat import install
install("hca"); install("gen3")
print(os.environ["OMICS_COMPAT"], flush=True)
subprocess.run([sys.executable, "-c", "import hca, gen3; print(hca.__name__, gen3.__name__); import pangea_api"])
"""
    done = run(code)
    assert done.stdout == "gen3,hca\nomicsdk.compat.hca omicsdk.compat.gen3\n"
    assert "ModuleNotFoundError: No module named 'pangea_api'" in done.stderr


@pytest.mark.parametrize(
    ("theirs", "stdout", "stderr"),
    [
        ("import builtins; builtins.theirs = __file__", "True\n", ""),
        (
            "import missing_here",
            "False\n",
            "Error in sitecustomize; set PYTHONVERBOSE for traceback:\nModuleNotFoundError: No module named 'missing_here'\n",
        ),
    ],
)
def test_a_users_own_sitecustomize_runs_as_with_python(tmp_path: Path, theirs: str, stdout: str, stderr: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(theirs)
    code = "import hca, builtins; print(hasattr(builtins, 'theirs'))"
    done = run("", "-m", "omicsdk.compat", "-c", code, environ={"PYTHONPATH": str(tmp_path)})
    # Ours and the program's interpreter both report an error of it.
    assert (done.stdout, done.stderr) == (stdout, stderr * 2)


def test_the_path_of_a_program_is_that_with_python(tmp_path: Path) -> None:
    code = "import sys; print(sys.path)"
    for path in ({}, {"PYTHONPATH": f"{tmp_path}{os.pathsep}"}):
        done = run("", "-m", "omicsdk.compat", "-c", code, environ=path)
        assert (done.stdout, done.stderr) == (run(code, environ=path).stdout, "")


def test_another_environment_keeps_its_own_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # it may name this project's folder
    venv.create(tmp_path / "other", with_pip=False)
    other = tmp_path / "other" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    code = f"import subprocess; subprocess.run([{str(other)!r}, '-c', 'import hca'])"
    done = run("", "-m", "omicsdk.compat", "-c", code)
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'hca'"
    assert "sitecustomize" not in done.stderr


def test_what_the_examples_of_gen3sdk_import_besides_its_classes() -> None:
    code = """
from gen3.utils import get_or_create_event_loop_for_thread, get_random_alphanumeric
loop = get_or_create_event_loop_for_thread()
async def running():
    return get_or_create_event_loop_for_thread() is loop
print(loop.run_until_complete(running()), len(get_random_alphanumeric(6)), get_random_alphanumeric(9).isalnum())
loop.close()
"""
    done = run("", "-m", "omicsdk.compat", "-c", code)
    assert (done.stdout, done.stderr) == ("True 6 True\n", "")
