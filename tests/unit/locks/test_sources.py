"""omics.toml: what `omics add` writes, and what is refused with its line."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.errors import ConfigError, OmicsError, UsageError
from omicsdk.locks import LockError, LockSource, add
from omicsdk.locks.sources import KEYS, read_sources


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def sources(text: str = "") -> dict[str, LockSource]:
    if text:
        Path("omics.toml").write_text(text)
    return read_sources(Path("omics.toml"))


def test_the_first_source_makes_the_file():
    source = add("PRJNA257197", to="./reads/", where="library_strategy=RNA-Seq", reads="sra")
    assert source == LockSource(
        "PRJNA257197", ("PRJNA257197",), "reads", {"where": "library_strategy=RNA-Seq", "reads": "sra"}
    )
    assert Path("omics.toml").read_text().partition("\n\n")[2] == (
        '[sources.PRJNA257197]\nfrom = "PRJNA257197"\nto = "./reads/"\nwhere = "library_strategy=RNA-Seq"\nreads = "sra"\n'
    )
    assert sources() == {"PRJNA257197": source}


MANY: dict[str, Any] = {
    "layout": "id",
    "format": "table",
    "prefer": ("submitted",),
    "limit": 3,
    "sample": 2,
    "reads": "bam",
    "include": ("*.bam", "*.bai"),
    "exclude": ("tmp/",),
    "min_size": "1K",
    "max_size": 5000,
    "related": True,
    "map": {"url": "link"},
    "base": "https://files.example.org/",
    "where": "size<1G",
}


def test_every_option_is_read_back_as_it_was_added():
    Path("a.tsv").touch()
    added = add(["a.tsv", "https://files.example.org/b.bam"], **MANY)
    assert added.options == MANY
    assert added.options.keys() | {"from", "to"} == KEYS.keys()
    assert sources() == {added.name: added}
    assert added.filters.keys() == {"include", "exclude", "min_size", "max_size"}


def test_comments_and_order_are_kept():
    text = '# ours\n[sources.z] # first\nfrom = "Z1"   # a comment\n\n\n# at the end\n'
    Path("omics.toml").write_text(text)
    add("PRJNA1")
    kept = Path("omics.toml").read_text()
    assert kept.startswith(text.rstrip("\n"))
    assert [*sources()] == ["z", "PRJNA1"]


def test_line_ends_of_windows_are_kept():
    Path("omics.toml").write_bytes(b'# ours\r\n[sources.z]\r\nfrom = "Z1"\r\n')
    add("PRJNA1")
    data = Path("omics.toml").read_bytes()
    assert data.startswith(b'# ours\r\n[sources.z]\r\nfrom = "Z1"\r\n\r\n[sources.PRJNA1]\r\n')
    assert data.count(b"\n") == data.count(b"\r\n")


def test_names_are_made_from_what_is_named_first():
    Path("lists").mkdir()
    Path("lists/gdc manifest.txt").touch()
    named = [
        add(what).name
        for what in ("lists/gdc manifest.txt", "PRJNA1", "PRJNA1", "https://h/a.tar.gz", "10.5281/zenodo.7", "gs://b/Ω")
    ]
    assert named == ["gdc-manifest", "PRJNA1", "PRJNA1-2", "a", "zenodo", "data"]


def test_a_list_is_named_from_the_folder_of_the_lock():
    Path("project").mkdir()
    Path("list.txt").touch()
    assert add("list.txt", folder="project").references == ("../list.txt",)
    assert add("PRJNA1", folder="project").references == ("PRJNA1",)
    many = ",".join(["SRR1553607"] * 30)  # longer than a name of a file
    assert add(many, folder="project").references == (many,)
    assert add(Path("list.txt").resolve().as_uri()).references == (str(Path("list.txt").resolve()),)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a password": ({"what": "https://me:canary@h/a"}, "credentials"),
    "a signature": ({"what": "https://h/a?X-Amz-Signature=canary"}, "credentials"),
    "a token": ({"what": "https://h/a?token=canary"}, "credentials"),
    "a password of a base": ({"what": "a", "base": "https://me:canary@h/"}, "credentials"),
    "stdin": ({"what": "-"}, "stdin"),
    "nothing": ({"what": []}, "nothing is named"),
    "an empty word": ({"what": ["A1", ""]}, "nothing is named"),
    "a folder of files": ({"what": "."}, "neither a bag nor a data set"),
    "a folder elsewhere": ({"what": "A1", "to": "/data"}, "absolute"),
    "a folder above": ({"what": "A1", "to": "a/../../b"}, "'..'"),
    "a misspelled file": ({"what": "nixda"}, "nixda does not exist, and is no accession"),
    "a misspelled accession among many": ({"what": "SRR15," * 60}, "SRR15, does not exist"),
    "another archive's": ({"what": "phs000178"}, "It is of dbGaP"),
    "no condition": ({"what": "A1", "where": "size"}, "no condition"),
    "no files": ({"what": "A1", "limit": -1}, "limit"),
    "no size": ({"what": "A1", "min_size": "many"}, "many"),
    "a bad name": ({"what": "A1", "name": "a b"}, "no name of a source"),
    "a name again": ({"what": "A1", "name": "there"}, "has a source 'there'"),
    "a missing folder": ({"what": "A1", "folder": "none"}, "none is no folder"),
    "an unknown layout": ({"what": "A1", "layout": "flat"}, "layout"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_locked_is_not_written(case: str):
    before = '[sources.there]\nfrom = "B1"\n'
    Path("omics.toml").write_text(before)
    options, why = REFUSED[case]
    with pytest.raises(UsageError, match=why) as raised:
        add(**options)
    assert "canary" not in str(raised.value)
    assert Path("omics.toml").read_text() == before
    assert [path.name for path in Path().iterdir()] == ["omics.toml"]


def test_a_text_that_is_not_utf_8_changes_nothing():
    with pytest.raises(ConfigError, match="cannot be encoded in UTF-8"):
        add("https://a.example.org/x", to="caf\udce9")
    assert not list(Path().iterdir())


FAULTS = {
    "an unknown key": ('[sources.a]\nfrom = "A1"\n\nwher = "x=1"\n', 4, "unknown key", "Did you mean 'where'?"),
    "an unknown table": ('[source.a]\nfrom = "A1"\n', None, "source: unknown key", "Did you mean 'sources'?"),
    "a table in a source": ('[sources.a.b]\nfrom = "A1"\n', 1, "sources.a.b: unknown key", "Known are from"),
    "nothing named": ('[sources.a]\nto = "data"\n', 1, "nothing is named", "Name accessions"),
    "a number for a text": ('[sources.a]\nfrom = "A1"\nto = 5\n', 3, "invalid value", "Use a text."),
    "a list of numbers": ("[sources.a]\nfrom = [1]\n", 2, "invalid value", "a list of texts"),
    "a text for a number": ('[sources.a]\nfrom = "A1"\nlimit = "5"\n', 3, "invalid value", "a whole number"),
    "a number for a switch": ('[sources.a]\nfrom = "A1"\nrelated = 1\n', 3, "invalid value", "true or false"),
    "a table of numbers": ('[sources.a]\nfrom = "A1"\nmap = {url = 1}\n', 3, "invalid value", "a table of texts"),
    "an unknown choice": (
        '[sources.a]\nfrom = "A1"\nreads = "cram"\n',
        3,
        "invalid value",
        "fastq or sra or bam or suppl",
    ),
    "a list of sources": ("sources = []\n", 1, "is no table", "[sources.NAME]"),
    "a text for a source": ('[sources]\na = "A1"\n', 2, "is no table", "[sources.a]"),
    "a name with a dot": ('[sources."a.b"]\nfrom = "A1"\n', 1, "is no name", "letters"),
    "a folder above": ('[sources.a]\nfrom = "A1"\nto = "../b"\n', 1, "'..'", "below that"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_an_error_with_its_line_and_a_remedy(fault: str):
    text, line, why, remedy = FAULTS[fault]
    with pytest.raises(LockError) as raised:
        sources(text)
    assert (raised.value.line, why in raised.value.message, remedy in raised.value.remedy) == (line, True, True), (
        raised.value
    )


def test_a_byte_order_mark_is_no_part_of_it():
    assert sources('\ufeff[sources.a]\nfrom = "A1"\nto = "d"\n').keys() == {"a"}


def test_what_is_no_toml_is_an_error_with_its_place():
    with pytest.raises(ConfigError, match=r"omics\.toml:2"):
        sources('[sources.a]\nfrom = "A1\n')


def test_a_missing_file_names_the_command():
    with pytest.raises(LockError, match="omics add"):
        sources()


def test_inline_sources_take_no_further_one():
    text = 'sources = {a = {from = "A1"}}\n'
    Path("omics.toml").write_text(text)
    with pytest.raises(OmicsError):
        add("B1")
    assert Path("omics.toml").read_text() == text
