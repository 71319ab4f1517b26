"""Which files a URI means, which file goes where by the rules of cp, and names of copies by layouts and templates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NameClash, UsageError
from omicsdk.fs import Entry, IsFolder, PathNotFound, Uri, open_store, parse_uri
from omicsdk.fs.copying.planning import Naming, Selected, Source, named, plan_copy, select
from omicsdk.fs.queries import sums
from omicsdk.transfer.filters import Filters


def file(uri, name=None):
    parsed = parse_uri(uri)
    return Selected(parsed, Entry(parsed.path, "file", 1), name or parsed.name)


def one(uri):
    return Source(parse_uri(uri), False, [file(uri)])


def folder(uri, *names):
    parsed = parse_uri(uri)
    return Source(parsed, True, [file(f"{uri.rstrip('/')}/{name}", name) for name in names])


def planned(sources, target, kind=""):
    plan = plan_copy(sources, parse_uri(target), kind)
    return [str(plan.target(file)) for file in plan.files]


def test_one_file_goes_to_a_name_or_into_a_folder():
    assert planned([one("sb://me/p/a")], "s3://b/x") == ["s3://b/x"]
    assert planned([one("sb://me/p/a")], "s3://b/x/") == ["s3://b/x/a"]
    assert planned([one("sb://me/p/a")], "s3://b/x", "folder") == ["s3://b/x/a"]
    assert planned([one("sb://me/p/a")], "data/x") == ["data/x"]
    assert planned([one("sb://me/p/a")], "x") == ["x"]
    assert planned([one("sb://me/p/a")], ".", "folder") == ["a"]
    assert planned([one("sb://me/p/a")], "x", "file") == ["x"]


def test_a_folder_goes_into_a_folder_that_exists_and_becomes_the_one_that_is_not():
    reads = folder("sb://me/p/reads", "a", "more/b")
    assert planned([reads], "data", "folder") == ["data/reads/a", "data/reads/more/b"]
    assert planned([reads], "data/") == planned([reads], "data") == ["data/a", "data/more/b"]
    assert planned([reads], "s3://b/x") == ["s3://b/x/a", "s3://b/x/more/b"]


def test_a_slash_behind_a_source_means_what_is_in_it():
    assert planned([folder("sb://me/p/reads/", "a")], "data", "folder") == ["data/a"]


def test_several_sources_go_into_a_folder():
    assert planned([one("sb://me/p/a"), one("dss://aws/u/b")], "data/") == ["data/a", "data/b"]
    with pytest.raises(UsageError, match="write data/ to create it"):
        planned([one("sb://me/p/a"), one("dss://aws/u/b")], "data")
    with pytest.raises(UsageError, match="data is a file"):
        planned([one("sb://me/p/a"), one("dss://aws/u/b")], "data", "file")


def test_two_files_never_go_to_one_place():
    with pytest.raises(NameClash, match="'data/a' would come from sb://me/p/a and dss://aws/u/a"):
        planned([one("sb://me/p/a"), one("dss://aws/u/a")], "data/")


@pytest.mark.parametrize("target", ["data/", "s3://b/x/", "sb://me/p/"])
def test_what_an_interrupted_download_left_is_no_file_to_copy(target):
    """dandi-cli issue 1594, rclone issue 3770."""
    plan = plan_copy([folder("reads/", "a", "b/a.bam.0123abcd.part", "car.part")], parse_uri(target), "")
    assert [file.name for file in plan.files] == ["a", "car.part"]
    assert [outcome.name for outcome in plan.unfit_outcomes] == ["b/a.bam.0123abcd.part"]
    assert planned([one("reads/a.bam.0123abcd.part")], "x") == ["x"]


def test_the_target_of_a_plan_is_a_folder():
    plan = plan_copy([one("sb://me/p/a")], parse_uri("s3://b/x"), "")
    assert (plan.base, plan.files[0].name) == (Uri("s3", "b", is_folder=True), "x")


# -- which files a URI means


@pytest.fixture
def tree(shelf):
    shelf.files.update({"p/a.txt": b"1", "p/deep/b.csv": b"22", "p/deep/er/c.csv": b"333", "q": b""})
    return open_store("shelf")


def names(store, uri, **more):
    return [(file.name, str(file.uri)) for file in select(store, parse_uri(uri), **more)]


def test_a_file_is_meant_by_itself(tree):
    assert names(tree, "shelf://p/deep/b.csv") == [("b.csv", "shelf://p/deep/b.csv")]
    assert names(tree, "shelf://p/a.txt", patterns=Filters(include=["*.csv"])) == [("a.txt", "shelf://p/a.txt")]


def test_a_folder_means_all_below_it(tree):
    assert [name for name, _ in names(tree, "shelf://p")] == ["a.txt", "deep/b.csv", "deep/er/c.csv"]
    assert [name for name, _ in names(tree, "shelf://")] == ["p/a.txt", "p/deep/b.csv", "p/deep/er/c.csv", "q"]


def test_patterns_let_some_through(tree):
    assert [name for name, _ in names(tree, "shelf://p", patterns=Filters(exclude=["er/*", "/a*"]))] == ["deep/b.csv"]


def test_folders_have_to_be_requested(tree):
    with pytest.raises(IsFolder, match=r"shelf://p is a folder\. Use --recursive"):
        names(tree, "shelf://p", recursive=False)
    with pytest.raises(PathNotFound) as caught:
        names(tree, "shelf://nowhere")
    assert isinstance(caught.value, FileNotFoundError)


def test_folders_of_this_machine(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_text("x")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    assert [name for name, _ in names(open_store("file"), str(tmp_path))] == ["deep/a", "lost"]


def test_resume_data_of_downloads_is_no_file_of_a_folder(tmp_path):
    for name in (".omics-transfer/get.journal", "deep/.omics-transfer/parts/a.part", "deep/a", "my.omics-transfer/b"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert [name for name, _ in names(open_store("file"), str(tmp_path))] == ["deep/a", "my.omics-transfer/b"]


def test_sums(tree):
    folders = list(sums(named(tree, "shelf", Entry("p", "folder")), depth=1))
    assert [(folder.name, folder.files, folder.size) for folder in folders] == [("deep", 2, 5), ("", 3, 6)]
    assert [folder.name for folder in sums(named(tree, "shelf", Entry("", "folder")), depth=9)] == [
        "p",
        "p/deep",
        "p/deep/er",
        "",
    ]


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
    ("template", "message"),
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
def test_an_invalid_template_is_refused(template, message):
    with pytest.raises(UsageError, match=f"^name_template .*{message}"):
        Naming("tree", template)


def test_a_field_that_a_file_lacks_is_named():
    with pytest.raises(UsageError, match=r"gen3://host/dg\.1/x has no sha256"):
        Naming("tree", "{sha256}").name(FILE)


@pytest.mark.parametrize("modified", [9e18, -7e10])  # that some file systems state
def test_a_time_beyond_the_calendar_is_no_date(modified):
    with pytest.raises(UsageError, match="has no date"):
        Naming("tree", "{date}").name(FILE._replace(entry=FILE.entry._replace(modified=modified)))


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
