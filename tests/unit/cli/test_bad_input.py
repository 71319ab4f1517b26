"""Invalid values are reported with their option before any request: numbers out of bounds, empty values, folders in place of files."""

from pathlib import Path

import pytest
from handwritten import handwritten
from omicsdk.cli.parser import value_of
from omicsdk.core import UsageError
from rows import check_each

# No service has this address.
GEN3, SB, DTP = (f"{word} --base-url http://127.0.0.1:1 --access-token t" for word in ("gen3", "sb", "dtp"))

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


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("cp a.txt - --name-template {guid}", "--name-template cannot be used with stdout"),
        ("cp a.txt - --layout flat", "--layout cannot be used with stdout"),
        ("cat a.txt --include *.csv", "unknown option --include"),
        ("stat a.txt --min-size 1G", "unknown option --min-size"),
        ("presign s3://b/a.txt --exclude *", "unknown option --exclude"),
        ("mkdir new --newer 1d", "unknown option --newer"),
        ("lock --export sha256sum --update", "--update cannot be used with --export"),
        ("sandbox seed --exchanges a.txt --service sb", "--service cannot be used with --exchanges"),
        ("config list --known --show-origin", "--show-origin cannot be used with --known"),
        ("login hca --credentials-file a.txt", "--credentials-file cannot be used for hca"),
        ("login sb --token-stdin --access-token t", "--access-token cannot be used with --token-stdin"),
        ("login sb --password-stdin", "--password-stdin cannot be used without --user"),
        ("login azul --access-token t --device", "--device cannot be used with a token"),
        (f"{GEN3} discovery objects read --template --limit 2", "--limit cannot be used with --template"),
        (f"{GEN3} discovery objects read id --template", "--template takes no GUIDs"),
        (
            f"{GEN3} discovery objects read --only-object-guids --output-file o.tsv",
            "--output-file cannot be used with --only-object-guids",
        ),
        (f"{GEN3} discovery publish a.txt --default-file", "--default-file excludes FILE"),
        (f"{GEN3} export P-Q --node case --format json", "--format cannot be used without --folder"),
        (
            f"{GEN3} download dg.1/a --delete-unpacked-packages",
            "--delete-unpacked-packages cannot be used without --unpack-packages",
        ),
        (f"{SB} volumes ls --prefix a/", "--prefix cannot be used without a volume"),
        (f"{SB} exports create --manifest a.txt --to b/", "--to cannot be used with --manifest"),
        (f"{SB} projects members me/p --permissions copy", "--permissions cannot be used without --add"),
        (f"{DTP} export --sds d --experiment e --file x.tsv", "--file cannot be used with --sds"),
        (f"{DTP} export case --experiment e", "--experiment cannot be used without --sds"),
        (f"{DTP} query {{case{{id}}}} --program p", "--program cannot be used with a query in GraphQL"),
        (f"{DTP} query --projects --project p", "--project cannot be used with --projects"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused_before_any_request(omics, tmp_path, monkeypatch, words, why):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("text")
    Path("omics.toml").write_text("")
    ran = omics(*words.split(), installed=True)
    assert (ran.code, why in ran.err) == (2, True), ran.err
    assert [path.name for path in tmp_path.iterdir() if path.name in ("o.tsv", "d", "new")] == []
