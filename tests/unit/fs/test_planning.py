"""Which file goes where: the rules of cp."""

import pytest
from omicsdk.core import NameClash, UsageError
from omicsdk.fs import Entry, Uri, parse_uri
from omicsdk.fs.copying.planning import Selected, Source, plan_copy


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
