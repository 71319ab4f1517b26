"""Files as hits, matrices and manifests state them, in both atlases and in both spellings."""

import base64
from typing import Any

import httpx
import pytest
from omicsdk import Azul
from omicsdk.core import ManualClock, NameClash, ServerError, TransferError, UsageError
from omicsdk.hca.azul import AzulFile
from omicsdk.hca.azul.downloads import Sources, mirror_url, names_of
from omicsdk.hca.azul.files import azul_version, in_matrices, of_hit, of_row, uuid_in, verifiable
from omicsdk.hca.azul.hits import Hit

UUID = "7b393e4d-65bc-4c03-b402-aae769299329"
VERSION = "2019-08-03T03:23:31.151555Z"
URL = f"https://service.example.org/repository/files/{UUID}?catalog=dcp42&version=2019-08-03T03%3A23%3A31.151555Z"
SHA256, MD5 = "ab" * 32, "0123456789abcdef0123456789abcdef"
MD5_BASE64 = base64.b64encode(bytes.fromhex(MD5)).decode()


def hit(**changes: Any) -> dict[str, Any]:
    file = {"uuid": UUID, "version": VERSION, "name": "a.h5ad", "size": 7, "sha256": SHA256, "format": "h5ad"}
    return {
        "bundles": [
            {"bundleUuid": "b1", "bundleVersion": "2020-01-01T00:00:00.000000Z"},
            {"bundleUuid": "b2", "bundleVersion": "2019-01-01T00:00:00.000000Z"},
        ],
        "projects": [{"projectShortname": ["Eye atlas"]}],
        "files": [file | changes],
    }


@pytest.mark.parametrize("name", ["url", "azul_url"])
def test_a_hit_states_a_file_by_either_name_of_its_address(name: str) -> None:
    (file,) = of_hit(hit(**{name: URL, "azul_mirror_uri": f"s3://mirror/file/{SHA256}.sha256"}), "dcp43")
    assert (file.uuid, file.version, file.name, file.size, file.format) == (UUID, VERSION, "a.h5ad", 7, "h5ad")
    assert (file.url, file.sha256, file.bundle_uuid, file.project) == (URL, SHA256, "b1", "Eye atlas")
    assert file.parameters == {"catalog": "dcp42", "version": VERSION}


def test_a_file_without_an_address_is_requested_in_its_catalog() -> None:
    (file,) = of_hit(hit(url=None, azul_url=None), "dcp43")
    assert (file.url, file.mirror_uri) == ("", "")
    assert file.parameters == {"catalog": "dcp43", "version": VERSION}


@pytest.mark.parametrize("md5", [MD5, MD5.upper(), MD5_BASE64])
def test_an_anvil_file_is_verified_by_its_md5_in_either_form(md5: str) -> None:
    anvil_file = {"document_id": UUID, "version": VERSION, "file_name": "x.vcf.gz", "file_size": 3, "file_md5sum": md5}
    bundles = [{"bundle_uuid": "b1", "bundle_version": "2"}, {"bundle_uuid": "b2", "bundle_version": None}]
    entity = {"files": [anvil_file | {"sha256": ""}], "datasets": [{"title": ["1000G"]}], "bundles": bundles}
    (file,) = of_hit(entity, "anvil8")
    assert (file.uuid, file.name, file.size, file.checksums, file.project, file.bundle_uuid) == (
        *(UUID, "x.vcf.gz", 3, {"md5": MD5}, "1000G", "b1"),
    )


def test_an_invalid_checksum_is_not_compared_with() -> None:
    assert verifiable({"sha256": "", "md5": None, "crc32c": "zz"}) == {}


def test_a_tree_of_matrices_has_its_files_at_any_depth() -> None:
    first, second = (hit()["files"][0] | {"uuid": uuid} for uuid in ("u1", "u2"))
    tree = {"genusSpecies": {"Homo sapiens": {"organ": {"eye": [first, second], "Unspecified": [first]}}}}
    assert [file["uuid"] for file in in_matrices([tree, None])] == ["u1", "u2", "u1"]


@pytest.mark.parametrize(
    ("url", "mirror"), [("file_url", "file_mirror_uri"), ("file_azul_url", "file_azul_mirror_uri")]
)
def test_a_row_is_read_with_old_and_new_columns(url: str, mirror: str) -> None:
    row = {
        "bundle_uuid": "b1 || b2",
        "file_uuid": UUID,
        "file_version": VERSION,
        "file_name": "a/b.bam",
        "file_size": "12",
        "file_crc32c": "0A0b0c0d",
        "file_sha256": SHA256,
        url: URL,
        mirror: "s3://m/file/x",
        "project.project_core.project_short_name": "Eye atlas || Lung atlas",
    }
    file = of_row(row)
    assert (file.name, file.size, file.checksums) == ("a/b.bam", 12, {"sha256": SHA256, "crc32c": "0a0b0c0d"})
    assert (file.url, file.mirror_uri, file.bundle_uuid, file.project) == (URL, "s3://m/file/x", "b1", "Eye atlas")


def test_an_anvil_row_has_its_identity_in_its_address() -> None:
    row = {"files.file_name": "x.cram", "files.file_size": "4", "files.file_md5sum": MD5_BASE64, "files.azul_url": URL}
    file = of_row(row)
    assert (file.uuid, file.version, file.checksums, file.parameters["catalog"]) == (
        UUID,
        VERSION,
        {"md5": MD5},
        "dcp42",
    )
    # A file that the repository does not have (yet) has no address, and fails alone.
    assert of_row({**row, "files.azul_url": "", "files.document_id": UUID}).uuid == UUID


def test_versions_of_the_data_store_get_their_colons() -> None:
    assert azul_version("2019-08-03T032331.151555Z") == VERSION
    assert azul_version(VERSION) == VERSION
    assert of_row({"file_uuid": UUID, "file_version": "2019-08-03T032331.151555Z", "file_name": "a"}).version == VERSION


def test_an_address_names_its_file() -> None:
    assert uuid_in(URL) == uuid_in(URL.replace("/repository", "/fetch/repository")) == UUID
    assert uuid_in("https://example.org/other") == ""


FILE = AzulFile(
    "u1", VERSION, "x/reads.fastq.gz", 3, {"sha256": SHA256}, bundle_uuid="b1", project="A/B", catalog="dcp1"
)


@pytest.mark.parametrize(
    ("layout", "template", "expected"),
    [
        ("flat", "", "x/reads.fastq.gz"),
        ("project", "", "A_B/x/reads.fastq.gz"),
        ("bundle", "", "b1/x/reads.fastq.gz"),
        ("flat", "{catalog}/{uuid}/{stem}-{sha256}{suffix}", f"dcp1/u1/reads-{SHA256}.fastq.gz"),
    ],
)
def test_a_layout_or_a_template_names_files(layout: Any, template: str, expected: str) -> None:
    assert list(names_of([FILE], layout, template)) == [(FILE, expected)]


def test_two_files_of_one_name_are_refused_before_anything_is_fetched() -> None:
    other = AzulFile("u2", VERSION, FILE.name, bundle_uuid="b2")
    with pytest.raises(NameClash, match="u1 and u2"):
        names_of([FILE, other])
    assert [name for _, name in names_of([FILE, other], "bundle")] == [f"b1/{FILE.name}", f"b2/{FILE.name}"]


def test_a_wrong_layout_is_refused_with_the_layouts() -> None:
    wrong: Any = "projects"
    with pytest.raises(UsageError, match=r"layout is 'projects'. Use one of: flat, project, bundle"):
        names_of([FILE], wrong)


@pytest.mark.parametrize("template", ["{nme}", "{name", "{name!r:}}"])
def test_a_wrong_template_is_refused(template: str) -> None:
    with pytest.raises(UsageError, match="template"):
        names_of([FILE], "flat", template)


def test_a_mirror_is_an_address_in_s3() -> None:
    uri = "s3://humancellatlas/file/ab.sha256"
    assert mirror_url(uri, {}) == "https://humancellatlas.s3.amazonaws.com/file/ab.sha256"
    endpoint = {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9/s3/"}
    assert mirror_url(uri, endpoint) == "http://127.0.0.1:9/s3/humancellatlas/file/ab.sha256"


@pytest.mark.parametrize(
    ("members", "size"),
    [
        (
            {
                "fileTypeSummaries": [
                    {"format": "bam", "count": 2, "totalSize": 5.0},
                    {"format": "csv", "count": 1, "totalSize": 7.0},
                ]
            },
            12,
        ),
        ({"files": [{"name": "a.bam", "size": 40}]}, 40),
        ({"files": [{"file_name": "a.bam", "file_size": 40}, {"file_name": "b.bam", "file_size": "no number"}]}, 40),
    ],
)
def test_an_entity_is_displayed_with_its_size(members: dict[str, Any], size: int) -> None:
    hit = Hit.from_dict({"entryId": "e", **members})
    assert hit.size == size
    assert f"size={size}" in repr(hit)
    assert f'<td style="text-align: left">{size}</td>' in hit._repr_html_()
    assert hit.to_dict() == {"entryId": "e", **members}
    assert "size" not in repr(Hit.from_dict({"entryId": "e"}))


def sources(status: int, state: dict[str, Any]) -> Sources:
    """Where files are, by a service that always responds so."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/index/catalogs":
            return httpx.Response(200, json={"default_catalog": "dcp43", "catalogs": {}})
        return httpx.Response(status, json=state)

    transport = httpx.MockTransport(answer)
    return Sources(Azul("https://service.example.org", transport=transport, clock=ManualClock(), environ={}))


def test_a_file_in_a_commons_is_named_by_its_drs_uri() -> None:
    """As files of LungMAP, which Azul lists and does not read."""
    file = AzulFile(UUID, VERSION, "a.bam", url=URL, drs_uri="drs://dg.4503:44c5fa8e")
    refusal = {"Code": "NotImplementedError", "Message": "The file is external"}
    with pytest.raises(ServerError) as refused:
        sources(501, refusal).locate(file)
    assert "omics drs download drs://dg.4503:44c5fa8e" in refused.value.remedy


def test_a_file_that_is_prepared_without_end_is_given_up() -> None:
    waiting = {"Status": 301, "Location": f"{URL}&token=1", "Retry-After": 60}
    with pytest.raises(TransferError, match=r"a\.bam: the service still prepares it"):
        sources(200, waiting).locate(AzulFile(UUID, VERSION, "a.bam", url=URL))
