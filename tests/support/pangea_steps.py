"""The commands with which the published pangea-api and ours are run, and the checks after each."""

import csv
import io
import json
import os
import random
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import httpx
from fork_server import ForkServer
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

NOWHERE = "00000000-0000-4000-8000-000000000000"
FILES = ("q1.R1", "q1.R2", "q2.R1", "q2.R2", "t1.R1", "t1.R2", "w1", "w2", "x.R1", "x.R2")


def content_of(name: str) -> str:
    """What is in a file of reads."""
    return f"{name} {random.Random(name).random()}"


@dataclass(frozen=True, slots=True)
class Platform:
    """What there is, asked by no client.

    Attributes:
        sandbox: The running sandbox.
        client: Asks as its own account.
        folder: Where files are.
    """

    sandbox: Sandbox
    client: httpx.Client
    folder: Path

    def all(self, path: str, **query: str) -> list[dict[str, Any]]:
        return self.client.get(path, params=query).json()["results"]

    def group(self, name: str) -> dict[str, Any]:
        return self.all("sample_groups", name=name)[0]

    def samples(self, group: str) -> list[str]:
        return sorted(sample["name"] for sample in self.all(f"sample_groups/{self.group(group)['uuid']}/samples"))

    def sample(self, name: str) -> dict[str, Any]:
        return self.all("samples", name=name)[0]

    def fields(self, sample: str) -> dict[str, str]:
        """Fields of a sample's results, each with its file's bytes as text, or its data."""
        results = self.client.get(f"samples/{self.sample(sample)['uuid']}/manifest").json()["analysis_results"]
        return {
            f"{result['module_name']} {field['name']}": self._content(field)
            for result in results
            for field in result["fields"]
        }

    def group_fields(self, group: str) -> dict[str, str]:
        results = self.client.get(f"sample_groups/{self.group(group)['uuid']}/manifest").json()["analysis_results"]
        return {
            f"{result['module_name']} {field['name']}": self._content(field)
            for result in results
            for field in result["fields"]
        }

    def _content(self, field: Mapping[str, Any]) -> str:
        data = field["stored_data"]
        if "presigned_url" not in data:
            return json.dumps(data)
        response = httpx.get(data["presigned_url"], trust_env=False)
        return f"{response.status_code} {response.text}" if response.status_code != 200 else response.text

    def written(self, folder: str) -> dict[str, str]:
        """Files below a folder, those of fields' data with what is in them but for addresses."""
        at = self.folder / folder
        return {
            path.relative_to(at).as_posix(): path.read_text() if path.suffix != ".json" else "data"
            for path in sorted(at.rglob("*"))
            if path.is_file() and not path.relative_to(at).as_posix().startswith(".")
        }

    def _keys(self) -> dict[str, str]:
        owner = self.sandbox.s3_credentials
        return {"public_key": owner["AWS_ACCESS_KEY_ID"], "private_key": owner["AWS_SECRET_ACCESS_KEY"]}

    def give_bucket(self) -> None:
        """Return the library a bucket with keys."""
        library = self.group("Lib2")
        self.sandbox.pangea.context.staging.make_bucket("bkt2")
        sent = {"name": "bkt2", "endpoint_url": self.sandbox.s3_url, "organization": library["organization"]}
        bucket = self.client.post("s3_buckets", json=sent).json()["uuid"]
        self.client.post("s3_api_keys", json={"bucket": bucket, **self._keys()})
        self.client.patch(f"sample_groups/{library['uuid']}", json={"bucket": bucket})

    def describe(self) -> None:
        """Return the group that samples are added to a description, without which the published client cannot save it."""
        self.client.patch(f"sample_groups/{self.group('Grp3')['uuid']}", json={"description": "d"})


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended.

    Attributes:
        code: Its exit code.
        out: What it printed.
        err: What it said beside that.
    """

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what is examined afterwards.

    Attributes:
        words: Its words; `{name}` represents what `uuids` finds.
        look: What there is then.
        uuids: Finds UUIDs before it runs.
        before: What is done before it.
        login: Whether a user is logged in.
    """

    words: Sequence[str]
    look: Callable[[Platform, Ran], Any] = lambda _there, _ran: None
    uuids: Mapping[str, Callable[[Platform], str]] = field(default_factory=dict[str, Any])
    before: Callable[[Platform], None] = lambda _there: None
    login: bool = True


def printed(*names: str) -> Callable[[Platform, Ran], Any]:
    """Which names a command printed, as words of their own and not in the middle of a UUID."""

    def look(there: Platform, ran: Ran) -> list[str]:
        del there
        patterns = {name: rf"(?<![\w-]){name}(?![\w-])" if name.isalnum() else re.escape(name) for name in names}
        return [name for name, pattern in patterns.items() if re.search(pattern, ran.out + ran.err)]

    return look


def table(ran: Ran) -> dict[str, dict[str, str]]:
    rows = list(csv.reader(io.StringIO(ran.out)))
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[1:]}


def metadata(there: Platform, _ran: Ran) -> Any:
    return {
        sample["name"]: sample["metadata"] for sample in there.all("samples", library_id=there.group("Lib2")["uuid"])
    }


def result_of(sample: str, module: str) -> Callable[[Platform], str]:
    return lambda there: there.all("sample_ars", sample_id=there.sample(sample)["uuid"], module_name=module)[0]["uuid"]


STEPS: dict[str, Step] = {
    "version": Step(["version"], lambda _there, ran: ran.out.strip().count(".") >= 1, login=False),
    "account": Step(["user", "info"], lambda _there, ran: json.loads(ran.out)["email"]),
    "organization": Step(["create", "org", "CLI2"], lambda there, _: len(there.all("organizations", name="CLI2"))),
    "library": Step(
        ["create", "sample-group", "CLI2", "Lib2", "--public"],
        lambda there, _: [there.group("Lib2")[name] for name in ("is_public", "is_library")],
    ),
    "private group": Step(
        ["create", "sample-group", "CLI2", "Grp2", "--private", "--not-library"],
        lambda there, _: [there.group("Grp2")[name] for name in ("is_public", "is_library")],
    ),
    "group": Step(
        ["create", "sample-group", "CLI2", "Grp3", "--public", "--not-library"],
        lambda there, _: [there.group("Grp3")[name] for name in ("is_public", "is_library")],
    ),
    "samples": Step(["create", "samples", "CLI2", "Lib2", "c1", "c2,c3"], lambda there, _: there.samples("Lib2")),
    "samples again": Step(["create", "samples", "CLI2", "Lib2", "c1"], lambda there, _: there.samples("Lib2")),
    "samples of a file": Step(
        ["create", "samples", "CLI2", "Lib2", "-s", "names.txt"], lambda there, _: there.samples("Lib2")
    ),
    "result": Step(
        ["create", "sample-ar", "CLI2", "Lib2", "c1", "mm", "-r", "1"],
        lambda there, _: [result["replicate"] for result in there.all("sample_ars", module_name="mm")],
    ),
    "result by UUID": Step(
        ["create", "sample-ar", "{sample}", "mm2", "-r", "1"],
        lambda there, _: [result["replicate"] for result in there.all("sample_ars", module_name="mm2")],
        {"sample": lambda there: there.sample("c1")["uuid"]},
    ),
    "data without a bucket": Step(
        [
            "create", "sample-with-data", "CLI2", "Lib2", "c9", "x.R1.fastq.gz", "x.R2.fastq.gz", "-m",
            "raw::paired_short_reads",
        ],
    ),
    "list": Step(["list", "samples", "CLI2", "Lib2"], printed("c1", "c2", "c3", "d1", "d2")),
    "metadata": Step(["upload", "metadata", "CLI2", "Lib2", "m.csv"], metadata),
    "metadata of new ones": Step(["upload", "metadata", "--create", "--update", "CLI2", "Lib2", "m.csv"], metadata),
    "metadata again": Step(["upload", "metadata", "--overwrite", "CLI2", "Lib2", "other.csv"], metadata),
    "metadata as a table": Step(["download", "metadata", "CLI2", "Lib2", "c1", "new"], lambda _, ran: table(ran)),
    "metadata with gaps": Step(["download", "metadata", "CLI2", "Lib2"], lambda _, ran: table(ran)),
    "data": Step(
        [
            "create", "sample-with-data", "CLI2", "Lib2", "x9", "x.R1.fastq.gz", "x.R2.fastq.gz", "-m",
            "raw::paired_short_reads",
        ],
        lambda there, _: there.fields("x9"),
        before=Platform.give_bucket,
    ),
    "reads": Step(
        ["upload", "reads", "CLI2", "Lib2", "pairs"],
        lambda there, _: [there.fields("q1"), there.fields("q2"), _privacy(there, "q1")],
    ),
    "reads again": Step(["upload", "reads", "CLI2", "Lib2", "pairs"], lambda there, _: there.fields("q1")),
    "a tag for reads": Step(["tag", "create", "rt"]),
    "reads with a tag": Step(
        ["upload", "reads", "CLI2", "Lib2", "tagged", "-t", "rt"],
        lambda there, _: [sample["name"] for sample in there.all(f"contrib/tags/{_tag(there, 'rt')}/samples")],
    ),
    "single reads": Step(
        ["upload", "single-ended-reads", "CLI2", "Lib2", "singles"], lambda there, _: there.fields("w1")
    ),
    "single reads, dry": Step(
        ["upload", "single-ended-reads", "--dryrun", "CLI2", "Lib2", "dry"],
        lambda there, _: there.all("samples", name="w2") != [],
    ),
    "field": Step(
        ["create", "field", "CLI2", "Lib2", "c1", "mm", "ff", "small.txt"], lambda there, _: there.fields("c1")
    ),
    "field by UUID": Step(
        ["create", "field", "{result}", "fg", "small.txt"],
        lambda there, _: there.fields("c1"),
        {"result": result_of("c1", "mm")},
    ),
    "group's field": Step(
        ["upload", "group-field", "CLI2", "Lib2", "gmod", "gfield", "small.txt"],
        lambda there, _: there.group_fields("Lib2"),
    ),
    "addresses": Step(
        ["download", "sample-results", "--urls-only", "CLI2", "Lib2", "q1", "c1"],
        printed("c1/c1.mm.ff.txt", "q1/q1.raw__paired_short_reads.read_1.fastq.gz", "presigned", "Signature="),
    ),
    "files": Step(
        ["download", "sample-results", "--target-dir", "dl", "CLI2", "Lib2", "q1"], lambda there, _: there.written("dl")
    ),
    "files of one field": Step(
        [
            *("download", "sample-results", "--module-name", "raw::paired_short_reads", "--field-name", "read_1"),
            *("--target-dir", "dl2", "CLI2", "Lib2", "q2"),
        ],
        lambda there, _: there.written("dl2"),
    ),
    "samples into a group": Step(
        ["add", "samples-to-group", "CLI2", "Lib2", "CLI2", "Grp3", "c1", "c2"],
        lambda there, _: there.samples("Grp3"),
        before=Platform.describe,
    ),
    "samples into a group without a description": Step(
        ["add", "samples-to-group", "CLI2", "Lib2", "CLI2", "Grp2", "c1"], lambda there, _: there.samples("Grp2")
    ),
    "tag": Step(
        ["tag", "create", "ct"], lambda there, _: [tag["name"] for tag in there.all("contrib/tags/", name="ct")]
    ),
    "tag samples": Step(
        ["tag", "samples-in-group", "CLI2", "Grp3", "ct"],
        lambda there, _: sorted(sample["name"] for sample in there.all(f"contrib/tags/{_tag(there)}/samples")),
    ),
    "tag a group": Step(
        ["tag", "group", "CLI2", "Lib2", "ct"],
        lambda there, _: [group["name"] for group in there.all(f"contrib/tags/{_tag(there)}/sample_groups")],
    ),
    "random samples": Step(["tag", "list", "random-samples", "ct"], printed("c1", "c2", "c3")),
    "groups with a tag": Step(["tag", "list", "groups", "ct"], printed("Lib2", "Grp3")),
    "sample goes": Step(
        ["delete", "sample", "{uuid}"],
        lambda there, _: there.all("samples", name="c3"),
        {"uuid": lambda there: there.sample("c3")["uuid"]},
    ),
    "result goes": Step(
        ["delete", "sample-result", "{uuid}"],
        lambda there, _: there.all("sample_ars", module_name="mm2"),
        {"uuid": result_of("c1", "mm2")},
    ),
    "group's result goes": Step(
        ["delete", "group-result", "{uuid}"],
        lambda there, _: there.all("sample_group_ars", module_name="gmod"),
        {"uuid": lambda there: there.all("sample_group_ars", module_name="gmod")[0]["uuid"]},
    ),
    "group goes": Step(
        ["delete", "group", "{uuid}"],
        lambda there, _: there.all("sample_groups", name="Grp3"),
        {"uuid": lambda there: there.group("Grp3")["uuid"]},
    ),
    "what isn't there goes": Step(["delete", "sample", NOWHERE]),
    "nobody": Step(["list", "samples", "CLI2", "Lib2"], printed("c1"), login=False),
    "an unknown organization": Step(["list", "samples", "nope", "Lib2"]),
    "projects of NCBI": Step(["ncbi", "link", "bioproject", "--help"], login=False),
    "a project of NCBI": Step(["ncbi", "list", "bioproject", "--help"], login=False),
    "runs of NCBI": Step(["ncbi", "list", "sra", "--help"], login=False),
    "password": Step(["user", "change-password", "Newpass99x"]),
}  # fmt: skip


def _privacy(there: Platform, sample: str) -> list[bool]:
    return [result["is_private"] for result in there.all("sample_ars", sample_id=there.sample(sample)["uuid"])]


def _tag(there: Platform, name: str = "ct") -> str:  # fmt: skip
    return there.all("contrib/tags/", name=name)[0]["uuid"]


Seen = dict[str, tuple[bool, Any]]
"""By step: whether it ended well, and what there was then."""


class Commands:
    """The commands of a client, run in a folder with files.

    Args:
        server: Runs them.
        command: How a command line begins.
        platform: What they work on.
    """

    def __init__(self, server: ForkServer, command: Sequence[str], platform: Platform) -> None:
        self._server = server
        self._command = list(command)
        self._platform = platform
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
        folder = str(platform.folder)
        self._environment = {**kept, "HOME": folder, "USERPROFILE": folder, "USE_PANGEA_CACHE": "false"}

    def run(self, step: Step) -> tuple[bool, Any]:
        step.before(self._platform)
        uuids = {name: find(self._platform) for name, find in step.uuids.items()}
        words = [word.format(**uuids) for word in step.words]
        asks = words[0] != "version" and "--help" not in words
        sandbox = self._platform.sandbox
        where = ("--endpoint", sandbox.pangea_url) if asks else ()
        login = ("--email", SANDBOX_PANGEA_USER, "--password", sandbox.password) if step.login else ()
        command = [*self._command, *words, *login, *where]
        # Files, since the published command opens its stdout for reading, too, which fails with a pipe.
        with TemporaryFile("w+", encoding="utf-8") as stdout, TemporaryFile("w+", encoding="utf-8") as stderr:
            how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": stdout, "stderr": stderr}
            done = self._server.run(command, env=self._environment, cwd=self._platform.folder, **how)
            for file in (stdout, stderr):
                file.seek(0)
            ran = Ran(done.returncode, stdout.read(), stderr.read())
        try:
            looked = step.look(self._platform, ran)
        except Exception as error:  # what does not exist is seen as that
            looked = f"{type(error).__name__}: {error}"
        return ran.code == 0, looked


def fill(folder: Path) -> None:
    """Write the files that commands read."""
    folder.mkdir()
    for name in FILES:
        (folder / f"{name}.fastq.gz").write_text(content_of(name))
    lists = {"pairs": FILES[:4], "tagged": FILES[4:6], "singles": FILES[6:7], "dry": FILES[7:8]}
    for name, files in lists.items():
        (folder / name).write_text("".join(f"{folder / file}.fastq.gz\n" for file in files))
    (folder / "names.txt").write_text("d1\nd2\n")
    (folder / "small.txt").write_text("small content\n")
    (folder / "m.csv").write_text("sample,city,n\nc1,Paris,1\nc2,Rome,2\nnew,Oslo,3\n")
    (folder / "other.csv").write_text("sample,city,n\nc2,Bern,4\n")
