"""The 29 commands of the published pangea-api and ours, run one after the other with the same words: both leave the same."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conformity import NO_TLS
from fork_server import ForkServer
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.server import Sandbox
from pangea_steps import STEPS, Commands, Platform, Seen, content_of, fill

pytestmark = [pytest.mark.compat("pangea"), pytest.mark.timeout(300)]

PUBLISHED, OURS = "pangea-api", "omics pangea"

_FIRST_METADATA = {
    "c1": {"city": "Paris", "n": 1},
    "c2": {"city": "Rome", "n": 2},
    **{key: {} for key in ("c3", "d1", "d2")},
}
_NEW_METADATA = {**_FIRST_METADATA, "new": {"city": "Oslo", "n": 3}}
_OTHER_METADATA = {**_NEW_METADATA, "c2": {"city": "Bern", "n": 4}}
_C9 = {"c9": {}}  # the sample that the published command leaves behind where its data have no bucket
_W1 = {"raw::single_short_reads reads": content_of("w1")}


def _rows(whole: str) -> dict[str, dict[str, str]]:
    """The table of metadata, its numbers written in a way."""
    filled = {"c1": ("Paris", 1), "c2": ("Bern", 4), "new": ("Oslo", 3)}
    rows = {name: {"city": city, "n": whole.format(number)} for name, (city, number) in filled.items()}
    return rows | {key: {"city": "", "n": ""} for key in ("c3", "d1", "d2")}


# What the published commands do wrong: how that shows, and what ours do.
DEFECTS: dict[str, tuple[tuple[bool, Any], tuple[bool, Any]]] = {
    # Whether a group is public isn't sent.
    "private group": ((True, [True, False]), (True, [False, False])),
    # A sample of the table that isn't there is left out, and all is said to be well.
    "metadata": ((True, _FIRST_METADATA | _C9), (False, _FIRST_METADATA)),
    "metadata of new ones": ((True, _NEW_METADATA | _C9), (True, _NEW_METADATA)),
    "metadata again": ((True, _OTHER_METADATA | _C9), (True, _OTHER_METADATA)),
    # Whole numbers in a column with gaps come as decimals.
    "metadata with gaps": ((True, _rows("{}.0") | {"c9": {"city": "", "n": ""}}), (True, _rows("{}"))),
    # Tags aren't imported.
    "reads with a tag": ((False, []), (True, ["t1"])),
    # What was done is printed to what isn't there.
    "single reads": ((False, _W1), (True, _W1)),
    # To try without doing does it.
    "single reads, dry": ((False, True), (True, False)),
    # A blank description, as all groups have at first, is refused by the server.
    "samples into a group without a description": ((False, []), (True, ["c1"])),
    # Without a login the command logs in as "None".
    "nobody": ((False, []), (True, ["c1"])),
    # The slash at the end of the route is missing.
    "password": ((False, None), (True, None)),
}


@pytest.fixture(scope="module")
def seen(
    server: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    interpreter_of: Callable[[str], Path],
    fork_server: Callable[[str], ForkServer],
) -> dict[str, Seen]:
    """What both left, step by step."""
    commands = {
        PUBLISHED: (fork_server("pangea"), [str(interpreter_of("pangea").with_name("pangea-api"))]),
        OURS: (fork_server("omicsdk"), [str(Path(sys.executable).with_name("omics")), "pangea"]),
    }
    results: dict[str, Seen] = {}
    for name, (forks, command) in commands.items():
        server.reset()
        folder = tmp_path_factory.mktemp("pangea-commands") / "work"
        fill(folder)
        people = server.pangea.people
        account = people.by_email(SANDBOX_PANGEA_USER)
        assert account is not None
        headers = {"Authorization": f"Token {people.token(account)}"}
        with httpx.Client(
            base_url=f"{server.pangea_url}/api", headers=headers, trust_env=False, verify=NO_TLS
        ) as client:
            runs = Commands(forks, command, Platform(server, client, folder))
            results[name] = {label: runs.run(step) for label, step in STEPS.items()}
    return results


@pytest.mark.parametrize("label", STEPS)
def test_a_command_of_pangea_does_what_the_published_one_does(seen: dict[str, Seen], label: str):
    theirs, ours = seen[PUBLISHED][label], seen[OURS][label]
    if label in DEFECTS:
        assert (theirs, ours) == DEFECTS[label]
    else:
        assert ours == theirs


def test_no_command_of_pangea_is_left_out(interpreter_of: Callable[[str], Path]):
    walk = (
        "from pangea_api.cli import main\n"
        "def leaves(command, words=()):\n"
        "    if not hasattr(command, 'commands'):\n"
        "        return [' '.join(words)]\n"
        "    return [each for name, inner in command.commands.items() for each in leaves(inner, (*words, name))]\n"
        "print('\\n'.join(leaves(main)))"
    )
    listing = subprocess.run(
        [str(interpreter_of("pangea")), "-c", walk], capture_output=True, text=True, timeout=60, check=True
    )
    published = set(listing.stdout.split("\n")) - {""}
    assert len(published) == 29
    assert {
        command for command in published if not any(" ".join(step.words).startswith(command) for step in STEPS.values())
    } == set()


def test_files_come_as_they_were_sent_by_commands_of_pangea(seen: dict[str, Seen]):
    for results in seen.values():
        assert results["reads"] == (
            True,
            [
                {f"raw::paired_short_reads read_{n}": content_of(f"q{sample}.R{n}") for n in (1, 2)}
                if sample
                else [True]
                for sample in (1, 2, 0)
            ],
        )
        assert results["files of one field"] == (
            True,
            {
                "q2/q2.raw__paired_short_reads.read_1.fastq.gz": content_of("q2.R1"),
                "q2/q2.raw__paired_short_reads.read_1.json": "data",
            },
        )
        assert results["addresses"][1] == [
            "c1/c1.mm.ff.txt",
            "q1/q1.raw__paired_short_reads.read_1.fastq.gz",
            "Signature=",
        ]
