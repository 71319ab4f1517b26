"""Every documented command of the published Pangea client, with its documented arguments, on the sandbox."""

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from ncbi_stand_in import ncbi_stand_in
from omicsdk.cli.arguments import global_arguments, options_of, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.main import main
from omicsdk.cli.program import CommandNode, Group
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_steps import Ran

pytestmark = pytest.mark.sandbox

THING = r"<Pangea::\S+ .+ [0-9a-f-]{36} />"
DOCUMENTED = {
    "version": "",
    "user info": "",
    "user change-password": "",
    "create org": "",
    "create sample-group": "--private --public --library --not-library",
    "create samples": "-s --sample-name-list",
    "create sample-with-data": "-m --module-name",
    "create sample-ar": "-r --replicate",
    "create field": "",
    "add samples-to-group": "--sample-manifest",
    "list samples": "",
    "download metadata": "--sample-manifest",
    "download sample-results": "--module-name --field-name --target-dir --sample-manifest --download --urls-only",
    "upload reads": "--overwrite --no-overwrite --private --public -t --tag -m --module-name -d --delim -1 --ext-1 -2 --ext-2",
    "upload single-ended-reads": "--overwrite --no-overwrite --private --public -t --tag -m --module-name -f --field-name -e "
    "--ext --dryrun --wetrun",
    "upload metadata": "--overwrite --no-overwrite --create --no-create --update --no-update --index-col --encoding",
    "upload group-field": "",
    "delete sample": "",
    "delete group": "",
    "delete sample-result": "",
    "delete group-result": "",
    "tag create": "",
    "tag samples-in-group": "",
    "tag group": "",
    "tag list random-samples": "-n --num-samples",
    "tag list groups": "-n --num-samples",
    "ncbi link bioproject": "",
    "ncbi list bioproject": "-s --sleep -o --outfile",
    "ncbi list sra": "-s --sleep -o --outfile",
}
"""The commands, each with options of its own."""
WITHOUT_FILE = {"version", "tag group"}
"""Those that print nothing which a file could take, and aren't documented to."""


@dataclass(frozen=True)
class Step:
    """A command line after `omics pangea`, and what it gives.

    Attributes:
        command: The command.
        words: What follows; {name} stands for the UUID that an earlier step printed.
        out: A pattern of what is printed.
        err: A text that is told.
        keep: What the UUID in what is printed is called.
        code: What it ends with.
    """

    command: str
    words: str = ""
    out: str = ""
    err: str = ""
    keep: str = ""
    code: int = 0


WALK = (
    Step("version", out=r"\d+\.\d+\.\d+\S*\n"),
    Step("user info", out=r'\{\n    "avatar": null,\n    "biography": null,(?s:.)*"email": "user@(?s:.)*\}\n'),
    Step("create org", "CLI2", err="Created: <Pangea::Organization CLI2 "),
    Step("create sample-group", "CLI2 Lib2 --public", err="Created: <Pangea::SampleGroup Lib2 "),
    Step(
        "create sample-group",
        "CLI2 Grp2 --private --not-library",
        err="Created: <Pangea::SampleGroup Grp2 ",
        keep="grp2",
    ),
    Step("create samples", "CLI2 Lib2 c1 c2,c3", out=rf"({THING}\n){{3}}", keep="c1"),
    Step("create samples", "CLI2 Lib2 -s names", out=rf"({THING}\n){{2}}"),
    Step("create sample-ar", "CLI2 Lib2 c1 mm -r 1", err="Created: <Pangea::Sample mm 1 ", keep="mm"),
    Step("create sample-ar", "{c1} nn", err="Created: <Pangea::Sample nn ", keep="nn"),
    Step("list samples", "CLI2 Lib2", out=rf"({THING}\n){{4}}"),
    Step("upload metadata", "CLI2 Lib2 m.csv", out=rf"({THING}\n){{2}}", err='Sample "new" not found', code=3),
    Step("upload metadata", "--create --update CLI2 Lib2 m.csv", out=rf"({THING}\n){{3}}"),
    Step("upload metadata", "--overwrite --index-col 0 --encoding utf_8 CLI2 Lib2 m.csv", out=rf"({THING}\n){{3}}"),
    Step("download metadata", "CLI2 Lib2", out=",city,n\nc1,Paris,1\nc2,Rome,2\nc3,,\nc4,,\nnew,Oslo,3\n"),
    Step("download metadata", "CLI2 Lib2 c1", out=",city,n\nc1,Paris,1\n"),
    Step("download metadata", "CLI2 Lib2 --sample-manifest names", out=",city,n\nc1,Paris,1\nc4,,\n"),
    Step(
        "create sample-with-data",
        "{sandbox} s1 x.R1.fastq.gz x.R2.fastq.gz -m raw::paired_short_reads",
        out=r"(?s:.)*read_2.*\n",
    ),
    Step("create sample-ar", "{sandbox} s1 files -r 1", keep="files"),
    Step("create field", "{sandbox} s1 files ff small.txt", err="Uploading file: small.txt"),
    Step("create field", "{files} gg small.txt", err="Uploading file: small.txt"),
    Step("tag create", "ct", out=r"<Pangea::Contrib::Tag ct \S+ />\n"),
    Step("upload reads", "{sandbox} fl -t ct", out=rf"({THING} {THING} {THING} {THING}\n){{2}}"),
    Step(
        "upload reads",
        "{sandbox} fl --private -d _L1 -1 .R1.fastq.gz -2 .R2.fastq.gz",
        err="0 samples uploaded, 2 skipped",
    ),
    Step("upload single-ended-reads", "--dryrun {sandbox} fl1", out=r"Sample: w1 w1\.fastq\.gz\n"),
    Step(
        "upload single-ended-reads", "{sandbox} fl1 -f reads -e .fastq.gz --public", out=rf"{THING} {THING} {THING}\n"
    ),
    Step("upload group-field", "{sandbox} gmod gfield small.txt", err="Uploading file: small.txt"),
    Step("download sample-results", "--urls-only {sandbox}", out=r"(http\S+ \S+/\S+\n){9}"),
    Step(
        "download sample-results",
        "--target-dir dl {sandbox} q1",
        out=r"(dl/q1/q1\.raw__paired_short_reads\.read_.\.fastq\.gz\n){2}",
    ),
    Step(
        "download sample-results",
        "--download --module-name raw::paired_short_reads --field-name read_1 --target-dir dl2 {sandbox}",
        out=r"(dl2/\S+read_1\.fastq\.gz\n){3}",
    ),
    Step("add samples-to-group", "CLI2 Lib2 CLI2 Grp2 c1", out="Added 1 to Grp2\n"),
    Step("add samples-to-group", "--sample-manifest names CLI2 Lib2 CLI2 Grp2", out="Added 2 to Grp2\n"),
    Step("tag samples-in-group", "CLI2 Lib2 ct", out=rf"({THING}\n){{5}}"),
    Step("tag group", "CLI2 Lib2 ct"),
    Step("tag list random-samples", "ct -n 3", out=rf"({THING}\n){{3}}"),
    Step("tag list groups", "ct", out=r"<Pangea::SampleGroup Lib2 \S+ />\n"),
    Step("ncbi list bioproject", "PRJNA5 -s 1 -o p.json"),
    Step("ncbi list sra", "SRX901", out=r"experiment,(?s:.)*SRX901,SRR1,.*\n"),
    Step("ncbi link bioproject", "CLI2 PRJNA5", out=r"<Pangea::SampleGroup PRJNA5 \S+ />\n"),
    Step("delete sample-result", "{mm}", err="deleted sample result "),
    Step("delete sample", "{c1}", err="deleted sample "),
    Step("delete sample", "00000000-0000-4000-8000-000000000000", err="Not found", code=1),
    Step("delete group-result", "{gmod}", err="deleted sample group result "),
    Step("delete group", "{grp2}", err="deleted sample group "),
    Step("list samples", "nope Lib2", err="There is no organization 'nope'", code=1),
    Step("user change-password", "Newpass99-", err=f"changed password for user: {SANDBOX_PANGEA_USER}"),
)


def ran(words: list[str]) -> Ran:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return Ran(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ran]]:
    """All steps, one after the other, as they are documented: login and address behind the command's words."""
    folder: Path = tmp_path_factory.mktemp("pangea")
    for name in ("x.R1", "x.R2", "q1.R1", "q1.R2", "q2.R1", "q2.R2", "w1"):
        (folder / f"{name}.fastq.gz").write_text(name)
    (folder / "fl").write_text("".join(f"{name}.fastq.gz\n" for name in ("q1.R1", "q1.R2", "q2.R1", "q2.R2")))
    (folder / "fl1").write_text("w1.fastq.gz\n")
    (folder / "names").write_text("c1\nc4\n")
    (folder / "small.txt").write_text("small content\n")
    (folder / "m.csv").write_text("sample,city,n\nc1,Paris,1\nc2,Rome,2\nnew,Oslo,3\n")
    with pytest.MonkeyPatch.context() as patched, Sandbox(folder / "sandbox") as sandbox, ncbi_stand_in(patched):
        for name in ("PANGEA_USER", "PANGEA_PASS", "PANGEA_ENDPOINT", "OMICS_PANGEA_TOKEN", "OMICS_PANGEA_URL"):
            patched.delenv(name, raising=False)
        for name in ("HOME", "XDG_CACHE_HOME", "OMICS_STATE_DIR", "PANGEA_API_CACHE_DIR"):
            patched.setenv(name, str(folder / "own"))
        patched.chdir(folder)
        login = ["--email", SANDBOX_PANGEA_USER, "--password", sandbox.password]
        where = ["--endpoint", sandbox.pangea_url]
        names = {"sandbox": "Sandbox 'Sandbox Library'"}
        results: list[Ran] = []
        for step in WALK:
            if "{gmod}" in step.words:
                words = [
                    "pangea",
                    "list",
                    "results",
                    *login,
                    *where,
                    "Sandbox",
                    "Sandbox Library",
                    "--query",
                    "[0].uuid",
                ]
                names["gmod"] = ran(words).out.strip()
            more = [] if step.command == "version" else [*login, *where]
            words = shlex.split(step.words.format(**names))
            results.append(ran(["pangea", *step.command.split(), *more, *words]))
            if step.keep and (uuid := re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", results[-1].err + results[-1].out)):
                names[step.keep] = uuid[0]
        yield results


@pytest.mark.parametrize("number", range(len(WALK)), ids=lambda number: f"{WALK[number].command} {WALK[number].words}")
def test_a_documented_command_gives_what_is_documented(walked: list[Ran], number: int):
    step, result = WALK[number], walked[number]
    assert (result.code, step.err in result.err) == (step.code, True), result.err
    assert "Traceback" not in result.err
    if step.out:
        assert re.fullmatch(step.out, result.out), result.out


def test_every_documented_command_is_walked():
    assert {step.command for step in WALK} == set(DOCUMENTED)
    assert len(DOCUMENTED) == 29


@pytest.mark.parametrize("command", DOCUMENTED)
def test_a_documented_command_has_its_documented_options(command: str):
    node: Group | CommandNode = Catalog().start("pangea")
    for word in command.split():
        assert isinstance(node, Group)
        node = node.child(word)
    assert isinstance(node, CommandNode)
    arguments = own_arguments(node.command)
    options = {
        spelling
        for _, spellings, _ in options_of([*arguments, *global_arguments(arguments, GLOBALS)])
        for spelling in spellings
    }
    documented = set(DOCUMENTED[command].split())
    if command != "version":
        documented |= {"--email", "-p", "--password", "--endpoint"} | ({"-e"} if "-e" not in documented else set())
    if command not in WITHOUT_FILE:
        documented |= {"-o", "--outfile"}
    assert documented <= options
