"""Answers of which one field is missing, of another type, too large or nested: commands report it, and never a defect of their own."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
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
    "sync --delete --dry-run {asked} {here}/sync/",
    "find {asked}",
)
WRITES = (
    "rm -r --dry-run {asked}",
    "cp {here}/n.txt {asked}n.txt",
    "mv {here}/n.txt {asked}m.txt",
    "stat {asked}a.txt",
)
OF_PLATFORM = {
    "s3": ("verify {asked}n.txt {here}/n.txt",),
    "sb": (
        "whoami sb",
        "login sb --base-url {SB_API_ENDPOINT} --token-stdin < {SB_AUTH_TOKEN}",
        "sb projects ls",
        "sb projects members sandbox-user/lies",
        "sb files ls {root}",
        "sb files metadata {asked}a.txt",
        "sb files download {asked} --download-dir {here}/sb",
        "sb tasks ls --project sandbox-user/lies",
        "sb apps ls --project sandbox-user/lies",
        "sb volumes ls",
        "sb manifest export {asked} --file {here}/manifest.tsv --overwrite",
    ),
    "pangea": (
        "whoami pangea",
        "login pangea --base-url {PANGEA_ENDPOINT} --user {PANGEA_USER} --password-stdin < {PANGEA_PASS}",
        "pangea list samples Sandbox 'Sandbox Library'",
        "pangea list results Sandbox 'Sandbox Library' s",
        "pangea list groups Sandbox",
        "pangea list orgs",
        "pangea download metadata Sandbox 'Sandbox Library'",
        "pangea download sample-results Sandbox 'Sandbox Library' --target-dir {here}/pangea",
    ),
    "dss": (
        "dss get-bundle --uuid {id} --replica aws",
        "dss download --bundle-uuid {id} --replica aws --download-dir {here}/dss",
        "dss get-bundles-all --replica aws",
        "dss post-search --replica aws --es-query '{{}}'",
        "dss post-bundles-checkout --uuid {id} --replica aws --wait",
        "dss get-collections",
    ),
    "azul": (
        "azul catalogs",
        "azul summary",
        "azul facets",
        "azul get {id}",
        "azul matrices {id}",
        "azul projects ls",
        "azul files ls",
        "azul download --filter projectId={id} --to {here}/azul",
        "azul manifest --filter projectId={id} --to {here}/m.tsv",
    ),
    "gen3": (
        "gen3 whoami",
        "login gen3 --base-url {OMICS_GEN3_URL} --access-token - < {OMICS_GEN3_TOKEN}",
        "gen3 objects ls",
        "gen3 objects get {guid}",
        "gen3 objects manifest read --output-file {here}/index.csv",
        "gen3 programs ls",
        "gen3 projects ls",
        "gen3 records ls P-Q",
        "gen3 submit P-Q {here}/e.tsv",
        "gen3 export P-Q --node experiment",
        "gen3 delete P-Q --node experiment --dry-run",
        "gen3 dictionary",
        "gen3 discovery ls",
        "gen3 discovery publish {here}/s.tsv",
        "gen3 discovery read --output-file {here}/studies.tsv",
        "gen3 jobs ls",
        "gen3 get {guid}",
        "gen3 download drs://{host}/{guid} -d {here}/gen3",
    ),
    "drs": (
        "drs get drs://{host}/{guid}",
        "drs ls drs://{host}/{guid}",
        "drs download drs://{host}/{guid} -d {here}/drs",
        "drs resolve drs://{host}/{guid}",
    ),
    "crunch": (
        "whoami crunch",
        "login crunch --base-url {CRUNCH_URL} --access-token - < {CRUNCH_TOKEN}",
        "crunch projects ls",
        "crunch datasets ls",
        "crunch files lies:in",
    ),
    "ga4gh": (
        "htsget download sample-1 --to {here}/a.bam",
        "htsget download sample-1 --format VCF --region chr1:1-300 --to {here}/a.vcf.gz",
        "htsget service-info",
        "refget get plasmid --start 0 --end 70",
        "refget get plasmid --to {here}/plasmid.fa",
        "refget metadata plasmid",
        "refget service-info",
        "trs ls",
        "trs get '#workflow/sandbox/example/count'",
        "trs versions '#workflow/sandbox/example/count'",
        "trs files '#workflow/sandbox/example/count' --version v1.0",
        "trs download '#workflow/sandbox/example/count' --version v1.0 -d {here}/trs",
        "trs classes",
        "trs service-info",
    ),
}
#: Commands that make what the others are about.
PREPARATIONS = {
    "s3": ("cp {here}/n.txt {asked}n.txt",),
    "gen3": (
        "gen3 programs create P",
        "gen3 projects create P Q",
        "gen3 submit P-Q {here}/e.tsv",
        "gen3 discovery publish {here}/s.tsv",
    ),
}
TABLES = {
    "n.txt": "n",
    "e.tsv": "type\tsubmitter_id\tprojects.code\nexperiment\te1\tQ\nexperiment\te2\tQ\n",
    "s.tsv": "guid\ttitle\ttags\ns1\tFirst\t[]\ns2\tSecond\t[]\n",
}
#: What a command may end with: it did all, some or nothing of it.
EXITS = (0, 1, 2, 3, 4)
_SECONDS = re.compile(r"(?<=[?&])(?:X-Amz-[A-Za-z]+|expires|Expires|signature|Signature|_)=[^&]*")


def commands(scheme: str) -> Sequence[str]:
    """The commands of a store, or of services that have none."""
    files = FILES if scheme in READ_ONLY or scheme in ROOTS else ()
    return (*files, *(WRITES if scheme in ROOTS else ()), *OF_PLATFORM[scheme])


def run(world: World, command: str, lie: Lie | None) -> subprocess.CompletedProcess[str]:
    """Run a command, and return how it ended; fail where that is not what it may be."""
    here = world.folder / "here"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    (here / "sync").mkdir()
    for name, text in TABLES.items():
        (here / name).write_text(text)
    place = urlsplit(world.asked)
    names = {
        **world.environ,
        "asked": world.asked,
        "root": world.root,
        "here": str(here),
        "host": place.netloc,
        "guid": place.path.strip("/"),
        "id": place.path.strip("/").rpartition("/")[2],
    }
    words = shlex.split(command.format(**{name: shlex.quote(value) for name, value in names.items()}))
    typed = words[words.index("<") + 1] if "<" in words else ""
    words = words[: words.index("<")] if typed else words
    ended = world.run(lie, None, *words, typed=typed)
    said = f"omics {' '.join(words)}: exit {ended.returncode}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    assert "This is a bug" not in said, said
    assert "Traceback" not in said, said
    assert ended.returncode in EXITS, said
    if ended.returncode and not command.startswith("whoami"):  # its table states the problem
        assert ended.stderr.strip(), said
    return ended


def recorded(world: World, command: str) -> list[tuple[str, Reply]]:
    """The answers to a command that have something to change, each by its request."""
    answers: dict[str, Reply] = {}

    def keep(asked: Asked, reply: Reply) -> Reply:
        if reply.data is not None or reply.body.startswith(b"<?xml"):
            answers.setdefault(_request(asked), reply)
        return reply

    ended = run(world, command, Lie("none", reply=keep, methods=frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})))
    assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    return list(answers.items())


def _request(asked: Asked) -> str:
    return f"{asked.method} {_SECONDS.sub('', asked.target)}"


@pytest.mark.parametrize("world", OF_PLATFORM, indirect=True)
def test_no_answer_is_a_defect_of_a_command(world: World, request: pytest.FixtureRequest) -> None:
    scheme: str = request.node.callspec.params["world"]
    for command in PREPARATIONS.get(scheme, ()):
        assert run(world, command, None).returncode == 0, command
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
