"""Examples of the page for those who come from sevenbridges-python: users, projects, billing, files, transfers, volumes."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import omicsdk.compat.sevenbridges
import pytest
from omicsdk.compat.sevenbridges.errors import NotFound, SbgError
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.sb.accounts import BILLING_GROUP
from sb_page import FASTQ, PROJECT, USER

pytestmark = pytest.mark.sandbox

Run = Callable[..., SimpleNamespace]


# -- users and projects


def test_users(run: Run, capsys: pytest.CaptureFixture[str]):
    me = run("me.py").me
    assert (me.username, me.email) == (USER, f"{USER}@sandbox.example.org")
    assert USER in capsys.readouterr().out


def test_pages(run: Run, api: omicsdk.compat.sevenbridges.Api, capsys: pytest.CaptureFixture[str]):
    names = {f"Project {number}" for number in range(12)}
    for name in names:
        api.projects.create(name)
    capsys.readouterr()
    made = run("pages.py")
    assert (len(made.project_list), made.project_list.total, len(made.some)) == (10, 12, 2)
    assert isinstance(made.project_list, list)
    assert len(made.following) == 2
    assert made.back == made.project_list
    assert {project.name for project in made.my_projects} == names
    assert len(capsys.readouterr().out.splitlines()) == 12


def test_what_is_refused(run: Run, capsys: pytest.CaptureFixture[str]):
    run("refused.py")
    assert re.match(r"3002 \w+", capsys.readouterr().out)


def test_a_project(run: Run, project: omicsdk.compat.sevenbridges.Project, api: omicsdk.compat.sevenbridges.Api):
    assert run("project.py").project == project
    assert api.projects.get(PROJECT).description == "What came of it"


def test_a_new_project(run: Run, capsys: pytest.CaptureFixture[str]):
    made = run("new_project.py")
    assert sorted(capsys.readouterr().out.splitlines()) == ["ada True", "sandbox-user True"]
    assert [member.username for member in made.new_project.get_members()] == [USER]
    assert made.new_project.billing_group == made.bg.id


def test_in_a_project(run: Run, project, other, upload, api: omicsdk.compat.sevenbridges.Api):
    upload("a.fastq")
    upload("b.fastq")
    made = run("in_a_project.py")
    assert list(made.completed) == []
    with pytest.raises(NotFound):
        api.projects.get(other.id)


# -- billing


def test_billing_groups(run: Run, capsys: pytest.CaptureFixture[str]):
    made = run("billing_groups.py", **{"f1969c90-da54-4118-8e96-c3f0b49a163d": BILLING_GROUP})
    assert {group.name for group in made.bgroup_list} == {"Sandbox", "Pilot"}
    assert made.bg.name == "Sandbox"
    assert "Pilot study Alignment of sample 1" in capsys.readouterr().out


def test_invoices(run: Run, api: omicsdk.compat.sevenbridges.Api):
    made = run("invoices.py", **{"6351830069": api.invoices.query()[0].id})
    assert made.invoice in made.invoices
    assert made.invoice.total.amount == 4.75


# -- files


def test_files(run: Run, project, upload, capsys: pytest.CaptureFixture[str]):
    uploaded = upload("a.fastq", sample_id="s1")
    made = run("files.py", **{"5710141760b2b14e3cc146af": uploaded.id})
    assert list(made.file_list) == [made.file]
    assert "'s1'" in capsys.readouterr().out


def test_which_files(run: Run, project, upload):
    names = ["SRR062634.filt.fastq.gz", "SRR062635.filt.fastq.gz"]
    for name in (*names, "chr1.fasta"):
        upload(name, sample_id=name.partition(".")[0])
    made = run("which_files.py")
    assert [file.name for file in made.my_file] == ["chr1.fasta"]
    assert sorted(file.name for file in made.files) == names
    assert [file.name for file in made.my_files] == names[:1]


def test_edit_a_file(run: Run, project, other, upload, api: omicsdk.compat.sevenbridges.Api, tmp_path: Path):
    uploaded = upload("a.fastq", sample_id="SRR062634", platform="x")
    made = run("edit_a_file.py")
    file = api.files.get(uploaded.id)
    assert (dict(file.metadata), file.tags) == ({"sample_id": "my-sample", "library": "my-library"}, ["example"])
    assert (tmp_path / "my_new_file_on_disk").read_bytes() == FASTQ
    assert made.new_file.metadata["library"] == "my-library"
    assert list(other.get_files()) == []


# -- downloads and uploads


def test_a_download(run: Run, project, upload, tmp_path: Path):
    run("download.py", **{"file-identifier": upload("a.bam").id})
    assert (tmp_path / "file.bam").read_bytes() == FASTQ


def test_a_download_under_control(run: Run, project, upload, omics_sandbox: Sandbox, tmp_path: Path):
    uploaded = upload("a.bam")
    omics_sandbox.add_faults(Rule("stall", path="/sb/_storage/*"))
    download = run("download_handle.py", **{"file-identifier": uploaded.id}).download
    omics_sandbox.release()
    assert download.status == "STOPPED"
    assert download.path == str(tmp_path / "file.bam") or download.path == "file.bam"
    assert not (tmp_path / "file.bam").exists()


def test_callbacks(run: Run, project, upload, omics_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]):
    uploaded = upload("a.bam")
    download = run("callbacks.py", **{"file-identifier": uploaded.id}).download
    assert (download.progress, capsys.readouterr().out.splitlines()[-1]) == (100, "done: COMPLETED")
    Path("file.bam").unlink()
    omics_sandbox.add_faults(Rule("status", path="/sb/_storage/*", status=404))
    run("callbacks.py", **{"file-identifier": uploaded.id})
    assert capsys.readouterr().out.splitlines()[-1] == "lost: FAILED"


def test_an_upload(run: Run, project, tmp_path: Path):
    (tmp_path / "file.fastq").write_bytes(FASTQ)
    run("upload.py")
    assert {file.name: file.size for file in project.get_files()} == {"file.fastq": len(FASTQ), "new.fastq": len(FASTQ)}


def test_an_upload_under_control(run: Run, project, omics_sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "file.fastq").write_bytes(FASTQ)
    omics_sandbox.add_faults(Rule("stall", path="/sb/_storage/*"))
    upload = run("upload_handle.py").upload
    omics_sandbox.release()
    assert (upload.status, upload.result()) == ("STOPPED", None)
    assert list(project.get_files()) == []


# -- volumes


@pytest.fixture
def bucket(omics_sandbox: Sandbox) -> Any:
    """A client of the S3 server, where the bucket that the examples name has a file."""
    client = omics_sandbox.sb.context.staging.client()
    client.create_bucket(Bucket="my_bucket")
    client.put_object(Bucket="my_bucket", Key="fastq/my_file.fastq", Body=FASTQ)
    return client


def test_buckets_are_connected(run: Run, bucket):
    made = run("connect_buckets.py")
    assert {volume.name for volume in made.volumes} == {"my_input_volume", "my_output_volume", "my_google_volume"}
    assert made.volume_import.access_mode == "RO"
    assert "wJalr" not in str(made.volume_import.service)
    assert len(made.api.volumes.query()) == 2


def test_volumes(run: Run, bucket, project):
    run("connect_buckets.py")
    run("import_a_file.py")
    made = run("volumes.py")
    assert (len(made.volume_list), len(made.all_imports), len(made.failed_exports)) == (2, 1, 0)
    assert made.volume.description == "Results"
    assert (list(made.imports), list(made.exports)) == ([], [])


def test_an_import(run: Run, bucket, project):
    run("connect_buckets.py")
    made = run("import_a_file.py")
    assert (made.i.state, made.i.source.location) == ("COMPLETED", "fastq/my_file.fastq")
    assert (made.imported_file.name, made.imported_file.size) == ("my_file.fastq", len(FASTQ))
    assert made.imported_file.content() == FASTQ.decode()
    with pytest.raises(SbgError):  # no platform takes an import back
        made.i.delete()
    started = made.api.imports.submit_import(made.volume_import, made.bucket_location, PROJECT, name="again.fastq")
    assert started.state == "PENDING"
    run("wait.py")
    assert started.reload().state == "COMPLETED"


def test_exports(run: Run, bucket, project, upload):
    run("connect_buckets.py")
    for name in ("a.fastq", "b.fastq"):
        upload(name)
    made = run("export_files.py")
    assert [export.state for export in made.exports] == ["COMPLETED"] * 2
    assert bucket.get_object(Bucket="my_bucket", Key="a.fastq")["Body"].read() == FASTQ
    assert made.e.destination.volume == f"{USER}/my_output_volume"
    with pytest.raises(SbgError):
        made.e.delete()
