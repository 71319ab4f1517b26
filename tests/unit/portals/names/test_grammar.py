"""Which archives a text may be a name of."""

from collections import Counter
from pathlib import Path

import pytest
from omicsdk.portals.lists import FileList, Head
from omicsdk.portals.names import names_in
from omicsdk.portals.names.written import are_names, column_of_names, names_in_column, names_written

UUID = "b5cd3d51-0a5b-4d8e-8f4c-2b9a7d2f8a11"


@pytest.mark.parametrize(
    ("text", "archive", "level", "id"),
    [
        ("SRR1553607", "ena", "run", "SRR1553607"),
        ("err000001", "ena", "run", "ERR000001"),
        ("SRX079566", "ena", "experiment", "SRX079566"),
        ("SRS212121", "ena", "sample", "SRS212121"),
        ("SAMN02951962", "ena", "sample", "SAMN02951962"),
        ("SAMEA2796165", "ena", "sample", "SAMEA2796165"),
        ("SRP044380", "ena", "study", "SRP044380"),
        ("PRJNA257197", "ena", "study", "PRJNA257197"),
        ("GSE147507", "geo", "series", "GSE147507"),
        ("GSM4432381", "geo", "sample", "GSM4432381"),
        ("E-MTAB-3050", "biostudies", "study", "E-MTAB-3050"),
        ("S-BSST223", "biostudies", "study", "S-BSST223"),
        ("PXD001819", "pride", "project", "PXD001819"),
        ("MTBLS1", "metabolights", "study", "MTBLS1"),
        ("EGAD00001000951", "ega", "dataset", "EGAD00001000951"),
        ("TCGA-BRCA", "gdc", "project", "TCGA-BRCA"),
        ("BEATAML1.0-COHORT", "gdc", "project", "BEATAML1.0-COHORT"),
        ("gdc:NEW-PROGRAM-1", "gdc", "", "NEW-PROGRAM-1"),
        ("10.5281/zenodo.3678323", "doi", "record", "10.5281/zenodo.3678323"),
        ("doi:10.6084/m9.figshare.12345", "doi", "record", "10.6084/m9.figshare.12345"),
        ("https://doi.org/10.5061/dryad.8515", "doi", "record", "10.5061/dryad.8515"),
        ("https://zenodo.org/record/3678323#.X", "zenodo", "record", "3678323"),
        ("https://zenodo.org/records/3678323/files/a.csv", "zenodo", "file", "3678323/a.csv"),
        ("https://zenodo.org/api/records/3678323/files/a%20b.csv/content", "zenodo", "file", "3678323/a b.csv"),
        ("https://sandbox.zenodo.org/records/12", "zenodo", "record", "sandbox.zenodo.org/12"),
        ("https://zenodo.org/badge/DOI/10.5281/zenodo.3678323.svg", "doi", "record", "10.5281/zenodo.3678323"),
        ("https://figshare.com/articles/dataset/Some_title/12345/2", "figshare", "article", "12345.v2"),
        ("https://figshare.com/articles/dataset/Some_title/12345?file=678", "figshare", "article", "12345/678"),
        ("https://figshare.com/collections/Some_title/4362224/1", "figshare", "collection", "c.4362224.v1"),
        ("https://kilthub.cmu.edu/articles/dataset/Some_title/12345/2", "figshare", "article", "12345.v2"),
        ("https://monash.figshare.com/articles/Some_title/777", "figshare", "article", "777"),
        ("https://datadryad.org/stash/dataset/doi:10.5061/dryad.8515", "dryad", "dataset", "10.5061/dryad.8515"),
        (
            "https://dataverse.harvard.edu/dataset.xhtml?persistentId=doi:10.7910/DVN/TJCLKP",
            "dataverse",
            "dataset",
            "https://dataverse.harvard.edu/doi:10.7910/DVN/TJCLKP",
        ),
        (
            "https://data.example.org/dataset.xhtml?persistentId=hdl:1902.1/00012&version=1.0",
            "dataverse",
            "dataset",
            "https://data.example.org/hdl:1902.1/00012?version=1.0",
        ),
        ("https://data.example.org/file.xhtml?fileId=12", "dataverse", "file", "https://data.example.org/12"),
        ("https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE147507", "geo", "series", "GSE147507"),
        ("https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=gse147507", "geo", "series", "GSE147507"),
        ("https://www.ebi.ac.uk/ena/browser/view/prjeb1234", "ena", "study", "PRJEB1234"),
        (f"https://explore.data.humancellatlas.org/projects/{UUID.upper()}", "azul", "project", UUID),
        (f"azul:{UUID.upper()}", "azul", "project", UUID),
        ("https://www.ncbi.nlm.nih.gov/sra/SRX079566", "ena", "experiment", "SRX079566"),
        ("https://www.ncbi.nlm.nih.gov/sra/?term=SRP044380", "ena", "study", "SRP044380"),
        ("https://www.ebi.ac.uk/ena/browser/view/PRJEB1234", "ena", "study", "PRJEB1234"),
        ("https://www.ebi.ac.uk/biostudies/arrayexpress/studies/E-MTAB-3050", "biostudies", "study", "E-MTAB-3050"),
        (
            "https://www.ebi.ac.uk/biostudies/arrayexpress/studies/E-MTAB-3050/sdrf",
            "biostudies",
            "study",
            "E-MTAB-3050",
        ),
        ("https://www.ebi.ac.uk/arrayexpress/experiments/E-MTAB-3050/", "biostudies", "study", "E-MTAB-3050"),
        ("https://www.ebi.ac.uk/biostudies/studies/S-BSST223", "biostudies", "study", "S-BSST223"),
        ("https://www.ebi.ac.uk/biostudies/BioImages/studies/S-BIAD634?query=x", "biostudies", "study", "S-BIAD634"),
        ("https://www.ebi.ac.uk/biostudies/eu-toxrisk/studies/S-TOXR1735", "biostudies", "study", "S-TOXR1735"),
        ("https://www.ebi.ac.uk/pride/archive/projects/PXD001819", "pride", "project", "PXD001819"),
        ("https://www.ebi.ac.uk/metabolights/editor/MTBLS1/descriptors", "metabolights", "study", "MTBLS1"),
        (f"https://portal.gdc.cancer.gov/files/{UUID}", "gdc", "file", UUID),
        ("https://portal.gdc.cancer.gov/projects/TCGA-BRCA", "gdc", "project", "TCGA-BRCA"),
        (f"https://explore.data.humancellatlas.org/projects/{UUID}", "azul", "project", UUID),
        (f"https://data.humancellatlas.org/projects/{UUID}/metadata", "azul", "project", UUID),
        (f"https://data-browser.lungmap.net/projects/{UUID}", "azul", "lungmap", UUID),
        (f"https://explore.anvilproject.org/datasets/{UUID}", "azul", "anvil", UUID),
        ("sra:SRR1553607", "ena", "run", "SRR1553607"),
        ("https://trace.ncbi.nlm.nih.gov/Traces/?view=run_browser&acc=SRR1553607", "ena", "run", "SRR1553607"),
        ("https://www.ncbi.nlm.nih.gov/Traces/study/?acc=PRJNA2&o=x", "ena", "study", "PRJNA2"),
        ("https://www.ncbi.nlm.nih.gov/Traces/index.html#/run?acc=SRR1553607", "ena", "run", "SRR1553607"),
        ("zenodo:3678323", "zenodo", "", "3678323"),
        ("https://identifiers.org/geo:GSE147507", "geo", "series", "GSE147507"),
        ("https://identifiers.org/ega.dataset/EGAD00001000951", "identifiers", "", "ega.dataset:EGAD00001000951"),
        ("CHEBI:36927", "identifiers", "", "CHEBI:36927"),
        ("ebi/chebi:36927", "identifiers", "", "ebi/chebi:36927"),
    ],
)
def test_an_identifier_or_a_page_names_data_of_its_archive(text: str, archive: str, level: str, id: str) -> None:
    name = names_in(text)[0]
    assert (name.archive, name.level, name.id, name.text) == (archive, level, id, text)


@pytest.mark.parametrize(
    "text",
    [
        "10.1234/a(b)c.d",
        "doi:10.1234/a(b)c.d",
        "doi: 10.1234/a(b)c.d",
        "DOI 10.1234/a(b)c.d",
        "info:doi/10.1234/a(b)c.d",
        "doi.org/10.1234/a(b)c.d",
        "https://doi.org/10.1234/a(b)c.d",
        "http://dx.doi.org/10.1234%2Fa(b)c.d",
        "https://www.doi.org/doi:10.1234/a(b)c.d",
        "10.1234/a(b)c.d.",
        "https://doi.org/10.1234/a(b)c.d).",
        "10.1234/a(b)c.d];",
        "10.1234/a(b)c.d\u201d,",
    ],
)
def test_a_doi_is_read_in_every_spelling(text: str) -> None:
    (name,) = names_in(text)
    assert (name.archive, name.id, name.text) == ("doi", "10.1234/a(b)c.d", text)


def test_a_uuid_may_be_of_the_gdc_or_of_azul() -> None:
    assert [name.archive for name in names_in(UUID.upper())] == ["gdc", "azul"]


@pytest.mark.parametrize(
    "text",
    [
        "manifest.tsv",
        "data",
        "-",
        "SRR",
        "GSE",
        "10.5281",
        "s3://bucket/SRR1553607",
        "C:data",
        "http://[",
        "TCGA",
        "host:/path",
        "dg.4503/abc",
        "dg.4503:abc",
        "https://zenodo.org/records/12/files/a.csv?token=abc",
    ],
)
def test_other_texts_are_no_names(text: str) -> None:
    assert names_in(text) == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://trace.ncbi.nlm.nih.gov/Traces/sra-db-be/runinfo?acc=SRP045126",
        "https://www.ebi.ac.uk/ena/portal/api/filereport?accession=PRJEB1&result=read_run",
        f"https://service.azul.data.humancellatlas.org/repository/files/{UUID}?catalog=dcp43",
        f"https://api.gdc.cancer.gov/data/{UUID}",
        "https://ftp.sra.ebi.ac.uk/vol1/fastq/ERR000/ERR0000001/ERR0000001_1.fastq.gz",
        "https://www.ncbi.nlm.nih.gov/sra/docs/",
        "https://[x/projects",
    ],
)
def test_addresses_of_files_and_lists_are_no_names(url: str) -> None:
    assert names_in(url) == ()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("SRR1553607, SRR1553608;GSE147507.", ["SRR1553607", "SRR1553608", "GSE147507"]),
        ("(PRJNA257197)", ["PRJNA257197"]),
        ("GSE 147507", ["GSE147507"]),
        ("GEO: GSE147507", ["GSE147507"]),
        ("SRR1553609\u2013SRR1553611 and err000001", ["SRR1553609", "SRR1553610", "SRR1553611", "ERR000001"]),
        ("10.5281/zenodo.1, E-MTAB-3050", ["10.5281/zenodo.1", "E-MTAB-3050"]),
        ("SRR1553611-SRR1553609", []),
        ("SRR100000-SRR999999", []),
        (f"SRR{'1' * 5000}-SRR{'2' * 5000}", []),
        ("data of SRR1553607", []),
        ("Data are at Zenodo (https://doi.org/10.5281/zenodo.1) and ENA (PRJEB1).", []),
        ("www.ebi.ac.uk/ena/browser/view/PRJEB1234", ["PRJEB1234"]),
        ("note:a, note:b", []),
    ],
)
def test_names_are_read_as_a_paper_writes_them(text: str, ids: list[str]) -> None:
    assert [names[0].id for names in names_written(text)] == ids


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("cell,SRA_STUDY,WGS_RUN\na,SRP000001,SRR000001\nb,SRP000001,SRR000002\n", "WGS_RUN"),
        ("name,description,x\nSRR000001,SRR000001,1\n", "name"),
        ("tumor,normal\nSRR000001,SRR000002\n", ""),
        ("study,sample\nSRP000001,SRS000001\n", ""),
        ("sample_name,bioproject\nSRR000001,PRJNA000001\n", "sample_name"),
    ],
)
def test_of_columns_of_names_the_only_one_of_runs_is_read(text: str, column: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text)
    head = Head(tmp_path / "list.csv")
    assert column_of_names(head) == column
    assert not (column and are_names(head))  # the study of a run would be downloaded, too


def test_of_a_run_beside_its_study_in_a_cell_the_run_is_read(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,source\na,PRJEB1;SAMEA1;ERR000001;ERR000002\nb,PRJEB1;GSE1\n")
    named = names_in_column(FileList(tmp_path / "list.csv", "list.csv", "", (), Counter()), "source")
    assert [names[0].id for names, *_ in named] == ["ERR000001", "ERR000002", "PRJEB1", "GSE1"]
