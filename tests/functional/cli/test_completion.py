"""Completion: what is offered, by real shells where they are installed; scripts, and where they go."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from completion_cases import CASES
from omicsdk.cli import lookups
from omicsdk.cli.commands import completion
from omicsdk.cli.completion import script
from quiet_server import serving_files

SHELLS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} isn't installed"))
    for name in ("bash", "zsh", "fish")
]


@pytest.fixture
def path(generated, tmp_path, monkeypatch):
    """A folder on PATH with an `omics` of the catalog's commands, which writes down what it is called with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "omics"
    program.write_text(
        f"""#!{sys.executable}
import json, sys
from omicsdk.cli.main import Omics
from omicsdk.cli.main import main
if sys.argv[1:2] != ["__complete"]:
    open({str(tmp_path / "called")!r}, "w").write(json.dumps(sys.argv[1:]))
    sys.exit()
services = {{"widgets": {{"title": "Widgets of the world", "documented": True, "index": "dss"}}}}
sys.exit(main(catalog=Omics({str(generated)!r}, services)))
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def completed(shell: str, folder: Path, *words: str) -> list[str]:
    """What a shell offers after words, the last of which is being typed."""
    (folder / f"omics.{shell}").write_text(script(shell, "omics"))
    line = " ".join(["omics", *words])
    quoted = " ".join(f"'{word}'" for word in words)
    code = {
        "bash": f"source ./omics.bash; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=(omics {quoted}); "
        f"COMP_CWORD={len(words)}; _omics; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        "fish": f"source omics.fish; complete -C '{line}'",
        "zsh": ZSH % (quoted, len(words) + 1),
    }[shell]
    quiet = {"bash": "--norc", "fish": "--no-config", "zsh": "-f"}[shell]
    ran = subprocess.run([shell, quiet, "-c", code], capture_output=True, text=True, cwd=folder)
    assert ran.stderr == ""
    # fish looks anywhere in a word, and behind the beginning offers the files of the folder.
    candidates = [row.partition("\t")[0] for row in ran.stdout.splitlines()]
    return [word for word in candidates if word.startswith(words[-1]) and word and not word.startswith("omics")]


# What zsh would offer: _describe notes what it is given instead of showing it.
ZSH = """
compdef() { :; }
noted=()
_describe() { local -a given; given=("${(@P)4}"); noted+=("${(@)given%%%%:*}"); }
_files() { :; }
compset() { :; }
source ./omics.zsh
words=(omics %s); CURRENT=%d; PREFIX=${words[CURRENT]}
_omics
for word in $noted; do print -r -- $word; done
true
"""


@pytest.mark.parametrize("shell", SHELLS)
@CASES
def test_a_shell_offers_what_fits(path, shell, words, expected):
    assert set(completed(shell, path, *words)) == expected


HOSTILE = "$(touch owned)`touch owned`; touch 'owned' \"x\" \\ & | * !a {b,c} ~ #d"


# Python 3.15 raises what os.forkpty warns of beside other threads. The child starts a shell and takes no lock.
MAY_FORK = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of forkpty:DeprecationWarning")


def typed(shell: str, folder: Path, line: str) -> list[str]:
    """Types a line with Tab into an interactive shell; gives the words with which `omics` was called."""
    (folder / f"omics.{shell}").write_text(script(shell, "omics"))
    prepare = {
        "bash": "source ./omics.bash",
        # What zsh has itself is read once for all tests.
        "zsh": f"autoload -Uz compinit; compinit -C -d '{folder.parent.parent}/zcompdump'; source ./omics.zsh",
        "fish": "source omics.fish",
    }[shell]
    quiet = {"bash": "--norc", "fish": "--no-config", "zsh": "-f"}[shell]
    environment = {**os.environ, "TERM": "dumb", "HOME": str(folder), "PS1": "> "}
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(shell, [shell, quiet, "-i"], environment)
    os.write(terminal, f"{prepare}\n{line}\nexit\n".encode())
    shown = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # the shell has ended
            break
    os.close(terminal)  # ends a shell that hangs
    os.waitpid(process, 0)
    called = folder.parent / "called"
    assert called.exists(), shown.decode(errors="replace")
    return json.loads(called.read_text())


@MAY_FORK
@pytest.mark.parametrize("shell", SHELLS)
def test_no_name_becomes_code(generated, path, shell):
    file = generated / "widgets" / "commands.json"
    commands = json.loads(file.read_text())
    commands[0]["parameters"][0]["choices"] = [HOSTILE, "red\x1b[2J"]
    commands[0]["parameters"][0]["help"] = "' ; touch owned ; '"
    file.write_text(json.dumps(commands))
    assert typed(shell, path, "omics widgets get-widgets --per-page \t") == [
        "widgets",
        "get-widgets",
        "--per-page",
        HOSTILE,
    ]
    assert typed(shell, path, "omics widgets get-widgets --per-p\t7") == ["widgets", "get-widgets", "--per-page", "7"]
    assert not list(generated.rglob("owned")) + list(path.rglob("owned"))


@MAY_FORK
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("begun", ["sb://m", "'sb://m", '"sb://m', "sb:", "sb://me/My\\ "])
def test_a_name_with_blanks_and_colons_is_completed_in_every_quote(generated, path, shell, begun):
    file = generated / "widgets" / "commands.json"
    commands = json.loads(file.read_text())
    commands[0]["parameters"][0]["choices"] = ["sb://me/My reads: (old)"]
    file.write_text(json.dumps(commands))
    typed_words = typed(shell, path, f"omics widgets get-widgets --per-page {begun}\t")
    assert typed_words == ["widgets", "get-widgets", "--per-page", "sb://me/My reads: (old)"]


@pytest.fixture
def home(monkeypatch, tmp_path):
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "BASH_COMPLETION_USER_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    folder.mkdir(exist_ok=True)  # `sb` makes it, too
    monkeypatch.setenv("HOME", str(folder))
    return folder


# A fresh home: what a new shell of the user's offers after what `install` wrote, and nothing else.
OFFERED = {
    "bash": ["bash", "-ic", "{loader} COMP_LINE='omics sb files upl'; COMP_POINT=18; _omics; echo $COMPREPLY"],
    "zsh": ["zsh", "-ic", "print -r -- $_comps[omics]"],
    "fish": ["fish", "-c", "complete -C 'omics sb files upl' | string split -f1 \\t"],
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_new_shell_reads_what_is_installed(omics, home, monkeypatch, shell):
    installs_what_a_shell_reads(omics, home, monkeypatch, shell, has_loader=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash isn't installed")
def test_bash_without_its_loader_reads_what_is_installed(omics, home, monkeypatch):
    installs_what_a_shell_reads(omics, home, monkeypatch, "bash", has_loader=False)


def installs_what_a_shell_reads(omics, home, monkeypatch, shell, *, has_loader):
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setattr(completion, "_BASH_COMPLETION", ("/",) if has_loader else ())
    ran = omics("--yes", "completion", "install", installed=True)
    assert (ran.code, ran.out) == (0, "")
    written = {path: path.read_text() for path in home.rglob("*") if path.is_file()}
    assert all(str(path) in ran.err for path in written), "a file was written, and not named"
    (file,) = (path for path in written if path.name not in (".zshrc", ".bashrc"))
    assert (len(written) == 2) == (shell == "zsh" or (shell == "bash" and not has_loader))
    loader = f"source '{file}';" if has_loader else ""  # what bash-completion does at the first Tab
    command = [word.replace("{loader}", loader) for word in OFFERED[shell]]
    shown = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert shown.stdout.strip() == ("_omics" if shell == "zsh" else "upload"), shown.stderr
    again = omics("completion", "install", installed=True)
    assert f"{file} is up to date" in again.err
    assert all(path.read_text() == text for path, text in written.items())
    removed = omics("completion", "uninstall", installed=True)
    assert f"removed {file}" in removed.err
    assert {path: path.read_text() for path in written if path.exists()} == dict.fromkeys(written.keys() - {file}, "")


def test_settings_are_changed_only_if_the_user_agrees(omics, home):
    settings = home / ".zshrc"
    settings.write_text("alias l=ls")
    refused = omics("completion", "install", "zsh", installed=True)
    assert f"add this line to {settings}: fpath=('{home}/.zfunc' $fpath)" in refused.err
    assert settings.read_text() == "alias l=ls", "no question was asked"
    omics("completion", "install", "zsh", installed=True, tty=True, typed="y\n")
    once = settings.read_text()
    assert once.startswith("alias l=ls\nfpath=(")
    again = omics("completion", "install", "zsh", installed=True, tty=True)
    assert (settings.read_text(), "[y/N]" in again.err) == (once, False)
    omics("completion", "uninstall", "zsh", installed=True)
    assert settings.read_text() == "alias l=ls\n"


@pytest.fixture
def tab(sb, omics, monkeypatch, tmp_path):
    """Gives what `omics __complete` offers after words, against the sandbox; it waits for the first lookup however long it takes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(lookups, "WAIT_SECONDS", 60)

    def run(*words: str) -> list[str]:
        ran = omics("__complete", "powershell", f"={words[-1]}", *words[:-1], installed=True)
        assert (ran.code, ran.err) == (0, "")
        return [line.split("\t")[1] for line in ran.out.splitlines()[1:]]

    yield run
    while lookups.started:
        lookups.started.pop().wait()


def test_remote_paths_and_projects_are_offered(sb, tab, tmp_path):
    (tmp_path / "My $reads.txt").write_text("x")
    assert sb("files", "upload", str(tmp_path / "My $reads.txt"), "sb://sandbox-user/p/").code == 0
    assert tab("cp", "s") == ["sb://", "s3://"]
    assert tab("cp", "sb://sand") == ["sb://sandbox-user/"]
    assert tab("sb", "files", "ls", "sb://sandbox-user/") == ["sb://sandbox-user/p/"]
    assert tab("cp", "sb://sandbox-user/p/M") == ["sb://sandbox-user/p/My $reads.txt"]
    assert tab("sb", "tasks", "ls", "--project", "") == ["sandbox-user/"]
    assert tab("sb", "tasks", "ls", "--project", "sandbox-user/") == ["sandbox-user/p"]
    assert tab("cp", "nonsense://x") == []


def test_folders_of_web_servers_are_offered(tab, tmp_path):
    (tmp_path / "served" / "a folder").mkdir(parents=True)
    (tmp_path / "served" / "a%.txt").touch()
    with serving_files(tmp_path / "served") as url:
        assert tab("ls", f"{url}/a") == [f"{url}/a%20folder/", f"{url}/a%25.txt"]
        assert tab("ls", url[:-1]) == tab("ls", url.replace("://", "://me:canary@") + "/") == []


def test_names_are_kept_in_the_cache_folder_without_secrets(sb, tab, tmp_path, monkeypatch):
    assert tab("ls", "sb://sandbox-user/") == ["sb://sandbox-user/p/"]
    (file,) = (tmp_path / "cache" / "omicsdk" / "completion").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert os.environ["SB_AUTH_TOKEN"] not in file.read_text() + file.name
    kept = json.loads(file.read_text())
    kept["names"].append("sandbox-user/kept/")
    file.write_text(json.dumps(kept))
    assert tab("ls", "sb://sandbox-user/k") == ["sb://sandbox-user/kept/"], "the cache was not read"
    kept["until"] = 0
    file.write_text(json.dumps(kept))
    (file.parent / "gone.running").symlink_to("gone")  # as one that another completion removes meanwhile
    monkeypatch.setattr(lookups, "WAIT_SECONDS", 0)
    assert tab("ls", "sb://sandbox-user/k") == ["sb://sandbox-user/kept/"], "old names are better than none"
    monkeypatch.setattr(lookups, "WAIT_SECONDS", 60)
    assert tab("ls", "sb://sandbox-user/") == ["sb://sandbox-user/p/"], "they were looked up meanwhile"


def test_a_folder_that_cannot_be_listed_is_requested_rarely(sb, tab, tmp_path, monkeypatch):
    monkeypatch.setenv("OMICS_COMPLETE_DEBUG", str(tmp_path / "debug"))
    assert tab("ls", "sb://nobody/") == []
    assert "has no project visible to you" in (tmp_path / "debug").read_text()
    (file,) = (tmp_path / "cache" / "omicsdk" / "completion").iterdir()
    written = file.stat().st_mtime_ns
    assert tab("ls", "sb://nobody/") == []
    assert file.stat().st_mtime_ns == written


def test_profiles_are_those_of_the_settings_files(tab, home, monkeypatch):
    (home / ".sevenbridges").mkdir()
    (home / ".sevenbridges" / "credentials").write_text("[cgc]\nauth_token = x\n")
    monkeypatch.setenv("OMICS_SETTINGS_FILE", str(home / "settings.toml"))
    (home / "settings.toml").write_text('[profiles.lab.gen3]\nbase_url = "https://x.example"\n')
    assert tab("sb", "files", "ls", "--profile", "") == ["lab", "cgc"]
