"""Invalid values are reported with their option before any request: numbers out of bounds, empty values, folders in place of files."""

from pathlib import Path

import pytest
from handwritten import handwritten
from omicsdk.cli.parser import value_of
from omicsdk.core import UsageError
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


def test_all_numbers_are_examined():
    assert len(NUMBERS) > 60
    assert set(ELSEWHERE) < set(NUMBERS)


def test_no_number_of_a_command_may_be_below_0():
    def check(name: str) -> None:
        with pytest.raises(
            UsageError, match=r"--[\w-]+: -1 (is below|is not above|is not a) [01port]+\. Use "
        ) as caught:
            value_of(NUMBERS[name], ["-1"])
        assert f"{name.rpartition(' ')[2]}:" in str(caught.value)

    check_each(sorted(set(NUMBERS) - set(ELSEWHERE)), str, check)


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
def test_a_file_that_cannot_be_written_is_reported_before_any_request(omics, tmp_path, monkeypatch, words, given, said):
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    ran = omics(*words.split(), given, "--base-url", "http://127.0.0.1:1", installed=True)
    assert ran.code == 2, ran.err
    assert said in ran.err
