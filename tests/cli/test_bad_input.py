"""What can't be meant is told by its option before anything is asked for: numbers out of bounds, nothing, folders for files."""

from pathlib import Path

import pytest
from gen3_command import gen3_command
from handwritten import handwritten
from omicsdk.cli.parser import value_of
from omicsdk.core.errors import UsageError
from rows import check_each

ELSEWHERE = {
    "demo --large-mib": "the demo says which sizes there are",
    "dss put-file --creator-uid": "the service's own",
    "pangea ncbi list bioproject --sleep": "without effect",
    "pangea ncbi list sra --sleep": "without effect",
    "refget get --end": "refget's own check: Positions count from 0; the end is excluded",
    "refget get --start": "refget's own check, likewise",
    "sandbox up --port": "the server says which ports there are",
    "sandbox up --s3-port": "the server says which ports there are",
}
"""Numbers that may be below 0 as far as the option itself knows."""

NUMBERS = {
    f"{' '.join(found.path)} --{argument['name'].replace('_', '-')}": argument
    for found in handwritten()
    for argument in found.command.get("parameters", [])
    if argument.get("type") in ("integer", "number") and not argument.get("choices")
}


def test_all_numbers_are_looked_at():
    assert len(NUMBERS) > 60
    assert set(ELSEWHERE) < set(NUMBERS)


def test_no_number_of_a_command_may_be_below_0():
    def check(name: str) -> None:
        with pytest.raises(
            UsageError, match=r"--[\w-]+: -1 (is below|is not above|is not a) [01port]+\. Give "
        ) as caught:
            value_of(NUMBERS[name], ["-1"])
        assert f"{name.rpartition(' ')[2]}:" in str(caught.value)

    check_each(sorted(set(NUMBERS) - set(ELSEWHERE)), str, check)


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
def test_a_variable_that_isn_t_set_names_nothing(dss, words, said):
    Path("of this folder").write_text("isn't to be uploaded")
    ran = dss(*words)
    assert (ran.code, ran.stdout) == (2, b"")
    assert said in ran.err


@pytest.mark.sandbox
def test_nothing_to_upload_isn_t_this_folder(sb):
    Path("of this folder").write_text("isn't to be uploaded")
    ran = sb("files", "upload", "", "sb://sandbox-user/p/")
    assert (ran.code, "PATHS is required" in ran.err) == (2, True)
    ran = sb("files", "upload", "of this folder", "", "sb://sandbox-user/p/")
    assert (ran.code, "'' does not exist" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("given", "said"), [("", "'' is a folder"), ("there", "'there' is a folder"), ("gone/x.tsv", "does not exist")]
)
@pytest.mark.parametrize(
    "words",
    [
        "gen3 export P-Q --node case --out",
        "gen3 explore case --fields sex --out",
        "gen3 upload a.txt --authz /open --manifest-out",
        "gen3 objects crosswalk read --output-file",
        "gen3 objects manifest read --output-file",
        "gen3 objects manifest publish files.tsv --out-manifest-file",
        "gen3 discovery read --output-file",
        "gen3 discovery combine a.tsv --output-filename",
        "pangea list orgs --outfile",
        "pangea create org Lab -o",
    ],
)
def test_a_file_that_can_t_be_written_is_told_before_anything_is_asked(
    omics, tmp_path, monkeypatch, words, given, said
):
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    ran = omics(*words.split(), given, "--base-url", "http://127.0.0.1:1", installed=True)
    assert ran.code == 2, ran.err
    assert said in ran.err


@pytest.mark.sandbox
def test_programs_with_blanks_in_their_names_are_listed(omics, omics_sandbox, monkeypatch, tmp_path):
    gen3 = gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    assert gen3("programs", "create", "With Blank").code == 0
    assert gen3("projects", "create", "With Blank", "P1", "--dbgap-accession-number", "phs1").code == 0
    assert "With Blank" in str(gen3("programs", "ls").json)
    assert "P1" in str(gen3("projects", "ls").json)
