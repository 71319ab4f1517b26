"""Instructions for installing a missing package depend on the installer of omicsdk, which leaves a mark in the environment."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from omicsdk.core import ConfigError, MissingExtra, Request, Transport
from omicsdk.core.installation import Installation, install_command
from omicsdk.core.lazy import require

UV_TOOL, PIPX, VENV, CONDA = "uv-receipt.toml", "pipx_metadata.json", "pyvenv.cfg", "conda-meta/history"


def installation(prefix: Path, *marks: str, installer: str = "pip", active: str = "", windows: bool = False):
    for mark in marks:
        (prefix / mark).parent.mkdir(exist_ok=True)
        (prefix / mark).write_text("")
    environ = {active: str(prefix)} if active else {}
    return Installation(str(prefix), f"{prefix}/bin/python", installer, environ, windows)


@pytest.mark.parametrize(
    ("marks", "installer", "active", "command"),
    [
        ((), "pip", "", "pip install 'omicsdk[x]'"),
        ((VENV,), "pip", "VIRTUAL_ENV", "pip install 'omicsdk[x]'"),
        ((VENV,), "pip", "", "PREFIX/bin/python -m pip install 'omicsdk[x]'"),
        ((VENV,), "uv", "VIRTUAL_ENV", "uv pip install 'omicsdk[x]'"),
        ((VENV,), "uv", "", "uv pip install --python PREFIX/bin/python 'omicsdk[x]'"),
        ((VENV, UV_TOOL), "uv", "", "uv tool install 'omicsdk[x]'"),
        ((VENV, PIPX), "pip", "", "pipx install --force 'omicsdk[x]'"),
        ((CONDA,), "pip", "CONDA_PREFIX", "pip install 'omicsdk[x]'"),
        ((CONDA,), "conda", "", "conda run -p PREFIX pip install 'omicsdk[x]'"),
    ],
)
def test_a_command_is_of_what_installed_us(tmp_path, marks, installer, active, command):
    here = installation(tmp_path, *marks, installer=installer, active=active)
    words = [word.replace("PREFIX", str(tmp_path)) for word in shlex.split(command)]
    assert install_command("omicsdk[x]", here) == shlex.join(words)


@pytest.mark.parametrize(
    ("source", "requirement"),
    [
        ({"url": "file:///src/omics%20dk", "dir_info": {"editable": True}}, "-e '/src/omics dk[x]'"),
        ({"url": "file:///src/omicsdk", "dir_info": {}}, "'/src/omicsdk[x]'"),
        (
            {"url": "https://git.example/omicsdk", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}},
            "'omicsdk[x] @ git+https://git.example/omicsdk@0a1b'",
        ),
        (
            {"url": "https://files.example/omicsdk-1-py3-none-any.whl", "archive_info": {}},
            "'omicsdk[x] @ https://files.example/omicsdk-1-py3-none-any.whl'",
        ),
    ],
)
def test_an_extra_comes_from_where_we_were_installed_from(tmp_path, source, requirement):
    here = installation(tmp_path, VENV, active="VIRTUAL_ENV")._replace(source=json.dumps(source))
    assert install_command("omicsdk[x]", here) == f"pip install {requirement}"
    assert install_command("httpx[http2]", here) == "pip install 'httpx[http2]'"
    (tmp_path / UV_TOOL).write_text("")
    ours = requirement.replace("[x]", "").replace("'/src/omicsdk'", "/src/omicsdk")
    assert install_command("httpx[http2]", here) == f"uv tool install {ours} --with 'httpx[http2]'"


@pytest.mark.parametrize(
    ("mark", "command"),
    [
        (UV_TOOL, "uv tool install omicsdk --with 'httpx[http2]'"),
        (PIPX, "pipx inject omicsdk 'httpx[http2]'"),
        (VENV, "pip install 'httpx[http2]'"),
    ],
)
def test_another_package_goes_beside_us(tmp_path, mark, command):
    assert install_command("httpx[http2]", installation(tmp_path, mark, active="VIRTUAL_ENV")) == command


def test_what_a_shell_would_take_for_more_is_quoted(tmp_path):
    folder = tmp_path / "my env"
    folder.mkdir()
    assert install_command("omicsdk[x]", installation(folder, VENV)).startswith(f"'{folder}/bin/python' -m pip")
    windows = installation(folder, VENV, windows=True)
    assert install_command("omicsdk[x]", windows) == f'"{folder}/bin/python" -m pip install "omicsdk[x]"'


def test_an_error_has_the_command_of_this_installation():
    assert str(MissingExtra("sandbox", "a test")).endswith(f"Install it with: {install_command('omicsdk[sandbox]')}")


# -- extras


def test_an_installed_module_is_returned():
    assert require("json", "gen3", "records") is json


def test_a_missing_module_is_an_error_that_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"'gen3'.*data frames \(pandas is missing\).*pip install .*\[gen3\]"):
        require("pandas", "gen3", "data frames")


# -- HTTP/2 needs a package that httpx does not require


def test_the_missing_package_of_http2_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the request: httpx would import it in the middle of one, from servers that speak HTTP/2 alone."""
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ConfigError, match=r"needs for http2.*httpx\[http2\]"):
        Transport("https://127.0.0.1:1", http2=True).send(Request("GET", "/", (), None, True, False, "get"))
