"""The commands of the published crunch client and of `omics crunch`, one after the other: the site has the same in the end."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from crunch_user import environment
from fork_server import ForkServer
from omicsdk.sandbox.crunch.state import DATASET, PROJECT
from omicsdk.sandbox.server import Sandbox

pytestmark = [pytest.mark.compat("crunch"), pytest.mark.timeout(300)]

WORKFLOW = "#!/bin/sh\n[ -e bad.txt ] && echo bad input >&2 && exit 3\ncp in.txt out.txt"
ITEM = "my-proj:item-e-1"


@dataclass(frozen=True)
class Command:
    """A command, and how it ends.

    Attributes:
        label: What it shows.
        words: What is typed behind `crunch`, and behind `omics crunch`.
        code: The published client's exit code.
        ours: Ours, where that is another one.
        without: Variables of the environment that are missing.
    """

    label: str
    words: list[str]
    code: int = 0
    ours: int | None = None
    without: tuple[str, ...] = ()


def _attribute(kind: str, *values: str, **ends: int) -> Command:
    return Command(f"{kind} {values}", [f"add-{kind}-attribute", ITEM, kind, *values], **ends)


# Where the site refuses something or a run fails, the published client ends as if all went well. Ours ends with 1, with 4
# for a wrong token, with 2 for what can't be right before it is sent, and with 3 where some datasets of a loop failed.
COMMANDS = [
    Command("project", ["add-project", "My Proj", "--description", "a project", "--details", "# Details"]),
    Command("duplicate", ["add-project", "My Proj"], 0, 1),
    Command("quiet", ["add-project", "Quiet", "--no-verbose"]),
    Command("dataset", ["add-dataset", "my-proj", "Data Set 1", "--description", "d"]),
    Command("unknown project", ["add-dataset", "nope", "X"], 0, 1),
    Command("wrong token", ["add-dataset", "my-proj", "X", "--token", "0" * 40], 0, 4),
    Command("item", ["add-item", "my-proj", "Item é 1"]),
    Command("item of an item", ["add-item", ITEM, "Sub", "--details", "t"]),
    _attribute("char", "x y"),
    _attribute("char", "", code=0, ours=2),
    _attribute("float", "1.5"),
    _attribute("float", "abc", code=2),
    _attribute("integer", "7"),
    _attribute("integer", "7.5", code=2),
    _attribute("filesize", "100"),
    Command("negative size", ["add-filesize-attribute", ITEM, "filesize", "--", "-1"], 0, 2),
    _attribute("boolean", "True"),
    _attribute("boolean", "maybe", code=2),
    _attribute("url", "https://example.org"),
    _attribute("url", "nope", code=0, ours=1),
    _attribute("datetime", "2020-01-02 03:04"),
    _attribute("datetime", "nonsense", code=1, ours=2),
    _attribute("datetime", "31/12/2020 23:59", "--format", "%d/%m/%Y %H:%M"),
    _attribute("date", "2 January 2020"),
    _attribute("lat-long", "1.25", "2.5"),
    Command("no address", ["add-project", "X"], 1, 2, ("CRUNCH_URL",)),
    Command("no argument", ["add-project"], 2),
    Command("diagnostics", ["diagnostics"]),
    Command("files", ["files", "looped:l1"]),
    Command("run", ["run", "looped:l1", "--workflow", "script", "--directory", "{folder}/run"]),
    Command("next", ["next", "--project", "looped", "--workflow", "script", "--directory", "{folder}/next"]),
    Command("loop", ["loop", "--project", "looped", "--workflow", "script", "--directory", "{folder}/loop"], 0, 3),
    Command("nothing left", ["next", "--project", "looped", "--workflow", "script"], 1, 1),
    Command("an empty loop", ["loop", "--project", "looped", "--workflow", "script"]),
    Command("unknown dataset", ["run", "nope:nope", "--workflow", "script"], 1),
    Command("failed run", ["run", "failing:f1", "--workflow", "script", "--directory", "{folder}/f"], 0, 1),
]


@dataclass
class Ended:
    """How commands ended, and what the site had then.

    Attributes:
        codes: Exit codes by label.
        outputs: What was printed, by label.
        items: All items of the site.
        statuses: Stage and state of all statuses, by the dataset's slug.
        stored: What the storage had.
    """

    codes: dict[str, int] = field(default_factory=dict[str, int])
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    items: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    statuses: dict[str, list[list[int]]] = field(default_factory=dict[str, list[list[int]]])
    stored: list[str] = field(default_factory=list[str])


def _prepare(sandbox: Sandbox) -> None:
    """Projects with workflows, which the published client can't make, and the files of their datasets."""
    sandbox.reset()
    sandbox.crunch.empty()
    tree, storage = sandbox.crunch.tree, sandbox.crunch.storage
    for name, datasets in (("Looped", ("l1", "l2", "l3", "l4")), ("Failing", ("f1",))):
        project = tree.add(PROJECT, None, {"name": name, "workflow": WORKFLOW})
        for dataset in datasets:
            tree.add(DATASET, project, {"name": dataset, "base_file_path": f"data/{dataset}"})
            folder = storage / "data" / dataset
            folder.mkdir(parents=True)
            (folder / "in.txt").write_text("abc\n")
    for dataset in ("l3", "f1"):
        (storage / "data" / dataset / "bad.txt").write_text("bad")


def _items(sandbox: Sandbox) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    url: str | None = f"{sandbox.crunch_url}/api/items/"
    with httpx.Client(headers={"Authorization": f"Token {sandbox.crunch_token}"}, trust_env=False) as client:
        while url:
            page = client.get(url).json()
            items += page["results"]
            url = page["next"]
    return items


def _run(forks: ForkServer, command: list[str], environment: dict[str, str], sandbox: Sandbox, folder: Path) -> Ended:
    _prepare(sandbox)
    folder.mkdir()
    ended = Ended()
    for step in COMMANDS:
        done = forks.run(
            [*command, *(word.replace("{folder}", str(folder)) for word in step.words)],
            env={name: value for name, value in environment.items() if name not in step.without},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        ended.codes[step.label] = done.returncode
        ended.outputs[step.label] = done.stdout + done.stderr
    ended.items = _items(sandbox)
    for name in ("looped:l1", "looped:l2", "looped:l3", "looped:l4", "failing:f1"):
        dataset = sandbox.crunch.tree.find(name)
        assert dataset is not None
        ended.statuses[name] = [
            [status.stage, status.state] for status in sandbox.crunch.statuses.table.all(dataset=dataset.id, order="id")
        ]
    storage = sandbox.crunch.storage
    ended.stored = sorted(path.relative_to(storage).as_posix() for path in storage.rglob("*") if path.is_file())
    return ended


@pytest.fixture(scope="module")
def published(
    server: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    interpreter_of: Callable[[str], Path],
    fork_server: Callable[[str], ForkServer],
) -> Ended:
    """How the published client's commands ended."""
    folder = tmp_path_factory.mktemp("published")
    command = [str(interpreter_of("crunch").with_name("crunch"))]
    return _run(fork_server("crunch"), command, environment(server, folder), server, folder / "work")


@pytest.fixture(scope="module")
def ours(server: Sandbox, tmp_path_factory: pytest.TempPathFactory, fork_server: Callable[[str], ForkServer]) -> Ended:
    """How ours ended."""
    folder = tmp_path_factory.mktemp("ours")
    command = [str(Path(sys.executable).with_name("omics")), "crunch"]
    return _run(fork_server("omicsdk"), command, environment(server, folder), server, folder / "work")


SHARED = "looped:l4"
"""The published release works on all datasets in one folder: what a failed one left makes the next ones fail."""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.label)
def test_a_published_crunch_command_ends_as_it_did(published: Ended, command: Command) -> None:
    assert published.codes[command.label] == command.code, published.outputs[command.label]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.label)
def test_a_crunch_command_of_ours_ends_as_it_should(ours: Ended, command: Command) -> None:
    expected = command.code if command.ours is None else command.ours
    assert ours.codes[command.label] == expected, ours.outputs[command.label]
    assert "Traceback" not in ours.outputs[command.label]


def test_the_crunch_site_has_the_same_in_the_end(published: Ended, ours: Ended) -> None:
    assert ours.items == published.items
    described = {item["slug"]: len(item["attributes"]) for item in ours.items}
    assert described[ITEM] == 10
    assert len(described) == 12


def test_the_crunch_site_was_told_the_same(published: Ended, ours: Ended) -> None:
    six = [[stage, state] for stage in (1, 2, 3) for state in (1, 2)]
    failed = [*six[:3], [2, 3]]
    expected = {"looped:l1": six, "looped:l2": six, "looped:l3": failed, SHARED: six, "failing:f1": failed}
    assert ours.statuses == expected
    assert published.statuses == {**expected, SHARED: failed}


def test_the_storage_of_crunch_has_the_same_in_the_end(published: Ended, ours: Ended) -> None:
    def others(ended: Ended) -> list[str]:
        return [path for path in ended.stored if not path.startswith("data/l4/")]

    assert others(ours) == others(published)
    assert "data/l2/out.txt" in others(ours)
    assert ("data/l4/out.txt" in ours.stored, "data/l4/out.txt" in published.stored) == (True, False)


def test_crunch_files_are_shown_alike(published: Ended, ours: Ended) -> None:
    shown = [
        [line.rstrip() for line in ended.outputs["files"].split("\n") if line.strip()] for ended in (published, ours)
    ]
    assert shown == [["data/l1", "└── in.txt"]] * 2


def test_what_the_crunch_site_refuses_is_told(published: Ended, ours: Ended) -> None:
    words = {
        "duplicate": "item with this name already exists",
        "unknown project": "Object with slug=nope does not exist",
        "wrong token": "Invalid token",
        "url ('nope',)": "Enter a valid URL",
    }
    for label, text in words.items():
        assert text in published.outputs[label]
        assert text in ours.outputs[label]
