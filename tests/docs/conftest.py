"""One sandbox for all documented examples, with a bundle whose UUIDs and versions the examples state."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.demo.data import SAMPLES, write_sample
from omicsdk.cli.demo.walk import environment
from omicsdk.core.files import locked
from omicsdk.sandbox import Sandbox
from published import as_published

CREATOR = 8008
VERSION = "2024-03-01T120000.000000Z"
BUNDLE = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
FILES = {
    "cell_suspension_0.json": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e01",
    "donor_organism_0.json": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e02",
    "lambda_early_R1.fastq.gz": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e03",
    "lambda_early_R2.fastq.gz": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e04",
    "links.json": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e05",
    "project_0.json": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e06",
    "reference/NC_001416.1.fasta": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e07",
    "sequence_file_0.json": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e08",
    "sequence_file_1.json": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e09",
    "specimen_from_organism_0.json": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e10",
}

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "docs"))  # what the manual is built by is tested here
PAGE = HERE.parents[1] / "docs" / "coming-from-hca.md"
EXAMPLE = re.compile(r"^<!-- (\S+) -->\n```(?:python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""An example of the page: its name, and its text."""


Make = Callable[[Path], None]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Make], Path]:
    """Gives a folder by its name, which the first process of a run that asks for it makes: the others wait, and share it."""
    base = tmp_path_factory.getbasetemp()
    of_run = base.parent if base.name.startswith("popen-") else base

    def made(name: str, make: Make) -> Path:
        folder = of_run / name
        done = of_run / f"{name}.done"
        with locked(done, patience=300):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # one who began it failed
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scripts: the examples of the page, and further ones that stand beside the tests.

    Those in Python have the published names, and are run by `python -m omicsdk.compat`.
    """
    folder = tmp_path_factory.mktemp("scripts")
    for further in ("documented", "documented_shell"):
        for path in (HERE / further).glob("*.??"):
            shutil.copy(path, folder)
    for name, text in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        assert not (folder / name).exists(), f"{name} stands on the page and beside the tests"
        (folder / name).write_text(text, encoding="utf-8")
    for path in folder.glob("*.py"):
        path.write_text(as_published(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Documented:
    """A running sandbox that holds what the examples name.

    Attributes:
        sandbox: The sandbox.
        source: The folder that the bundle was made of.
        variables: The environment for the examples: no settings but those that lead to the sandbox.
    """

    sandbox: Sandbox
    source: Path
    variables: Mapping[str, str]


@pytest.fixture(scope="session")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documented]:
    """The sandbox of the documented examples; an example leaves what it finds as it is."""
    folder = tmp_path_factory.mktemp("documented")
    source = write_sample(folder, SAMPLES[0])
    with Sandbox(folder / "sandbox") as sandbox:
        _store(sandbox, source)
        variables = environment(sandbox.environment())
        variables["DSS_SWAGGER_URL"] = sandbox.swagger_url
        variables["DSS_STAGING_BUCKET"] = sandbox.staging_bucket
        # No settings of the person who runs the tests.
        variables["HOME"] = variables["XDG_CONFIG_HOME"] = str(folder)
        variables["PATH"] = f"{_scripts()}{os.pathsep}{variables.get('PATH', '')}"
        yield Documented(sandbox, source, variables)


def _scripts() -> Path:
    return Path(sys.executable).parent


def _store(sandbox: Sandbox, source: Path) -> None:
    """Stage and register the bundle by the service's own operations."""
    from omicsdk.core.credentials import BearerToken
    from omicsdk.core.retry import Retry
    from omicsdk_api.dss import DssApi

    token = BearerToken(sandbox.token(), origins=[sandbox.url])
    with DssApi(f"{sandbox.url}/dss/v1", credentials=token, retry=Retry(attempts=1)) as api:
        for name, uuid in FILES.items():
            url = stage(sandbox, f"documented/{name}", source / name)
            api.put_file(uuid=uuid, version=VERSION, creator_uid=CREATOR, source_url=url)
        api.put_bundle(
            uuid=BUNDLE,
            version=VERSION,
            replica="aws",
            creator_uid=CREATOR,
            files=[
                {"name": name, "uuid": uuid, "version": VERSION, "indexed": name.endswith(".json")}
                for name, uuid in FILES.items()
            ],
        )


def stage(sandbox: Sandbox, key: str, path: Path) -> str:
    """Put a file into the sandbox's staging bucket, labelled as the Data Store wants it; gives its URL."""
    import boto3
    from omicsdk.core.checksums import Digests

    pointing = sandbox.environment()
    content = path.read_bytes()
    digests = Digests(("s3_etag", "sha1", "sha256", "crc32c"), size=len(content))
    digests.update(content)
    s3: Any = boto3.client(
        "s3",
        endpoint_url=pointing["AWS_ENDPOINT_URL_S3"],
        region_name=pointing["AWS_DEFAULT_REGION"],
        aws_access_key_id=pointing["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=pointing["AWS_SECRET_ACCESS_KEY"],
    )
    labels = {f"hca-dss-{name}": value for name, value in digests.values().items()}
    kind = "application/json" if path.suffix == ".json" else "application/octet-stream"
    s3.put_object(Bucket=sandbox.staging_bucket, Key=key, Body=content, Metadata=labels, ContentType=kind)
    s3.close()
    return f"s3://{sandbox.staging_bucket}/{key}"


@pytest.fixture(scope="session")
def staged(documented: Documented) -> Callable[[str, Path], str]:
    """Puts a file into the staging bucket under a key and gives its URL."""
    return lambda key, path: stage(documented.sandbox, key, path)
