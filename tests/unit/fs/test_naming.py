"""Names of copies by layouts and templates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.fs import Entry, Uri
from omicsdk.fs.copying.planning import Naming, Selected, Source

FILE = Selected(
    Uri("gen3", "host/dg.1/x"),
    Entry("host/dg.1/x", "file", 7, {"md5": "0" * 32}, 1e9, "v2", {"id": "dg.1/x"}),
    "deep/reads.fastq.gz",
)


@pytest.mark.parametrize(
    ("layout", "template", "name"),
    [
        ("tree", "", "deep/reads.fastq.gz"),
        ("flat", "", "reads.fastq.gz"),
        ("tree", "{guid}_{name}", "deep/dg.1_x_reads.fastq.gz"),
        ("flat", "{guid}_{name}", "dg.1_x_reads.fastq.gz"),
        ("tree", "{stem}-{size}{suffix}", "deep/reads.fastq-7.gz"),
        ("tree", "{date}/{name}", "2001-09-09/reads.fastq.gz"),
        ("tree", "all/{path}", "all/deep/reads.fastq.gz"),
        ("tree", "{folder}/{version}_{md5}", f"deep/v2_{'0' * 32}"),
        ("tree", "{{x}}{name}", "deep/{x}reads.fastq.gz"),
    ],
)
def test_names(layout, template, name):
    assert Naming(layout, template).name(FILE) == name


@pytest.mark.parametrize(
    ("template", "name"), [("{folder}/x_{name}", "x_r.txt"), ("all/{folder}/{name}", "all/r.txt"), ("{name}", "r.txt")]
)
def test_a_file_in_no_folder_has_a_name_without_one(template, name):
    assert Naming("tree", template).name(FILE._replace(name="r.txt")) == name


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("x", "missing field"),
        ("{gud}", r"unknown field \{gud\}\. Did you mean \{guid\}\?"),
        ("{name", "expected '}'"),
        ("{name.__class__}", "unknown field"),
        ("{name!r}", r"unknown field \{name!r\}"),
        ("{name:>9}", r"unknown field \{name:>9\}"),
        ("{}", "unknown field"),
    ],
)
def test_an_invalid_template_is_refused(template, said):
    with pytest.raises(UsageError, match=f"^name_template .*{said}"):
        Naming("tree", template)


def test_a_field_that_a_file_lacks_is_named():
    with pytest.raises(UsageError, match=r"gen3://host/dg\.1/x has no sha256"):
        Naming("tree", "{sha256}").name(FILE)


def test_what_is_in_a_folder_goes_into_the_target_itself():
    (source,) = Naming("flat").of([Source(Uri("sb", "me/p/reads"), True, [FILE])])
    assert (source.uri.is_folder, [file.name for file in source.files]) == (True, ["reads.fastq.gz"])
    (single,) = Naming("tree", "{guid}").of([Source(FILE.uri, False, [FILE])])
    assert single.uri == FILE.uri
    assert Naming().of([source]) == [source]


@given(st.lists(st.sampled_from(["{name}", "{size}", "{guid}", "x", "-", "{{", "/"]), min_size=1, max_size=6))
def test_a_template_of_known_fields_gives_their_values(parts):
    values = {"{name}": "reads.fastq.gz", "{size}": "7", "{guid}": "dg.1_x", "{{": "{"}
    made = "".join(values.get(part, part) for part in parts)
    if not {"{name}", "{size}", "{guid}"} & set(parts):
        return
    assert Naming("flat", "".join(parts)).name(FILE) == made
