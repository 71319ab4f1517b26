"""A small service of our own for the command line's tests: its index, its commands.json and a client over no network."""

from pathlib import Path

import pytest
from command_line import catalog as catalog
from command_line import dss as dss
from command_line import generated as generated
from command_line import omics as omics
from service_command import gen3_command, pangea_command, service_command
from small_cells import small_cells as small_cells
from small_cells import small_parts as small_parts


@pytest.fixture
def sb(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs `omics sb ...` in an empty folder, told where the sandbox is by its environment, with the project p."""
    run = service_command(
        omics, "sb", monkeypatch, tmp_path, omics_sandbox.environment(), ("OMICS_SB_URL", "OMICS_SB_TOKEN")
    )
    omics_sandbox.settings.turn({"sb.file_job_seconds": 0})
    groups = run("api", "list-billing-groups").json["items"]
    made = run("projects", "create", "p", "--billing-group", groups[0]["id"])
    assert (made.code, made.json["id"]) == (0, "sandbox-user/p")
    return run


@pytest.fixture
def tree(sb):
    """A folder of this machine, and the same in the project: a.txt, reads/b.txt, reads/deep/c.txt."""
    for name in ("a.txt", "reads/b.txt", "reads/deep/c.txt"):
        file = Path("tree", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"this is {name}\n")
    ran = sb("files", "upload", "tree/", "sb://sandbox-user/p/")
    assert ran.code == 0, ran.err
    return sb


@pytest.fixture
def gen3(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs `omics gen3 ...` in the folder `work`, told of the sandbox's commons by its environment."""
    return gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)


@pytest.fixture
def pangea(omics, omics_sandbox, monkeypatch, tmp_path):
    """The same for `omics pangea ...`."""
    return pangea_command(omics, omics_sandbox, monkeypatch, tmp_path)


@pytest.fixture
def crunch(omics, omics_sandbox, monkeypatch, tmp_path):
    """The same for `omics crunch ...`."""
    variables = {name: value for name, value in omics_sandbox.environment().items() if name.startswith("CRUNCH_")}
    unset = ("OMICS_CRUNCH_URL", "OMICS_CRUNCH_TOKEN")
    return service_command(omics, "crunch", monkeypatch, tmp_path, variables, unset)


@pytest.fixture
def site(crunch):
    """The published client of the site of `crunch`."""
    from omicsdk.compat.crunch.client.connections import Connection

    with Connection() as connection:
        yield connection


@pytest.fixture
def work(tmp_path):
    """The folder in which these commands run."""
    return tmp_path / "work"


@pytest.fixture
def s3(omics_sandbox, monkeypatch, tmp_path):
    """A client of the sandbox's S3 with an empty bucket `bkt`; commands run in an empty folder, told where the sandbox is."""
    import boto3

    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bkt")
    return client
