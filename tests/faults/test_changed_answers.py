"""Answers of which one field is missing, of another type, too large or nested: commands report it, and never a defect of their own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest
from changed_answers import changed, changed_xml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lied_stores import READ_ONLY, ROOTS, World
from lying_proxy import Asked, Lie, Reply

pytestmark = pytest.mark.sandbox

#: Commands about files that every store has.
FILES = (
    "ls -r {asked}",
    "ls -l --output json {asked}",
    "du {asked}",
    "cp -r {asked} {here}/in/",
    "sync --delete --dry-run {asked} {here}/",
    "find {asked}",
)
WRITES = (
    "rm -r --dry-run {asked}",
    "cp {here}/n.txt {asked}n.txt",
    "mv {here}/n.txt {asked}m.txt",
    "stat {asked}b.txt",
)
OF_PLATFORM = {
    "s3": (),
    "sb": (
        "whoami sb",
        "sb projects list",
        "sb files list {root}",
        "sb files metadata {asked}a.txt",
        "sb tasks list --project sandbox-user/lies",
        "sb apps list --project sandbox-user/lies",
        "sb members list sandbox-user/lies",
        "sb volumes list",
        "sb manifest export {root} {here}/manifest.tsv",
    ),
    "pangea": (
        "whoami pangea",
        "pangea list samples Sandbox 'Sandbox Library'",
        "pangea list sample-results Sandbox 'Sandbox Library'",
        "pangea groups list",
        "pangea download metadata Sandbox 'Sandbox Library'",
        "pangea download sample-results Sandbox 'Sandbox Library' --target-dir {here}",
    ),
    "dss": (
        "dss get-bundle --uuid {uuid} --replica aws",
        "dss download --bundle-uuid {uuid} --replica aws --download-dir {here}",
        "dss get-bundles-all --replica aws",
        "dss post-search --replica aws --es-query '{{}}'",
    ),
    "azul": (
        "azul catalogs",
        "azul summary",
        "azul facets",
        "azul projects list",
        "azul download --project {uuid} {here}",
        "azul manifest --project {uuid} --format compact {here}/m.tsv",
    ),
    "gen3": (
        "gen3 whoami",
        "gen3 objects list",
        "gen3 programs list",
        "gen3 dictionary",
        "gen3 download {guid} {here}",
    ),
    "drs": ("drs get {asked}", "drs ls {asked}", "drs download {asked} {here}", "drs resolve {asked}"),
    "crunch": ("crunch projects list", "crunch datasets list", "crunch files lies:in", "whoami crunch"),
}
#: What a command may end with: it did all, some or nothing of it.
EXITS = (0, 1, 2, 3, 4)
_SECONDS = re.compile(r"(?<=[?&])(?:X-Amz-[A-Za-z]+|expires|Expires|signature|Signature|_)=[^&]*")


def commands(scheme: str) -> Sequence[str]:
    """The commands of a store."""
    return (*FILES, *(WRITES if scheme in ROOTS else ()), *OF_PLATFORM[scheme])


def run(world: World, command: str, lie: Lie | None) -> str:
    """Run a command, and return what it printed; fail where that is not what it may be."""
    here = world.folder / "here"
    here.mkdir(exist_ok=True)
    (here / "n.txt").write_bytes(b"n")
    last = urlsplit(world.asked).path.strip("/").rpartition("/")[2]
    names = {"uuid": last, "guid": urlsplit(world.asked).path.strip("/"), "root": world.root, "here": here}
    words = shlex.split(
        command.format(asked=shlex.quote(world.asked), **{k: shlex.quote(str(v)) for k, v in names.items()})
    )
    ended = world.run(lie, None, *words)
    said = f"omics {' '.join(words)}: exit {ended.returncode}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    assert "This is a bug" not in said, said
    assert "Traceback" not in said, said
    assert ended.returncode in EXITS, said
    if ended.returncode and not command.startswith("whoami"):  # its table states the problem
        assert ended.stderr.strip(), said
    return said


def recorded(world: World, command: str) -> list[tuple[str, Reply]]:
    """The answers to a command that have something to change, each by its request."""
    answers: dict[str, Reply] = {}

    def keep(asked: Asked, reply: Reply) -> Reply:
        if reply.data is not None or reply.body.startswith(b"<?xml"):
            answers.setdefault(_request(asked), reply)
        return reply

    run(world, command, Lie("none", reply=keep, methods=frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})))
    return list(answers.items())


def _request(asked: Asked) -> str:
    return f"{asked.method} {_SECONDS.sub('', asked.target)}"


@pytest.mark.parametrize("world", [*ROOTS, *READ_ONLY], indirect=True)
def test_no_answer_is_a_defect_of_a_command(world: World, request: pytest.FixtureRequest) -> None:
    scheme: str = request.node.callspec.params["world"]
    answers = {command: recorded(world, command) for command in commands(scheme)}
    usable = [command for command, found in answers.items() if found]
    assert usable

    @settings(suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        command = data.draw(st.sampled_from(usable))
        where, reply = data.draw(st.sampled_from(answers[command]))
        new = data.draw(changed(reply.data) if reply.data is not None else changed_xml(reply.body))

        def change(asked: Asked, truth: Reply) -> Reply:
            return Reply(truth.status, truth.headers, new) if _request(asked) == where else truth

        run(world, command, Lie("changed", reply=change, methods=frozenset({where.partition(" ")[0]})))

    check()
