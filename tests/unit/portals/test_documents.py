"""JSON documents that describe files: what their entries state, and what relative addresses refer to."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.portals import FileList, Head, ListedFile, ListError, RowFault, UnknownList
from omicsdk.portals.documents import DANDI, DATAVERSE, DCAT, DOCUMENTS, FIGSHARE, RO_CRATE
from omicsdk.portals.formats import recognised
from omicsdk.portals.headings import multihash_in
from portal_host import SAMPLES

from tests.unit.portals.reading import files_in, files_of, opened, put

MD5, SHA256 = f"{1:032x}", f"{1:064x}"


def read(name: str, base: str = "") -> list[ListedFile]:
    path = SAMPLES / name
    format = recognised(Head(path), name)
    listed = FileList(path, name, base, (), Counter())
    return files_in(format, listed)


@pytest.mark.parametrize(
    ("sample", "address", "name", "size", "checksums"),
    [
        ("zenodo.json", "https://files.example.org/api/records/1/files/a.bam/content", "a.bam", 12, {"md5": MD5}),
        ("figshare.json", "https://files.example.org/files/2", "a.txt", 5, {"md5": MD5}),
        ("mendeley.json", "https://files.example.org/datasets/x/files/2/file_downloaded", "a.csv", 7, {"sha256": SHA256}),
        ("osf.json", "https://files.example.org/download/1/", "counts/a.tsv", 6, {"md5": MD5, "sha256": SHA256}),
        ("dryad.json", "https://datadryad.org/api/v2/downloads/6", "a.jpg", 8, {"md5": f"{3:032x}"}),
        ("pride.json", "ftp://files.example.org/pride/a.raw", "a.raw", 10, {"sha1": "a" * 40}),
        ("osdr.json", "https://osdr.nasa.gov/geode-py/ws/studies/OSD-1/download?source=datamanager&file=a.fastq.gz", "a.fastq.gz", 12, {}),
        ("dcat.json", "https://files.example.org/a.vcf.gz", "a.vcf.gz", 12, {"sha256": SHA256}),
        ("dandi.jsonld", "https://api.h.example/assets/1/download/", "sub-1/a.nwb", 3, {"sha256": SHA256}),
        ("gdc_files.json", "00000029-0000-4000-8000-000000000029", "a.bam", 12, {"md5": MD5}),
        ("ffq.json", "https://files.example.org/a.fastq.gz", "a.fastq.gz", 11, {"md5": MD5}),
        ("ro-crate.json", "https://files.example.org/a.cram", "a.cram", 12, {"sha256": SHA256}),
        ("frictionless.json", "https://files.example.org/a.csv", "a.csv", 4, {"sha256": SHA256}),
        ("croissant.json", "https://files.example.org/a.csv", "a.csv", 6, {"sha256": SHA256}),
        ("encode.json", "https://files.example.org/ENCFF000AAA.fastq.gz", "ENCFF000AAA.fastq.gz", 10, {"md5": "da1f5e40da96c4fa5aa837cd66993422"}),
        ("stac.json", "https://files.example.org/a.tif", "a.tif", 4, {"sha256": SHA256}),
        ("filelist.txt", "https://ftp.ncbi.nlm.nih.gov/geo/series/GSE125nnn/GSE125065/suppl/GSE125065_RAW.tar", "GSE125065_RAW.tar", 1024, {}),
    ],
)  # fmt: skip
def test_an_entry_states_its_file(sample: str, address: str, name: str, size: int, checksums: dict[str, str]):
    (file,) = read(sample)
    assert (file.address, file.name, file.size, file.checksums) == (address, name, size, checksums)


def test_an_identifier_of_a_known_service_is_the_address_of_an_entity_without_a_url(tmp_path: Path):
    entity = {"@id": "data/a.bam", "@type": "File", "identifier": "gdc:00000029-0000-4000-8000-000000000029"}
    crate = {"@graph": [entity, {**entity, "@id": "data/b.bam", "identifier": "other:1"}]}
    (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(crate))
    listed = FileList(tmp_path / "ro-crate-metadata.json", "crate", "", (), Counter())
    identified, other = RO_CRATE.rows(listed)
    (file,) = RO_CRATE.files(identified, listed)
    assert (file.kind, file.address, file.name) == ("gdc", "00000029-0000-4000-8000-000000000029", "data/a.bam")
    assert "its identifier 'other:1' is of no service that can be asked" in other.fault


@pytest.mark.parametrize(
    ("id", "url", "address"),
    [
        ("d/main.nf", ["https://h.example/x", "https://h.example/docs/"], "https://base.example/d/main.nf"),
        ("d/main.nf", "https://h.example/x/main.nf", "https://h.example/x/main.nf"),
        ("https://h.example/a.bam", "https://h.example/about", "https://h.example/a.bam"),
        ("#a", "https://h.example/a.bam", "https://h.example/a.bam"),
    ],
)
def test_a_page_about_a_file_of_a_crate_is_not_its_address(id: str, url: object, address: str, tmp_path: Path):
    (tmp_path / "crate.json").write_text(json.dumps({"@graph": [{"@id": id, "@type": "File", "url": url}]}))
    listed = FileList(tmp_path / "crate.json", "crate", "https://base.example", (), Counter())
    (row,) = RO_CRATE.rows(listed)
    assert [file.address for file in files_of(RO_CRATE, row, listed)] == [address]


def test_each_file_of_a_resource_of_a_data_package_is_listed_with_its_folder(tmp_path: Path):
    whole = {"name": "a", "path": ["s1/a b.csv", "https://h.example/2.csv"], "bytes": 9, "hash": MD5}
    of_version_5 = {"name": "b", "path": "s2/a b.csv", "extrapaths": ["./s2/c.csv"], "bytes": 9}
    one = {"name": "c", "path": "d.csv", "bytes": 4, "hash": MD5}
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [whole, of_version_5, one]}))
    format, listed = opened(tmp_path / "datapackage.json", "https://base.example")
    assert [(file.address, file.name, file.size, file.checksums) for file in files_in(format, listed)] == [
        ("https://base.example/s1/a%20b.csv", "s1/a b.csv", None, {}),
        ("https://h.example/2.csv", "2.csv", None, {}),
        ("https://base.example/s2/a%20b.csv", "s2/a b.csv", None, {}),
        ("https://base.example/s2/c.csv", "s2/c.csv", None, {}),
        ("https://base.example/d.csv", "d.csv", 4, {"md5": MD5}),
    ]


def test_files_of_a_study_are_found_at_any_depth():
    assert [(file.address, file.name, file.size) for file in read("biostudies.json")] == [
        ("https://www.ebi.ac.uk/biostudies/files/S-TEST1/raw/a%20b.txt", "raw/a b.txt", 3),
        ("https://www.ebi.ac.uk/biostudies/files/S-TEST1/c.txt", "c.txt", 4),
    ]


def test_files_of_metabolights_are_in_the_folder_of_the_study_that_the_address_names():
    folder = "https://ftp.ebi.ac.uk/pub/databases/metabolights/studies/public/MTBLS0"
    listed_files = read("metabolights.json", "https://www.ebi.ac.uk/metabolights/ws/studies/MTBLS0")
    assert [(file.address, file.name) for file in listed_files] == [
        (f"{folder}/a_MTBLS0_NMR.txt", "a_MTBLS0_NMR.txt"),
        (f"{folder}/FILES/a%20b.mzML", "FILES/a b.mzML"),
    ]
    with pytest.raises(RowFault, match="is relative to the list"):
        read("metabolights.json")


def test_a_list_of_files_beside_a_study_of_biostudies_is_relative_to_it(tmp_path: Path):
    path = tmp_path / "files.json"
    path.write_text('[{"path": "raw/a b.txt", "size": 3, "type": "file", "attributes": [{"name": "x", "value": "y"}]}]')
    format, listed = opened(path, "https://www.ebi.ac.uk/biostudies/files/S-TEST1")
    ((file,),) = [list(format.files(row, listed)) for row in format.rows(listed)]
    assert (format.name, file.address, file.name, file.size) == (
        "biostudies",
        "https://www.ebi.ac.uk/biostudies/files/S-TEST1/raw/a%20b.txt",
        "raw/a b.txt",
        3,
    )


OSF = {
    "data": [
        {
            "type": "files",
            "attributes": {"name": "a.csv", "size": 3, "extra": {"hashes": {"md5": MD5, "sha256": SHA256}}},
            "links": {"download": "https://h.example/download/5d4e/", "self": "https://h.example/v2/files/5d4e/"},
        }
    ],
    "links": {"next": None, "first": "https://h.example/v2/"},
}
CELLS = {
    "name": "Atlas",
    "doi": "https://doi.org/10.1/x",
    "datasets": [
        {
            "explorer_url": "https://h.example/e/1.cxg/",
            "assets": [{"filetype": "H5AD", "url": "https://h.example/1.h5ad", "filesize": 5}],
            "cell_type": [{"ontology_uri": "https://h.example/obo/CL_1"}],
        }
    ],
}
PROXI = {
    "datasetFiles": [{"name": "raw file URI", "value": "ftp://h.example/PXD1/a.raw"}],
    "fullDatasetLinks": [{"name": "FTP location", "value": "ftp://h.example/PXD1"}],
}
CWL = {"class": "File", "location": "https://h.example/a.fq", "checksum": f"sha1${'a' * 40}", "size": 5}
NMDC = {"resources": [{"url": "https://h.example/a.fastq.gz", "file_size_bytes": 5, "md5_checksum": MD5}]}
NESTED = {
    "listing": {"dir": {"log2": {"files": {"h5ad": {"url": "https://h.example/b.h5ad", "size": 7, "file_hash": MD5}}}}}
}


@pytest.mark.parametrize(
    ("document", "address", "name", "size", "checksums"),
    [
        (OSF, "https://h.example/download/5d4e/", "a.csv", 3, {"md5": MD5, "sha256": SHA256}),
        (CELLS, "https://h.example/1.h5ad", "1.h5ad", 5, {}),
        (CELLS["datasets"], "https://h.example/1.h5ad", "1.h5ad", 5, {}),
        ({"url": "https://h.example/mgm1.3", **CELLS}, "https://h.example/1.h5ad", "1.h5ad", 5, {}),
        (NESTED, "https://h.example/b.h5ad", "b.h5ad", 7, {"md5": MD5}),
        (PROXI, "ftp://h.example/PXD1/a.raw", "a.raw", None, {}),
        ({"r": [CWL]}, "https://h.example/a.fq", "a.fq", 5, {"sha1": "a" * 40}),
        (NMDC, "https://h.example/a.fastq.gz", "a.fastq.gz", 5, {"md5": MD5}),
        (["https://h.example/get/1/a"], "https://h.example/get/1/a", "a", None, {}),
        ([[["https://h.example/get/1/a"], []]], "https://h.example/get/1/a", "a", None, {}),
        ({"r": {"W.reference_dict": "https://h.example/a.dict"}}, "https://h.example/a.dict", "a.dict", None, {}),
        ({"r": {"reference": "https://h.example/a.fa.gz"}}, "https://h.example/a.fa.gz", "a.fa.gz", None, {}),
        ({"a": "https://osf.io/2v/download?v=1", "r": {}}, "https://osf.io/2v/download?v=1", "", None, {}),
        ({"r": [{"a": "https://ndownloader.x.example/1"}]}, "https://ndownloader.x.example/1", "", None, {}),
        ({"r": [{"name": "A vs. B", "url": "https://h.example/a.bb"}]}, "https://h.example/a.bb", "a.bb", None, {}),
        ({"r": {"W.exons": "gs://b/a.interval_list"}}, "gs://b/a.interval_list", "a.interval_list", None, {}),
        (
            {"r": {"W.cram": ["drs://h.example/1"], "W.docs": "https://h.example/wiki"}},
            "drs://h.example/1",
            "",
            None,
            {},
        ),
        ({"items": [{"src": "url", "url": "dg.4503/1"}], "W.image": "quay.io/x"}, "dg.4503/1", "", None, {}),
        ({"r": {**CWL, "basename": "b.fq"}}, "https://h.example/a.fq", "b.fq", 5, {"sha1": "a" * 40}),
    ],
)
def test_objects_of_any_json_state_their_files(
    document: object, address: str, name: str, size: int, checksums: dict[str, str], tmp_path: Path
):
    format, listed = opened(put(tmp_path / "list.json", document))
    (file,) = files_in(format, listed)
    assert format.name == "json"
    assert (file.address, file.name, file.size, file.checksums) == (address, name, size, checksums)


def test_expanded_json_ld_of_dcat_is_read(tmp_path: Path):
    path, term = tmp_path / "dcat.json", "http://www.w3.org/ns/dcat#"
    url, size = [{"@id": "f/a.csv"}], [{"@type": "decimal", "@value": "7"}]
    path.write_text(json.dumps([{"@type": [f"{term}X"], f"{term}downloadURL": url, f"{term}byteSize": size}]))
    listed = FileList(path, "x", "https://h.example", (), Counter())
    ((file,),) = [files_of(DCAT, row, listed) for row in DCAT.rows(listed)]
    assert recognised(Head(path), "x") is DCAT
    assert (file.address, file.size) == ("https://h.example/f/a.csv", 7)


def test_copies_of_an_asset_of_dandi_are_one_file_and_a_zarr_is_a_folder(tmp_path: Path):
    urls = ["https://api.h.example/assets/1/download/", "https://dandi.s3.amazonaws.com/zarr/1/"]
    zarr = {"path": "s/a.zarr", "contentUrl": urls, "digest": {"dandi:x": "1"}, "encodingFormat": "application/x-zarr"}
    path = put(tmp_path / "assets.jsonld", [zarr])
    ((file,),) = [list(DANDI.files_in(json.loads(path.read_text()), ""))]
    assert "is a Zarr, which is a folder: omics get s3://dandi/zarr/1/" in str(getattr(file[1], "error", None))
    for payload in ([{"asset_id": "1", "metadata": zarr}], zarr):  # a backup, and one asset
        assert [type(file) for _, file in DANDI.files_in(payload, "")] == [ListedFile]
    (file,) = read("dandi.jsonld")
    assert (file.mirrors, file.name) == (("https://dandi.s3.amazonaws.com/blobs/1",), "sub-1/a.nwb")


def test_a_document_in_yaml_is_read_by_its_name(tmp_path: Path):
    path = tmp_path / "job.yml"
    path.write_text("on: !!set {1}\nreads:\n  - class: File\n    location: https://h.example/a.fq\n    size: 5\n")
    format, listed = opened(path)
    (file,) = files_in(format, listed)
    assert (format.name, file.address, file.size) == ("json", "https://h.example/a.fq", 5)
    path.write_text("on: push\n")
    with pytest.raises(UnknownList, match="its members are on\\."):
        recognised(Head(path), path.name)
    path.write_text("- a: [\n")
    with pytest.raises(UnknownList, match="unknown format"):
        recognised(Head(path), path.name)


def test_a_document_in_one_line_is_no_row_of_a_table(tmp_path: Path):
    path = tmp_path / "list.json"
    file = {"url": "https://h.example/b.csv", "size": 7, "format": {"name": "CSV"}}
    path.write_text(json.dumps({"uri": "s3://bucket/", "url": "https://h.example/x", "data": [file]}))
    format, listed = opened(path)
    (listed_file,) = files_in(format, listed)
    assert (format.name, listed_file.name, listed_file.size) == ("json", "b.csv", 7)


def test_a_document_most_of_whose_lines_are_addresses_is_no_table(tmp_path: Path):
    path, names = tmp_path / "inputs.json", [f"{number}.bam" for number in range(9)]
    path.write_text(json.dumps({"W.sample": "S1", "W.reads": [f"s3://bucket/{name}" for name in names]}, indent=1))
    format, listed = opened(path)
    assert [file.name for file in files_in(format, listed)] == names
    path.write_text(path.read_text()[:-3])
    with pytest.raises(UnknownList, match="invalid JSON, or JSON of more than 64 MiB"):
        recognised(Head(path), "inputs.json")


@pytest.mark.parametrize(
    "members",
    [
        {"items": [{"url": "https://h.example/item.jsp"}, {"url": "https://h.example/"}]},
        {"data": [{"name": "sub", "kind": "folder", "size": None, "href": "https://h.example/v2/files/2/"}]},
        {"type": "Catalog", "links": [{"rel": "self", "href": "https://h.example/catalog.json"}]},
        {"providers": [{"name": "P", "url": "https://h.example"}]},
        {"stac_extensions": ["https://h.example/v1/schema.json"], "conformsTo": "https://h.example/croissant/1.0"},
        {"@context": "https://h.example/c.json", "related": [{"url": "https://doi.org/10.1/j.x.2"}]},
        {"images": [{"viewer_url": "https://h.example/series.1", "reference": "https://h.example/a.pdf"}]},
        {"prefixes": {"a": "https://h.example/a.owl#", "b": "https://h.example/a.pl?id="}},
        {"graphs": [{"id": "https://h.example/a.owl", "nodes": [], "edges": []}]},
        {"git_repo": "https://h.example/a/b.git"},
        {"schema": {"$id": "https://h.example/assets/schema_input.json"}},
    ],
)
def test_json_whose_urls_are_pages_is_no_list(members: dict[str, object], tmp_path: Path):
    with pytest.raises(UnknownList, match=f"its members are {', '.join(members)}, n"):
        recognised(Head(put(tmp_path / "list.json", {**members, "n": {}})), "list.json")


def test_inputs_of_workflows_are_files_without_their_pages():
    assert [(file.kind, file.name) for file in read("inputs.json")] == [
        ("url", "a_1.fastq.gz"),
        ("url", "a_2.fastq.gz"),
        ("gs", "ref.fa"),
    ]


@pytest.mark.parametrize(
    ("members", "names", "notes"),
    [
        (
            {"base": "s3://b/all/", "GRCh38": {"bwa": "s3://b/BWAIndex/", "fasta": "s3://b/g.fa"}},
            ["g.fa"],
            {"addresses that may be folders are left out, such as s3://b/BWAIndex/": 2},
        ),
        ({"bam": "gs://b/a.bam", "table": "gs://b/a.tsv"}, ["a.bam", "a.tsv"], {}),
        ({"panel": ["CCDG", "gs://b/a.tar.gz"], "samples": ["S1", "S2"]}, ["a.tar.gz"], {}),
        ({"d15": "gs://b/a.gz", "d32": ["gs://b/b.gz", "gs://b/c.gz", "private,d.csv"]}, ["a.gz", "b.gz", "c.gz"], {}),
        (
            {"e": [{"source": "gs://b/x"}, {"source": "gs://b/y"}, {"source": "https://h.example/a.tsv"}]},
            ["a.tsv"],
            {"addresses that may be folders are left out, such as gs://b/x": 2},
        ),
        ({"pages": [{"u": "https://h.example/x"}, {"u": "https://h.example/y"}], "a": "gs://b/a.fa"}, ["a.fa"], {}),
    ],
)
def test_addresses_of_folders_are_left_out_with_a_note(
    members: dict[str, object], names: list[str], notes: dict[str, int], tmp_path: Path
):
    format, listed = opened(put(tmp_path / "params.json", members))
    for _ in range(2):  # rows are read twice
        assert [file.name for file in files_in(format, listed)] == names
    assert listed.notes == notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("files.json", f'{{"https://h.example/a.bam": "{MD5}", "https://h.example/b.bam": "x"}}'),
        ("files.json", f'{{"https://old.example/b": "https://h.example/b.bam", "https://h.example/a.bam": "{MD5}"}}'),
        (
            "files.yaml",
            f"- {{url: https://h.example/a.bam, hash_val: '{MD5}'}}\n- {{url: https://h.example/b.bam, hash_val: ''}}",
        ),
        (
            "files.json",
            f'{{"https://h.example/a.bam": {{"md5": "{MD5}"}}, "https://h.example/b.bam": {{"md5": null}}}}',
        ),
        (
            "Artifacts.toml",
            f'[[a]]\n[[a.x]]\nurl = "https://h.example/a.bam"\nmd5 = "{MD5}"\n[b]\nurl = "https://h.example/b.bam"\n',
        ),
    ],
)
def test_addresses_may_be_keys_of_what_is_stated_of_them_or_in_toml(name: str, text: str, tmp_path: Path):
    (tmp_path / name).write_text(text)
    format, listed = recognised(Head(tmp_path / name), name), FileList(tmp_path / name, "x", "", (), Counter())
    files = files_in(format, listed)
    assert sorted((file.name, file.checksums) for file in files) == [("a.bam", {"md5": MD5}), ("b.bam", {})]


def test_an_invalid_address_among_others_of_an_object_fails_alone(tmp_path: Path):
    path = put(tmp_path / "inputs.json", json.dumps({"W.bam": ["gs://b/a.bam"], "W.table": "ggs://b/t.tsv"}, indent=1))
    format, listed = opened(path)
    row, invalid = format.rows(listed)
    assert [file.name for file in files_of(format, row, listed)] == ["a.bam"]
    assert invalid.fault == "table: 'ggs://b/t.tsv' is not a URL that can be downloaded"


def test_a_document_without_a_server_needs_its_own_url():
    with pytest.raises(RowFault, match="own URL instead of the file, with --format dataverse"):
        read("dataverse.json")
    (file,) = read("dataverse.json", "https://data.example.org/api/datasets/1")
    assert (file.address, file.name) == ("https://data.example.org/api/access/datafile/7", "raw/a.bin")


def test_tables_of_a_dataverse_are_those_that_were_uploaded(tmp_path: Path):
    def entry(id: int, **more: object) -> dict[str, object]:
        file = {"id": id, "filename": "a.tab", "filesize": 35, "md5": MD5, "originalFileFormat": "application/x-stata"}
        return {"label": "a.tab", **more, "dataFile": {**file, "originalFileName": "a.dta", "originalFileSize": 31}}

    path = put(tmp_path / "dataset.json", {"data": {"files": [entry(7), entry(8, restricted=True)]}})
    listed = FileList(path, "dataset.json", "https://data.example.org/api/datasets/1", (), Counter())
    first, second = DATAVERSE.rows(listed)
    (file,) = files_of(DATAVERSE, first, listed)
    assert (file.address, file.name, file.size, file.checksums) == (
        "https://data.example.org/api/access/datafile/7?format=original",
        "a.dta",
        31,
        {"md5": MD5},
    )
    assert second.fault == "a.dta is restricted"


def test_a_file_that_figshare_only_links_to_is_a_fault(tmp_path: Path):
    path = tmp_path / "article.json"
    link = {"name": "a.csv", "size": 0, "is_link_only": True, "download_url": "https://files.example.org/a.csv"}
    path.write_text(json.dumps({"files": [link]}))
    (row,) = FIGSHARE.rows(FileList(path, "article.json", "", (), Counter()))
    assert row.fault == "a.csv: Figshare has only a link to it, https://files.example.org/a.csv"


@pytest.mark.parametrize("value", ["sha256", "TBD", f"{MD5}-5"])
def test_a_word_or_an_etag_in_parts_is_no_checksum_of_an_entry(value: str, tmp_path: Path):
    path = put(tmp_path / "croissant.json", (SAMPLES / "croissant.json").read_text("utf-8").replace(SHA256, value))
    format, listed = opened(path)
    (file,) = files_in(format, listed)
    assert (file.name, file.checksums) == ("a.csv", {})


def test_a_search_of_encode_and_one_file_of_it_are_read_as_an_experiment(tmp_path: Path):
    path = tmp_path / "search.json"
    entry = json.loads((SAMPLES / "encode.json").read_text("utf-8"))["files"]["ENCFF000AAA"]
    for payload in ({"@id": "/search/", "@graph": [entry]}, entry):
        path.write_text(json.dumps(payload))
        assert recognised(Head(path), path.name).name == "encode"


def test_several_croissants_may_be_in_an_array(tmp_path: Path):
    path = tmp_path / "croissants.json"
    path.write_text(f"[{(SAMPLES / 'croissant.json').read_text('utf-8')}]", "utf-8")
    format, listed = recognised(Head(path), path.name), FileList(path, path.name, "", (), Counter())
    assert format.name == "croissant"
    assert [file.name for row in format.rows(listed) for file in files_of(format, row, listed)] == ["a.csv"]


def test_a_multihash_of_another_algorithm_is_no_sha1():
    assert multihash_in("90e40210163700a8a6501eccd00b6d3b44ddaed0") == {}
    assert multihash_in(f"1114{'a' * 40}") == {"sha1": "a" * 40}


def test_a_repository_in_a_croissant_is_no_file(tmp_path: Path):
    path = tmp_path / "croissant.json"
    entry = {"@type": "cr:FileObject", "contentUrl": "https://h.example/r", "encodingFormat": "git+https"}
    entry["sha256"] = "https://h.example/issues/80"  # as all croissants of Hugging Face
    path.write_text(json.dumps({"distribution": [entry]}))
    format, listed = opened(path)
    (row,) = format.rows(listed)
    with pytest.raises(RowFault, match="is a Git repository: clone it"):
        files_of(format, row, listed)


@pytest.mark.parametrize(
    "sample", [path.name for path in SAMPLES.glob("*.json") if path.stem in {document.name for document in DOCUMENTS}]
)
def test_the_cells_of_a_document_are_a_table_of_the_same_files(sample: str, tmp_path: Path):
    path, base = SAMPLES / sample, "https://data.example.org/api/datasets/1"
    format, listed = opened(path, base)
    rows = list(format.rows(listed))
    table = tmp_path / "result.tsv"
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*names, "file_path", "file_outcome"], restval="", dialect="excel-tab")
        writer.writeheader()
        writer.writerows({**row.cells, "file_path": "data/x.bam", "file_outcome": "verified"} for row in rows)
    again, read = recognised(Head(table), "result.tsv"), FileList(table, "result.tsv", "", (), Counter())
    first = [file for row in rows for file in format.files(row, listed)]
    second = [file for row in again.rows(read) for file in again.files(row, read)]
    assert [(file.address, file.name, file.size) for file in second] == [
        (file.address, file.name, file.size) for file in first
    ]
    assert [file.checksums for file in second] == [file.checksums for file in first]


def test_an_unsafe_name_refuses_the_document(tmp_path: Path):
    path = tmp_path / "zenodo.json"
    entry = {"key": "../a", "size": 1, "links": {"self": "https://h.example/a"}}
    path.write_text(json.dumps({"files": [entry]}))
    format, listed = opened(path)
    with pytest.raises(ListError, match=r"entry 1: .*contains '\.\.'.*Nothing was downloaded"):
        list(format.rows(listed))


def test_a_file_without_an_address_among_others_is_a_fault(tmp_path: Path):
    path = tmp_path / "zenodo.json"
    first = {"key": "a", "size": 1, "links": {"self": "https://h.example/a"}}
    path.write_text(json.dumps({"files": [first, {"key": "b", "size": 1}, {"key": "a folder"}]}))
    format, listed = opened(path)
    assert [row.fault for row in format.rows(listed)] == ["", "'b': no address is stated"]


def test_a_known_hash_and_the_media_of_an_object_are_its_own(tmp_path: Path):
    path = tmp_path / "list.json"
    pooch = {"url": "https://h.example/1", "known_hash": f"md5:{MD5}", "filename": "a.h5ad"}
    of_google = {"name": "x/a.bam", "selfLink": "https://h.example/b/o/x%2Fa.fa.gz", "size": "3", "md5Hash": MD5}
    of_google["mediaLink"] = "https://h.example/download/b/o/x%2Fa.bam?alt=media"
    path.write_text(json.dumps({"files": {"a": pooch}, "items": [of_google]}))
    format, listed = opened(path)
    files = files_in(format, listed)
    assert [(file.address, file.name, file.checksums) for file in files] == [
        ("https://h.example/1", "a.h5ad", {"md5": MD5}),
        (of_google["mediaLink"], "x/a.bam", {"md5": MD5}),
    ]


def test_a_folder_of_osf_names_its_own_list(tmp_path: Path):
    path, href = tmp_path / "osf.json", "https://api.example.org/v2/nodes/x/files/osfstorage/2/"
    payload = json.loads((SAMPLES / "osf.json").read_text())
    attributes = {"name": "raw", "kind": "folder", "size": None, "materialized_path": "/raw/"}
    payload["data"].append(
        {"attributes": attributes, "relationships": {"files": {"links": {"related": {"href": href}}}}, "links": {}}
    )
    path.write_text(json.dumps(payload))
    format, listed = opened(path)
    file, folder = format.rows(listed)
    assert not file.fault
    assert folder.fault == f"/raw/ is a folder, whose files are in the list {href}"


NEXT = "https://api.example.org/files?page=2"


@pytest.mark.parametrize(
    ("sample", "page", "note"),
    [
        ("osf.json", {"links": {"next": NEXT}}, NEXT),
        ("osf.json", {"links": {"next": {"href": NEXT}}}, NEXT),
        ("osf.json", {"_links": {"next": {"href": NEXT}}}, NEXT),
        ("osf.json", {"links": [{"rel": "self", "href": "https://x.example/"}, {"rel": "next", "href": NEXT}]}, NEXT),
        ("osf.json", {"next": NEXT}, NEXT),
        ("osf.json", {"next": None, "links": {"next": None, "self": NEXT}}, ""),
        ("gdc_files.json", {"data": {"pagination": {"page": 1, "pages": 3}}}, "page 1 of 3"),
        ("gdc_files.json", {"data": {"pagination": {"page": 3, "pages": 3}}}, ""),
    ],
)
def test_a_page_of_a_list_says_that_there_are_more(sample: str, page: dict[str, Any], note: str, tmp_path: Path):
    payload = json.loads((SAMPLES / sample).read_text())
    for name, value in page.items():
        payload[name] = {**payload[name], **value} if isinstance(payload.get(name), dict) else value
    path = put(tmp_path / sample, payload)
    listed = FileList(path, path.name, "", (), Counter())
    assert list(recognised(Head(path), path.name).rows(listed))
    assert [note in text for text in listed.notes] == [True] * bool(note)


def test_any_json_that_is_a_page_says_so(tmp_path: Path):
    path = put(
        tmp_path / "results.json",
        {"count": 2, "next": NEXT, "results": [{"url": "https://x.example/a.bam", "size": 3}]},
    )
    listed = FileList(path, path.name, "", (), Counter())
    (row,) = recognised(Head(path), path.name).rows(listed)
    assert not row.fault
    assert [NEXT in text for text in listed.notes] == [True]


def _any_files(path: Path, base: str = "") -> tuple[list[str], Counter[str]]:
    """The addresses of the files of a list, and its notes."""
    format, listed = opened(path, base)
    assert format.name == "json"
    return [file.address for file in files_in(format, listed)], listed.notes


def test_buckets_and_keys_of_an_object_are_its_address(tmp_path: Path):
    path = tmp_path / "inputs.json"
    files = {
        "reads": {"bucket_name": "b", "object_key": [["r/1.fq.gz"], "r/2.fq.gz"], "unzip": "gz"},
        "genome": {"bucket_name": "b", "object_key": "g.fa"},
        "index": "s3://b/g.fa.fai",
    }
    path.write_text(json.dumps({"args": {"input_files": files, "output_target": {"bam": "out/a.bam"}}}))
    keys = ["g.fa", "g.fa.fai", "r/1.fq.gz", "r/2.fq.gz"]
    assert sorted(_any_files(path)[0]) == [f"s3://b/{key}" for key in keys]


def test_files_of_a_catalog_of_intake_are_beside_it(tmp_path: Path):
    path = put(
        tmp_path / "catalog.yaml",
        "sources:\n  a:\n    args: {urlpath: '{{ CATALOG_DIR }}/d/a.csv'}\n  b:\n    args: {urlpath: '{{CATALOG_DIR}}/b.csv'}\n",
    )
    files, notes = _any_files(path)
    assert (files, [*notes.items()]) == (
        [],
        [("files beside the catalog are left out; --base URL states their folder", 2)],
    )
    files, notes = _any_files(path, "https://h.example/c 1")
    assert (files, notes) == (["https://h.example/c%201/d/a.csv", "https://h.example/c%201/b.csv"], {})


def test_runs_beside_addresses_are_noted(tmp_path: Path):
    path = tmp_path / "inputs.yaml"
    path.write_text("genome: https://h.example/g.fa\nshort_reads: [SRR000001, 'sra:SRR000002?start=0&end=9']\n")
    files, notes = _any_files(path)
    assert files == ["https://h.example/g.fa"]
    assert notes == {"runs of the SRA are left out: name them in the command, such as SRR000001": 2}
    path.write_text(
        "- {run: SRR000001, url: https://h.example/1.fq.gz}\n- {run: SRR000002, url: https://h.example/2.fq.gz}\n"
    )
    assert _any_files(path)[1] == {}


def test_a_logo_of_dats_is_no_file(tmp_path: Path):
    path = tmp_path / "DATS.json"
    logo = {"category": "logo", "values": [{"value": "https://h.example/logo.png"}]}
    path.write_text(json.dumps({"title": "x", "distributions": [{"size": 1}], "extraProperties": [logo]}))
    with pytest.raises(UnknownList):
        recognised(Head(path), path.name)


@pytest.mark.parametrize("wrap", [lambda some: some, lambda some: {"drs_objects": some}])
def test_an_object_of_drs_is_one_file_whatever_its_copies(wrap: Callable[[object], object], tmp_path: Path):
    path = tmp_path / "objects.json"
    methods = [{"type": kind, "access_url": {"url": f"{kind}://h.example/a.bam"}} for kind in ("s3", "ftp", "https")]
    fields = {"name": "b.bam", "size": 3, "checksums": [{"type": "md5", "checksum": MD5}]}
    objects = [
        {**fields, "id": "1", "self_uri": "drs://drs.example.org/1", "access_methods": methods},
        {**fields, "id": "2", "access_methods": [*methods, {"type": "gs", "access_id": "x"}]},
        {**fields, "id": "3", "access_methods": [{"type": "gs", "access_id": "x"}]},
    ]
    path.write_text(json.dumps(wrap(objects)))
    format, listed = opened(path)
    uri, urls, none = format.rows(listed)
    (file,), (copied,) = files_of(format, uri, listed), files_of(format, urls, listed)
    assert (file.address, file.mirrors, file.name, file.size) == ("drs://drs.example.org/1", (), "b.bam", 3)
    assert (copied.address, copied.mirrors) == (
        "https://h.example/a.bam",
        ("ftp://h.example/a.bam", "s3://h.example/a.bam"),
    )
    assert file.checksums == copied.checksums == {"md5": MD5}
    assert none.fault == "no address is stated"


def test_checksums_by_the_keys_of_addresses_in_another_member_are_those_of_the_addresses(tmp_path: Path):
    sums = {"1": "0" * 64, "2": "1" * 64}
    urls = {key: f"https://h.example/V{key}/a.primer.bed" for key in sums}
    scheme = {"latest_version": "2", "primer_urls": urls, "primer_sha256_checksums": sums}
    path = put(
        tmp_path / "schemes.json", json.dumps({"schemes": {"a": scheme, "b": {"primer_urls": {"1": urls["1"]}}}})
    )
    format, listed = opened(path)
    assert [(file.address, dict(file.checksums)) for file in files_in(format, listed)] == [
        (urls["1"], {"sha256": sums["1"]}),
        (urls["2"], {"sha256": sums["2"]}),
        (urls["1"], {}),
    ]


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("https://h.example/a.ome.zarr", "omics cp -r s3://BUCKET/PATH ."),
        ("https://h.example/a.zarr/?key=secret", "omics cp -r s3://BUCKET/PATH ."),
        ("https://h.example/a.n5", "omics cp -r s3://BUCKET/PATH ."),
        ("https://bucket.storage.googleapis.com/x/a.zarr", "omics cp -r gs://bucket/x/a.zarr ."),
        ("https://storage.googleapis.com/bucket/x/a.zarr", "omics cp -r gs://bucket/x/a.zarr ."),
        ("https://bucket.s3.us-east-2.amazonaws.com/a.zarr", "omics cp -r s3://bucket/a.zarr ."),
        ("https://s3.amazonaws.com/bucket/a.zarr", "omics cp -r s3://bucket/a.zarr ."),
        ("gs://bucket/a.zarr", "omics cp -r."),
    ],
)
def test_a_store_of_arrays_is_refused_as_a_folder(address: str, remedy: str, tmp_path: Path):
    files = [{"url": address}, {"url": "https://h.example/b.zarr.zip"}, {"url": "s3://bucket/c.zarr"}]
    format, listed = opened(put(tmp_path / "images.json", files))
    store, *others = files_in(format, listed)
    assert str(store.error).endswith(remedy)
    assert "is a store of Zarr or N5, which is a folder" in str(store.error)
    assert "secret" not in str(store.error)
    assert [file.error for file in others] == [None, None]  # that of S3 is listed by its store


@pytest.mark.parametrize(
    ("document", "left"),
    [
        ({"W.ref": "gs://b/g.fa", "W.bed": "data/a.bed", "W.more": ["data/b.bed", "data/c.bed"]}, 3),
        ({"reads": {"class": "File", "location": "https://h.example/a.fq"}, "b": {"class": "File", "path": "b.fq"}}, 1),
        (
            {"genome": {"fasta": "https://h.example/g.fa", "gtf": "ref/g.gtf"}, "outdir": "out/x", "genome_version": 3},
            1,
        ),
        ({"reads": [{"url": "https://h.example/a.fq", "path": "x/a.fq"}]}, 0),  # the path is the name of the file
        ({"url": "https://h.example/a.fq", "file_path": "x/b.fq"}, 0),
        ({"a": {"url": "https://h.example/a.fq", "file_name": "x/b.fq", "sha256": "0" * 64}}, 0),
    ],
)
def test_paths_beside_addresses_are_noted(document: object, left: int, tmp_path: Path):
    files, notes = _any_files(put(tmp_path / "inputs.json", json.dumps(document, indent=1)))
    assert len(files) == 1
    assert [number for note, number in notes.items() if note.startswith("paths without addresses")] == [left] * bool(
        left
    )


@pytest.mark.parametrize(
    ("document", "members"),
    [([{"id": "a", "schema": "https://h.example/a"}], "; their members are id, schema"), ([1, 2], "")],
)
def test_the_error_for_an_unknown_array_states_what_was_looked_for(document: object, members: str, tmp_path: Path):
    path = tmp_path / "list.json"
    path.write_text(json.dumps(document, indent=1))
    with pytest.raises(UnknownList) as caught:
        recognised(Head(path), path.name)
    assert caught.value.message == (
        f"list.json: unknown format; none of its elements states the URL of a file, or the name of one with a checksum{members}"
    )


@pytest.mark.parametrize("heading", ["columns", "column_headers"])
@pytest.mark.parametrize("prefix", ["pfb:", ""])
def test_rows_whose_headings_are_in_another_member_are_objects(heading: str, prefix: str, tmp_path: Path):
    names = [f"{prefix}{name}" for name in ("object_id", "md5sum", "file_name", "file_size")]
    rows = [["drs://dg.4503/1", MD5, "a.vcf.gz", "7"], ["drs://dg.4503/2", "0" * 32, "b.vcf.gz", 8]]
    document = {"variation": {heading: names, "data": rows}}
    format, listed = opened(put(tmp_path / "workspace.json", json.dumps(document, indent=1)))
    assert [(file.address, file.name, file.size, dict(file.checksums)) for file in files_in(format, listed)] == [
        ("drs://dg.4503/1", "a.vcf.gz", 7, {"md5": MD5}),
        ("drs://dg.4503/2", "b.vcf.gz", 8, {"md5": "0" * 32}),
    ]
