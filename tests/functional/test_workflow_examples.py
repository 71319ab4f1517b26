"""The example in the documentation of each workflow that moves files, run on a sandbox that has what it names."""

import csv
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from hashlib import md5
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from omicsdk.drs import Drs
from omicsdk.sandbox import Sandbox
from transfer_workflows import TRANSFERS, example

pytestmark = pytest.mark.sandbox

Contents = Mapping[str, bytes]
Look = Callable[[], Mapping[str, object]]
"""What is at an example's target, by its name there: the contents, or what is known of them."""
Case = Callable[[Any, Path], tuple[Look, Mapping[str, object]]]
"""Makes what an example names in a sandbox and a folder; gives its target, and what is there afterwards."""

GUID = "0c8ae6a5-5b0e-4f37-9d1e-2a7f6c3b1d90"
BUNDLE = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
COLLECTION = "8d3f9a52-0c1b-4e7a-b6f4-5a2c7e9d1f03"
AREA = "b4f1c7e2-9a3d-4e58-8c60-1d2e3f4a5b6c"
READS = {"reads.fastq": b"@r1\nACGT\n+\nIIII\n", "notes.txt": b"two files\n"}
PROJECT = {
    "project_0.json": json.dumps(
        {
            "provenance": {"document_id": "6f2c9d1e-6a57-4f0c-9b0e-2f8d4b1c7a35"},
            "project_core": {"project_short_name": "Lung"},
        }
    ).encode(),
    "specimen_from_organism_0.json": b'{"organ": {"text": "lung"}}',
    "counts.h5ad": b"cells by genes",
}


def written(folder: Path, files: Contents = READS) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def tree(folder: Path) -> Contents:
    """The files of a folder by their paths in it, without those of hidden folders."""
    contents = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {path.as_posix(): content for path, content in contents.items() if not path.parts[0].startswith(".")}


def azul_download(azul: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    azul.seed(written(here / "project", PROJECT))
    return lambda: tree(here / "lung"), {"counts.h5ad": PROJECT["counts.h5ad"]}


def crunch_download(crunch: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    crunch.seed(written(here / "study" / "sample").parent)
    return lambda: tree(here / "sample"), READS


def crunch_upload(crunch: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    crunch.seed(written(here / "study" / "sample", {"notes.txt": b"old\n"}).parent)
    written(here / "results")
    return lambda: tree(crunch.sandbox.crunch.storage / "crunch" / "study" / "sample"), READS


def stored(gen3: Any, here: Path) -> None:
    """Put a file with a record into the commons."""
    path = written(here / "source") / "reads.fastq"
    objects = gen3.sandbox.context.objects
    content = objects.put_file(path)
    gen3.sandbox.gen3.add_stored_file(path.name, content, objects.md5(content.sha256), did=GUID)


def by_guid(gen3: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    stored(gen3, here)
    return lambda: tree(here / "data"), {"reads.fastq": READS["reads.fastq"]}


def gen3_upload(gen3: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    written(here / "reads")

    def sent() -> Contents:
        manifest = here / "uploaded.tsv"
        if not manifest.exists():
            return {}
        with manifest.open(newline="") as file:
            guids = [row["guid"] for row in csv.DictReader(file, delimiter="\t")]
        gen3.client.download(guids, here / "back")
        return tree(here / "back")

    return sent, READS


def workspace_copy(gen3: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    written(here / "source")
    (here / "counts.tsv").write_bytes(b"a\t1\n")

    def copied() -> Contents:
        if gen3.client.workspace_ls("ws:///@user/").objects == []:
            return {}
        gen3.client.workspace_copy("ws:///@user/counts.tsv", here / "back.tsv")
        return {"counts.tsv": (here / "back.tsv").read_bytes()}

    return copied, {"counts.tsv": b"a\t1\n"}


def bundle(dss: Any, here: Path) -> Any:
    """Upload a bundle by its UUID."""
    source = written(here / "source")
    return dss.client.upload(source, "aws", dss.sandbox.staging_bucket, bundle_uuid=BUNDLE)


def in_bundle(version: str) -> Contents:
    return {f"{BUNDLE}.{version}/{name}": content for name, content in READS.items()}


def bundles(folder: Path) -> Contents:
    """The files of bundles without the bundles' manifests."""
    return {name: content for name, content in tree(folder).items() if not name.endswith("/bundle.json")}


def dss_download(dss: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    made = bundle(dss, here)
    return lambda: bundles(here / "bundles"), in_bundle(made.version)


def dss_download_collection(dss: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    made = bundle(dss, here)
    dss.client.put_collection(
        uuid=COLLECTION,
        version=dss.client.create_version(),
        replica="aws",
        name="study",
        description="",
        details={},
        contents=[{"type": "bundle", "uuid": BUNDLE, "version": made.version}],
    )
    return lambda: bundles(here / "collection"), in_bundle(made.version)


def dss_download_manifest(dss: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    made = bundle(dss, here)
    registered = dss.client.get_bundle(uuid=BUNDLE, replica="aws").bundle
    with (here / "manifest.tsv").open("w", newline="") as file:
        columns = ["bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_sha256", "file_size"]
        table = csv.writer(file, delimiter="\t")
        table.writerow(columns)
        table.writerows(
            [BUNDLE, made.version, member.name, member.uuid, member.sha256, member.size] for member in registered.files
        )
    return lambda: bundles(here / "bundles"), in_bundle(made.version)


def dss_upload(dss: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    written(here / "reads")
    assert dss.sandbox.staging_bucket == "omics-staging"

    def registered() -> Contents:
        registered_bundles = list(dss.client.get_bundles_all.iterate(replica="aws"))
        return {
            name.partition("/")[2]: content
            for name, content in bundles(here / "check").items()
            if name.startswith(tuple(f"{bundle.uuid}.{bundle.version}/" for bundle in registered_bundles))
        }

    return registered, READS


def hca_upload(upload: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    upload.client.create_area(upload_area_uuid=AREA)
    written(here / "reads")
    area = f"s3://org-humancellatlas-upload-sandbox/{AREA}/"

    def listed() -> Contents:
        return {file.name: file.size for file in upload.client.ls(area)}

    return listed, {name: len(content) for name, content in READS.items()}


def saved(path: str, begins: bytes) -> Case:
    """A file that is known by its first bytes."""

    def case(_: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
        file = here / path
        return lambda: {path: file.read_bytes()[: len(begins)]} if file.exists() else {}, {path: begins}

    return case


def refget_download(refget: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    letters = refget.client.read("chr1", start=0, end=120)
    file = here / "chr1_start.fa"

    def read() -> Contents:
        lines = file.read_text().splitlines() if file.exists() else []
        return {"letters": "".join(lines[1:]).encode()}

    return read, {"letters": letters.encode()}


def trs_download(_: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    return lambda: dict.fromkeys(tree(here / "count"), b""), dict.fromkeys(
        ["main.cwl", "tools/count.cwl", "tests/reads.json", "Dockerfile"], b""
    )


def pangea_download(pangea: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    written(here / "study" / "sample" / "counts", {"table.json": b'{"a": 1}'})
    pangea.seed(here / "study")

    def fields() -> Contents:
        return {name: json.dumps(json.loads(text)).encode() for name, text in tree(here / "results").items()}

    return fields, {"sample/sample.counts.table.json": b'{"a": 1}'}


def in_library(files: Contents, expected: Mapping[str, str]) -> Case:
    """Files of a folder, and the paths of those of results to which they go."""

    def case(pangea: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
        for name, content in files.items():
            (here / name).write_bytes(content)
        pangea.client.ensure_samples("Sandbox", "Sandbox Library", ["sample"])

        def filled() -> Contents:
            pangea.client.download("Sandbox", "Sandbox Library", here / "back")
            return {name: content for name, content in tree(here / "back").items() if not name.endswith(".json")}

        return filled, {path: files[name] for path, name in expected.items()}

    return case


def sb_download(sb: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    written(here / "seed" / "study" / "sample")
    sb.seed(here / "seed" / "study")
    return lambda: tree(here / "sample"), READS


def sb_upload(sb: Any, here: Path) -> tuple[Look, Mapping[str, object]]:
    sb.seed(written(here / "seed" / "study", {"other.txt": b""}))
    written(here / "reads")

    def contents() -> Contents:
        sb.client.download("sb://sandbox-user/study/", here / "back", overwrite=True)
        return tree(here / "back")

    return contents, {"other.txt": b"", **{f"sample/{name}": content for name, content in READS.items()}}


def gdc(sandbox: Sandbox, here: Path) -> tuple[Look, Mapping[str, object]]:
    made = sandbox.seed(written(here / "study"), service="gdc")["files"]
    rows = [
        f"{uuid}\t{name}\t{md5(READS[name]).hexdigest()}\t{len(READS[name])}\treleased" for name, uuid in made.items()
    ]
    (here / "gdc_manifest.txt").write_text("\n".join(["id\tfilename\tmd5\tsize\tstate", *rows, ""]))
    return lambda: {name.rpartition("/")[2]: content for name, content in tree(here / "data").items()}, READS


CASES: Mapping[str, tuple[str, Case]] = {
    "Azul.download": ("azul_sandbox", azul_download),
    "Crunch.download": ("crunch_sandbox", crunch_download),
    "Crunch.upload": ("crunch_sandbox", crunch_upload),
    "Drs.download": ("gen3_sandbox", by_guid),
    "Dss.download": ("dss_sandbox", dss_download),
    "Dss.download_collection": ("dss_sandbox", dss_download_collection),
    "Dss.download_manifest": ("dss_sandbox", dss_download_manifest),
    "Dss.upload": ("dss_sandbox", dss_upload),
    "Gen3.download": ("gen3_sandbox", by_guid),
    "Gen3.download_record": ("gen3_sandbox", by_guid),
    "Gen3.upload": ("gen3_sandbox", gen3_upload),
    "Gen3.workspace_copy": ("gen3_sandbox", workspace_copy),
    "HcaUpload.upload": ("upload_sandbox", hca_upload),
    "Htsget.download": ("htsget_sandbox", saved("chr1.bam", b"\x1f\x8b")),
    "Pangea.download": ("pangea_sandbox", pangea_download),
    "Pangea.upload": (
        "pangea_sandbox",
        in_library({"counts.tsv": b"a\t1\n"}, {"sample/sample.counts.table.tsv": "counts.tsv"}),
    ),
    "Pangea.upload_field": (
        "pangea_sandbox",
        in_library({"counts.tsv": b"a\t1\n"}, {"sample/sample.counts.table.tsv": "counts.tsv"}),
    ),
    "Pangea.upload_reads": (
        "pangea_sandbox",
        in_library(
            {"sample.R1.fastq.gz": b"1", "sample.R2.fastq.gz": b"2"},
            {f"sample/sample.raw__paired_short_reads.read_{n}.fastq.gz": f"sample.R{n}.fastq.gz" for n in (1, 2)},
        ),
    ),
    "Refget.download": ("refget_sandbox", refget_download),
    "SevenBridges.download": ("sb_sandbox", sb_download),
    "SevenBridges.upload": ("sb_sandbox", sb_upload),
    "Trs.download": ("trs_sandbox", trs_download),
    "omicsdk.download": ("sb_sandbox", sb_download),
    "omicsdk.get": ("omics_sandbox", gdc),
    "omicsdk.upload": ("sb_sandbox", sb_upload),
}
"""The fixture of each example, and what it is run on."""


@pytest.mark.parametrize("name", TRANSFERS)
def test_the_example_of_a_workflow_moves_files(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, omics_environment: Any
):
    fixture, case = CASES[name]
    platform = request.getfixturevalue(fixture)
    monkeypatch.chdir(tmp_path)
    look, expected = case(platform, tmp_path)
    assert look() != expected
    with nullcontext(platform) if name != "Drs.download" else Drs(platform.sandbox.gen3_url) as client:
        exec(example(name), {"client": getattr(client, "client", client), "omicsdk": omicsdk})
    assert look() == expected
