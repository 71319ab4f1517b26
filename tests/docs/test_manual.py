"""Every block of Python or shell of the manual runs, page by page, against one server."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from manual import CHECKOUT, REASONS, Block, Shell, blocks, manual_pages, own_test, prints
from omicsdk.cli.demo.walk import environment

PAGES = manual_pages()
FIRST = "README.md"
"""What a reader begins with, and so do those who read one page after another below."""


def name_of(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The server that the pages start, with its state in `sandbox` of a folder; gives its port."""
    variables = environment({"HOME": str(folder), "PATH": paths()})
    words = ["omics", "sandbox", "up", "--port", "0", "--dir", "sandbox"]
    with subprocess.Popen(
        words, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert match, line
        process.stderr.readline()  # its environment stands in the folder once this is told
        try:
            yield match[1]
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=30)
        assert process.returncode == (1 if os.name == "nt" else 0), errors


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The server that the pages share: its folder and its port."""
    folder = tmp_path_factory.mktemp("manual")
    with serving(folder) as port:
        yield folder / "sandbox", port


def paths() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


@pytest.mark.sandbox
@pytest.mark.skipif(shutil.which("bash") is None, reason="the manual's shell is bash, which isn't there")
@pytest.mark.parametrize("page", [page for page in PAGES if name_of(page) != FIRST], ids=name_of)
def test_a_page_can_be_followed(page: Path, server: tuple[Path, str], tmp_path: Path):
    sandbox, port = server
    (tmp_path / "sandbox").symlink_to(sandbox)
    with reader(tmp_path, port) as shell:
        shell.follow(page)


def reader(folder: Path, port: str, begun: str = "") -> Shell:
    """A shell in a folder with the repository's examples."""
    shutil.copytree(CHECKOUT / "examples", folder / "examples", dirs_exist_ok=True)
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": paths()}
    return Shell(folder, environment(home), port, begun=begun)


PATHS = {
    "human-cell-atlas": "how-to/publish-a-dataset.md",
    "azul": "how-to/add-commands.md",
    "seven-bridges": "how-to/move-any-file.md",
    "gen3": "how-to/move-a-terabyte.md",
    "drs": "how-to/ga4gh-reading.md",
    "terra": "how-to/drs-access.md",
    "crunch": "how-to/log-in.md",
    "pangea": "how-to/your-own-client.md",
    "manifests": "uris.md",
    "accession": "tutorials/paper.md",
    "paper": "tutorials/manifests.md",
    "reproduce": "locks.md",
    "shared-reference": "locks.md",
    "your-own-api": "how-to/your-own-client.md",
}
"""What a reader may turn to after a tutorial."""
SHORT = ("azul", "drs", "human-cell-atlas")
"""The tutorials of which each run of the tests follows the two pages; each page by itself is followed above."""


@pytest.fixture(scope="session")
def begun(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """What those who read one page after another have after the first two pages: `folder`, and what `state` says of the shell.

    The server that they used has ended: its state is in the folder.
    """

    def make(made: Path) -> None:
        folder = made / "folder"
        folder.mkdir()
        with serving(folder) as port, reader(folder, port) as shell:
            for name in (FIRST, "docs/start.md"):
                shell.follow(CHECKOUT / name)
            (made / "state").write_text(shell.state(), encoding="utf-8")

    return once("begun", make)


@pytest.mark.sandbox
@pytest.mark.skipif(shutil.which("bash") is None, reason="the manual's shell is bash, which isn't there")
@pytest.mark.timeout(600)  # four pages, on whatever machine; two of them may be read by another process
@pytest.mark.parametrize(
    "tutorial", [pytest.param(name, marks=[] if name in SHORT else [pytest.mark.long], id=name) for name in PATHS]
)
def test_a_reader_can_follow_one_page_after_another(tutorial: str, begun: Path, tmp_path: Path):
    folder = tmp_path / "folder"
    shutil.copytree(begun / "folder", folder, symlinks=True)
    state = (begun / "state").read_text(encoding="utf-8").replace(str(begun / "folder"), str(folder))
    with serving(folder) as port, reader(folder, port, state) as shell:
        for name in (f"docs/tutorials/{tutorial}.md", f"docs/{PATHS[tutorial]}"):
            shell.follow(CHECKOUT / name)


def test_every_tutorial_is_on_a_reader_s_path():
    tutorials = {page.stem for page in (CHECKOUT / "docs/tutorials").glob("*.md")} - {"index"}
    assert tutorials == PATHS.keys()


def test_pages_that_the_manual_must_have_are_followed():
    assert {FIRST, "docs/start.md"} <= set(map(name_of, PAGES))


@pytest.mark.parametrize("page", sorted((CHECKOUT / "docs").rglob("*.md")), ids=name_of)
def test_no_block_is_left_out_without_a_reason(page: Path):
    assert {block.reason for block in blocks(page)} <= {"", *REASONS}
    tags = {"sh", "python", "text", "json", "yaml", "toml", "ini", "tsv", "csv", "html", "dockerfile", "r", "jinja"}
    assert [block.line for block in blocks(page) if block.language not in tags] == []


TESTED_PAGES = [page for page in sorted((CHECKOUT / "docs").rglob("*.md")) if own_test(page).exists()]


@pytest.mark.parametrize("page", TESTED_PAGES, ids=name_of)
def test_a_page_with_a_test_of_its_own_is_read_by_it(page: Path):
    name = f'ComingFrom("{page.stem.removeprefix("coming-from-")}")'
    text = own_test(page).read_text(encoding="utf-8")
    assert page.name in text or page.parent.name in text or name in text or page.name == "dtp.md"


def test_pages_with_tests_of_their_own_are_few():
    assert {"coming-from-hca.md", "coming-from-gen3.md", "dtp.md"} <= {page.name for page in TESTED_PAGES}
    assert len({own_test(page) for page in TESTED_PAGES}) < 14


@pytest.mark.parametrize(
    ("expected", "printed", "lost"),
    [
        ("a\nc\n", "a\nb\nc\n", ""),
        ("a … c\n", "a b c\n", ""),
        ("…\nlast\n", "first\nlast\n", ""),
        ("b\na\n", "a\nb\n", "a"),
        ("a.c\n", "abc\n", "a.c"),
        ("a\na\n", "a\n", "a"),
    ],
)
def test_what_is_printed_is_compared_line_by_line(expected: str, printed: str, lost: str):
    assert prints(expected, printed) == lost


def test_the_parts_of_a_block(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        'x\n\n```python title="a.py"\n1\n```\n<!-- not run: needs an account -->\n```sh\nomics\n```\n- item\n\n'
        "    ```sh\n    ls\n    ```\n```text\nls\n```\n"
    )
    assert blocks(page) == [
        Block("python", "1\n", 3, title="a.py"),
        Block("sh", "omics\n", 7, reason="needs an account"),
        Block("sh", "ls\n", 12),
        Block("text", "ls\n", 15),
    ]


def test_a_block_that_fails_ends_the_page(tmp_path: Path):
    with Shell(tmp_path, environment({"PATH": paths()}), "1") as shell:
        shell.run(Block("sh", "FOUND=here\nexport GIVEN=there\n", 7))
        assert shell.run(Block("sh", "echo $FOUND $GIVEN\n", 8)) == "here there\n"
        with pytest.raises(AssertionError, match="it ended with 3\nfirst"):
            shell.run(Block("sh", "echo first; exit 3\n", 9))


def test_a_variable_that_is_not_exported_stays_in_the_shell(tmp_path: Path):
    seen = Block("python", "import os\nprint(os.environ.get('FOUND'), os.environ.get('GIVEN'))\n", 8)
    with Shell(tmp_path, environment({"PATH": paths()}), "1") as shell:
        shell.run(Block("sh", "FOUND=here\nexport GIVEN=there\n", 7))
        assert shell.run(seen) == "None there\n"


def test_output_is_read_after_a_change_of_the_folder(tmp_path: Path):
    with Shell(tmp_path, environment({"PATH": paths()}), "1") as shell:
        assert shell.run(Block("sh", "mkdir below; cd below; echo here\n", 7)) == "here\n"
        assert shell.run(Block("sh", "basename $PWD\n", 8)) == "below\n"
        assert shell.run(Block("python", "print('there')\n", 9)) == "there\n"


def test_a_shell_continues_where_another_ended(tmp_path: Path):
    lines = "FOUND='two\nlines'\nexport GIVEN=there\nUNSET=1; unset UNSET\nsay() { echo $1; }\n"
    seen = Block("python", "import os\nprint(os.environ.get('FOUND'), os.environ.get('GIVEN'))\n", 8)
    with Shell(tmp_path, environment({"PATH": paths()}), "1") as first:
        first.run(Block("sh", lines, 7))
        state = first.state()
    with Shell(tmp_path, environment({"PATH": paths()}), "1", begun=state) as shell:
        assert shell.run(seen) == "None there\n"
        assert shell.run(Block("sh", 'say "$FOUND"; echo ${UNSET-gone}\n', 9)) == "two lines\ngone\n"
        with pytest.raises(AssertionError, match="it ended with 1"):
            shell.run(Block("sh", "echo $NOWHERE\n", 10))


@pytest.mark.skipif(shutil.which("sed") is None, reason="the pages change imports by sed, which isn't there")
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "crunch",
            "import crunch.client.run, crunch.client.enums",
            "import omicsdk.compat.crunch.client.run, omicsdk.compat.crunch.client.enums",
        ),
        ("gen3", "from gen3.auth import Gen3Auth", "from omicsdk.compat.gen3.auth import Gen3Auth"),
        ("gen3", 'auth = Gen3Auth("https://gen3.example.org")', 'auth = Gen3Auth("https://gen3.example.org")'),
        ("pangea", "print(pangea_api.User(pangea_api.Knex()))", "print({0}.User({0}.Knex()))"),
        ("sevenbridges", "from sevenbridges import Api", "from omicsdk.compat.sevenbridges import Api"),
        ("sevenbridges", 'open("~/.sevenbridges/credentials")', 'open("~/.sevenbridges/credentials")'),
    ],
)
def test_imports_are_changed_and_addresses_are_kept(name: str, old: str, new: str) -> None:
    page = (CHECKOUT / f"docs/coming-from-{name}.md").read_text("utf-8")
    command = re.search(r"`sed -i ('.*?') \*\.py`", page)
    assert command is not None
    changed = new.format("omicsdk.compat.pangea_api")
    for before in (old, changed):  # run again, it changes nothing
        done = subprocess.run(f"sed {command[1]}", shell=True, input=before, capture_output=True, text=True, check=True)
        assert done.stdout == changed
