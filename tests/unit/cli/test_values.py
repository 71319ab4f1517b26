"""Values of options: how they are read, and invalid ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from handwritten import handwritten
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.commands.values import words_of
from omicsdk.cli.parser import value_of
from omicsdk.core import ConfigError, UsageError
from omicsdk.fs import parse_uri
from omicsdk.gen3.sources import Arguments, TokenService, login_of
from omicsdk.sb.paths import is_path
from rows import check_each

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def argument(kind: Any, **more: Any) -> Any:
    return {"name": "es_query", "type": kind, **more}


@given(st.lists(JSON, min_size=1, max_size=4))
def test_an_array_is_the_same_as_words_and_as_one_json_array(values):
    one = value_of(argument("array"), [json.dumps(values)])
    assert one == values
    if not (len(values) == 1 and isinstance(values[0], list)):
        assert value_of(argument("array"), [json.dumps(value) for value in values]) == values


@given(st.lists(st.text().filter(lambda word: not word.lstrip().startswith("[")), min_size=1))
def test_texts_of_an_array_of_strings_stay_as_they_are(words):
    assert value_of(argument("array", items="string"), words) == words


@given(st.lists(st.text(), min_size=1))
def test_texts_of_an_operations_list_may_be_json(words):
    tags = {**argument("array", items="string"), "in": "body"}
    assert value_of(tags, [json.dumps(word) for word in words]) == words


@pytest.mark.parametrize("word", ['"open', '"a" b', 'a "b"', "5", "null", '"'])
def test_a_value_that_is_not_json_is_used_as_text(word):
    assert value_of({**argument("array", items="string"), "in": "query"}, [word]) == [word]


@pytest.mark.parametrize(
    ("word", "value"), [("3.5", 3.5), ("-12345678901234567890", -12345678901234567890), ("12345678901234567.120", "12345678901234567.120")]
)  # fmt: skip
def test_a_decimal_that_no_float_has_keeps_its_digits(word, value):
    assert value_of(argument("any"), [word]) == value


@given(st.text())
def test_a_string_is_its_word(word):
    assert value_of(argument("string"), [word]) == word


@given(st.integers())
def test_integers_round_trip(number):
    assert value_of(argument("integer"), [str(number)]) == number


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_an_object_is_json(value):
    assert value_of(argument("object"), [json.dumps(value)]) == value


@given(
    st.text(max_size=20), st.sampled_from(["integer", "number", "boolean", "object", "array", "any", "string", None])
)
def test_any_word_gives_a_value_or_an_error_that_names_the_option(word, kind):
    try:
        value_of(argument(kind), [f" {word}" if word.startswith("@") else word])
    except UsageError as error:
        message = str(error)
    else:
        message = ""
    assert not message or message.startswith("--es-query: expected ")


@pytest.mark.parametrize("words", [["[ab]*.json"], ["[x]"], ["*", "[ab]"]])
def test_a_shell_pattern_with_brackets_is_no_broken_json(words):
    assert value_of(argument("array", items="string"), words) == words


@pytest.mark.parametrize(
    ("kind", "word", "expected"),
    [
        ("integer", "12.5", "a whole number, got '12.5'"),
        ("integer", "1_000", "a whole number"),
        ("number", "nan", "a number"),
        ("number", "inf", "a number"),
        ("boolean", "maybe", "true or false, got 'maybe'"),
        ("object", "[1]", "a JSON object"),
        ("object", '{"a": }', "line 1, column 7"),
        ("object", '{"a": NaN}', "NaN is not JSON"),
        ("object", '{"a": 1e999}', "1e999 is not JSON"),
        ("object", "x" * 500, "..."),
    ],
)
def test_what_is_not_a_value_is_reported(kind, word, expected):
    with pytest.raises(UsageError) as caught:
        value_of(argument(kind), [word])
    assert str(caught.value).startswith("--es-query: expected ")
    assert expected in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_choice_that_is_not_one_lists_them():
    with pytest.raises(UsageError, match="expected one of aws, gcp, '', got 'azure'"):
        value_of(argument("string", choices=["aws", "gcp", ""]), ["azure"])


def test_choices_hold_for_each_member_of_an_array():
    with pytest.raises(UsageError, match="got 'c'"):
        value_of(argument("array", items="string", choices=["a", "b"]), ["a", "c"])


def test_a_type_that_may_be_null_is_the_other_one():
    assert value_of(argument(["null", "integer"]), ["5"]) == 5
    assert value_of(argument(["string", "integer"]), ["5"]) == 5
    assert value_of(argument(["string", "integer"]), ["x"]) == "x"


def test_a_file_with_a_bom_is_read(tmp_path):
    (tmp_path / "q.json").write_bytes(b'\xef\xbb\xbf{"query": {}}')
    assert value_of(argument("object"), [f"@{tmp_path / 'q.json'}"]) == {"query": {}}


def test_a_file_of_an_array_is_the_array(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2]")
    assert value_of(argument("array"), [f"@{tmp_path / 'a.json'}"]) == [1, 2]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "q.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"--es-query: .*q\.json"):
        value_of(argument("object"), [f"@{tmp_path / 'q.json'}"])


def test_a_file_is_a_path(tmp_path):
    assert value_of(argument("file"), [f"@{tmp_path}/x"]) == Path(tmp_path, "x")


PATHS = [r"C:\data\reads.fastq", r"c:\x", "C:/data/reads.fastq", r"\\server\share\reads.fastq", "//server/share/x"]


@pytest.mark.parametrize("path", PATHS)
def test_no_scheme_is_seen_in_it(path):
    uri = parse_uri(path)
    assert (uri.scheme, uri.path) == ("file", path)
    assert not is_path(path)


@pytest.mark.parametrize("path", PATHS)
def test_it_is_a_value_unchanged(path):
    assert value_of({"name": "x", "type": "string"}, [path]) == path
    assert value_of({"name": "x", "type": "array", "items": "string"}, [path, path]) == [path, path]
    assert value_of({"name": "x", "type": "file"}, [f"@{path}"]) == Path(path)
    assert value_of({"name": "x", "type": "any"}, [path]) == path


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (r"C:\vim\gvim.exe --nofork", [r"C:\vim\gvim.exe", "--nofork"]),
        (r'"C:\Program Files\x#\ed.exe" -n', [r"C:\Program Files\x#\ed.exe", "-n"]),
    ],
)
def test_it_is_a_word_of_a_command_line(command, words):
    assert words_of(command, windows=True) == words


@pytest.mark.parametrize("path", PATHS)
def test_a_file_of_credentials_is_no_name_in_the_folder_of_keys(path, tmp_path):
    try:
        source = login_of(Arguments(refresh_file=path), {}, lambda: tmp_path).source
    except ConfigError:
        return
    assert isinstance(source, TokenService)
    assert source.missing == Path(path)


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
    f"{' '.join(node.path)} --{argument['name'].replace('_', '-')}": argument
    for node in handwritten()
    for argument in node.command.get("parameters", [])
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
    ("path", "message"), [("", "'' is a folder"), ("there", "'there' is a folder"), ("gone/x.tsv", "does not exist")]
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
def test_a_file_that_cannot_be_written_is_reported_before_any_request(
    omics, tmp_path, monkeypatch, words, path, message
):
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    ran = omics(*words.split(), path, "--base-url", "http://127.0.0.1:1", installed=True)
    assert ran.code == 2, ran.err
    assert message in ran.err


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
