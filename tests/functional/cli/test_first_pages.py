"""Every list prints its first page before it requests the second, whatever the format."""

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from azul_project import write_project
from omicsdk.cli.commands.gen3 import transfers
from omicsdk.cli.main import main
from omicsdk.gen3 import index_records, metadata_documents
from omicsdk.hca.azul import index as azul_index
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.pangea import groups, resource
from omicsdk.sb import listings
from service_command import gen3_command
from user_commands import Stream

pytestmark = pytest.mark.sandbox

BIN = "s3://bin"


def four_objects(sandbox: Sandbox) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="bin")
    for number in range(4):
        client.put_object(Bucket="bin", Key=f"{number}.txt", Body=b"x")


def four_projects(sandbox: Sandbox) -> None:
    group = quiet("sb", "api", "list-billing-groups", "--query", "items[0].id").strip()
    for number in range(4):
        quiet("sb", "projects", "create", f"p{number}", "--billing-group", group)


def four_sb_files(sandbox: Sandbox) -> None:
    four_projects(sandbox)
    for number in range(4):
        Path(f"{number}.txt").write_text("x")
        quiet("sb", "files", "upload", f"{number}.txt", "sb://sandbox-user/p0/")


def a_folder_in_a_folder(sandbox: Sandbox) -> None:
    four_sb_files(sandbox)
    quiet("sb", "files", "mkdir", "sb://sandbox-user/p0/below/")


def four_samples(sandbox: Sandbox) -> None:
    quiet("pangea", "create", "samples", "Sandbox", "Sandbox Library", "a", "b", "c", "d")


def four_organizations(sandbox: Sandbox) -> None:
    for name in "abcd":
        quiet("pangea", "create", "org", name)


def four_bundled_files(sandbox: Sandbox) -> None:
    sandbox.seed(write_project(Path("bundle")))


def four_records(sandbox: Sandbox) -> None:
    Path("wanted.tsv").write_text("\n".join(["guid", *(sandbox.gen3.add_file(f"{n}.txt", b"x") for n in range(4))]))


def four_studies(sandbox: Sandbox) -> None:
    for number in range(4):
        document = {"_guid_type": "discovery_metadata", "gen3_discovery": {"title": str(number)}}
        sandbox.gen3.metadata.put(f"s{number}", document)


class Case(NamedTuple):
    words: str
    pages: str
    prepare: Callable[[Sandbox], None]


CASES = [
    Case(f"ls {BIN}", "/_s3/bin", four_objects),
    Case(f"ls -r -l {BIN}", "/_s3/bin", four_objects),
    Case(f"find {BIN} --name *.txt", "/_s3/bin", four_objects),
    Case("sb projects ls", "/sb/v2/projects", four_projects),
    Case("sb api list-projects --limit 2", "/sb/v2/projects", four_projects),
    Case("sb files ls sb://sandbox-user/p0", "/sb/v2/files", four_sb_files),
    # A folder that contradicts itself is read again, so each folder is read to its end before it is printed.
    Case("sb files ls -r sb://sandbox-user/p0", "/sb/v2/files", a_folder_in_a_folder),
    Case("pangea list samples Sandbox 'Sandbox Library'", "/pangea/api/sample_groups/", four_samples),
    Case("pangea orgs ls", "/pangea/api/organizations", four_organizations),
    Case("azul files ls", "/azul/index/files", four_bundled_files),
    Case("azul files ls --filter fileSize=0..9999", "/azul/index/files", four_bundled_files),
    Case("gen3 objects ls", "/index/index", four_records),
    Case("gen3 drs-pull ls wanted.tsv", "/ga4gh/drs/v1/objects", four_records),
    Case("gen3 discovery ls", "/mds/metadata", four_studies),
]


class Watched(Stream):
    """Standard output that calls a function before its first text."""

    def __init__(self, begins: Callable[[], object], **how: Any) -> None:
        super().__init__(**how)
        self._begins = begins
        self.began = False

    def write(self, text: str) -> int:
        if not self.began:
            self.began = True
            self._begins()
        return super().write(text)


def quiet(*words: str) -> str:
    with pytest.MonkeyPatch.context() as patched:
        out, err = Stream(), Stream()
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        assert main(words) == 0, err.content()
    return out.content().decode()


@pytest.fixture
def small_pages(omics, omics_sandbox, monkeypatch, tmp_path):
    """Everything is served, and requested, in pages of two."""
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for module in (resource, groups, listings, metadata_documents):
        monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(azul_index, "PAGE_SIZES", {"files": 2})
    monkeypatch.setattr(azul_index, "LONGEST_FILTERS", 40)  # longer ones are sent by POST
    monkeypatch.setattr(transfers, "_LISTED_AT_ONCE", 2)
    monkeypatch.setitem(index_records.matching_records.__kwdefaults__, "page", 2)
    return omics_sandbox


FORMS = ("json", "jsonl", "tsv", "table", "terminal")
EVERY_FORM = ("ls", "sb projects", "sb api", "pangea")


@pytest.mark.parametrize(
    ("case", "form"),
    [(case, form) for case in CASES for form in (FORMS if case.words.startswith(EVERY_FORM) else FORMS[:1])],
    ids=lambda value: value.words if isinstance(value, Case) else value,
)
def test_the_first_page_is_printed_before_the_second_is_requested(case, form, small_pages, monkeypatch):
    case.prepare(small_pages)
    before = len(small_pages.requests(case.pages))
    counts: list[int] = []
    out = Watched(lambda: counts.append(len(small_pages.requests(case.pages)) - before), tty=form == "terminal")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err := Stream())
    assert main([*shlex.split(case.words), *(() if form == "terminal" else ("--output", form))]) == 0, err.content()
    every = len(small_pages.requests(case.pages)) - before
    assert counts, "nothing was printed"
    assert every > counts[0] >= 1, [entry["path"] for entry in small_pages.requests("/")]


def test_a_failure_in_mid_list_leaves_json_unclosed(small_pages, omics):
    four_projects(small_pages)
    small_pages.add_faults(Rule("status", path="/sb/v2/projects", method="GET", status=403, nth=2))
    ran = omics("sb", "projects", "ls", "--output", "json", installed=True)
    assert ran.code == 4
    assert ran.out.count('"id"') == 2
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(ran.out)
