"""Invalid values are reported with their option before any request: numbers out of bounds, empty values, folders in place of files."""

from pathlib import Path

import pytest


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("download", "--replica", "aws", "--bundle-uuid", ""), "--bundle-uuid: the value is empty"),
        (("download-collection", "--replica", "aws", "--uuid", " "), "--uuid: the value is empty"),
        (("download-manifest", "--replica", "aws", "--manifest", ""), "--manifest: the value is empty"),
        (("upload", "--replica", "aws", "--staging-bucket", "b", "--src-dir", ""), "--src-dir: the value is empty"),
    ],
)
def test_a_variable_that_is_not_set_names_nothing(dss, words, said):
    Path("of this folder").write_text("isn't to be uploaded")
    ran = dss(*words)
    assert (ran.code, ran.stdout) == (2, b"")
    assert said in ran.err


@pytest.mark.sandbox
def test_nothing_to_upload_is_not_this_folder(sb):
    Path("of this folder").write_text("isn't to be uploaded")
    ran = sb("files", "upload", "", "sb://sandbox-user/p/")
    assert (ran.code, "PATHS is required" in ran.err) == (2, True)
    ran = sb("files", "upload", "of this folder", "", "sb://sandbox-user/p/")
    assert (ran.code, "'' does not exist" in ran.err) == (2, True)


@pytest.mark.sandbox
def test_programs_with_blanks_in_their_names_are_listed(gen3):
    assert gen3("programs", "create", "With Blank").code == 0
    assert gen3("projects", "create", "With Blank", "P1", "--dbgap-accession-number", "phs1").code == 0
    assert "With Blank" in str(gen3("programs", "ls").json)
    assert "P1" in str(gen3("projects", "ls").json)
