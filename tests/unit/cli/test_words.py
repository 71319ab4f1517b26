"""Which command words refer to, what may stand where, and what is said when it does not."""

import argparse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.cli.catalog import GLOBALS
from omicsdk.cli.parser import TRUTHS, parse
from omicsdk.core import UsageError

COMMAND = {
    "command": "files",
    "parameters": [
        {"name": "paths", "type": "array", "items": "string", "positional": True, "required": True},
        {"name": "quiet", "type": "boolean", "short": "-q"},
        {"name": "target_filename", "type": "string", "short": "-t"},
    ],
}


def test_words_without_dashes_stand_anywhere():
    assert parse(COMMAND, ["-q", "a", "b", "-t", "x"], GLOBALS)[0] == {
        "paths": ["a", "b"],
        "quiet": True,
        "target_filename": "x",
    }
    assert parse(COMMAND, ["-t", "x", "--", "-a"], GLOBALS)[0] == {"paths": ["-a"], "target_filename": "x"}


def test_a_value_may_stand_after_an_equals_sign():
    assert parse(COMMAND, ["p", "--target-filename=-dash"], GLOBALS)[0]["target_filename"] == "-dash"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "PATHS is required"),
        (["p", "--quite"], "unknown option --quite. Did you mean --quiet?"),
        (["p", "--tar", "x"], "unknown option --tar. Did you mean --target-filename?"),
        (["p", "--target", "x"], "unknown option --target. Did you mean --target-filename?"),
        (["p", "-t"], "expected one argument"),
        (["p", "-t", "-x"], "--option=-value"),
        (["p", "--quiet=x"], "--quiet: expected true or false, got 'x'"),
        (["p", "-q="], "-q takes no value, got ''. Pass -q alone, or leave it out."),
        (["p", "-qx"], "unknown option -qx"),
        (["p", "-help"], "unknown option -help. Did you mean --help?"),
    ],
)
def test_a_wrong_word_is_reported(words, message):
    with pytest.raises(UsageError) as caught:
        parse(COMMAND, words, GLOBALS)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "words", [(), ("widgets",), ("store",), ("store", "api"), ("store", "api", "shelves"), ("sandbox",)]
)
def test_a_group_alone_prints_its_help(omics, words):
    alone, helped = omics(*words), omics(*words, "--help")
    assert alone.code == helped.code == 0
    assert alone.out == helped.out == omics("help", *words).out
    assert alone.err == ""


def test_operations_that_are_not_documented_commands_stand_under_api(omics):
    assert "get-widget" not in omics("store").out
    assert "Shelves" in omics("store", "api").out
    assert "get-widget " in omics("store", "api", "shelves").out
    assert omics("store", "api", "shelves", "get-widget", "-h").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("widgts",), "omics: unknown command or service 'widgts'. Did you mean widgets? See: omics --help"),
        (
            ("widgets", "get-wigdet"),
            "omics: widgets: unknown command 'get-wigdet'. Did you mean get-widget? See: omics widgets --help",
        ),
        (("--versoin",), "omics: unknown option --versoin. Did you mean --version? See: omics --help"),
        (
            ("widgets", "get-widget"),
            "omics: widgets get-widget: --uuid and --replica are required. See: omics widgets get-widget --help",
        ),
        (
            ("widgets", "get-widget", "--uid", "1"),
            "omics: widgets get-widget: unknown option --uid. Did you mean --uuid? "
            "See: omics widgets get-widget --help",
        ),
        (
            ("widgets", "get-widgets", "--per-page", "many"),
            "omics: widgets get-widgets: --per-page: expected a whole number, got 'many' "
            "See: omics widgets get-widgets --help",
        ),
        (("--output", "xml", "widgets", "get-widgets"), "--output: expected one of json, jsonl, table, tsv, got 'xml'"),
        (("--query", "a[", "widgets", "get-widgets"), "--query: 'a[' is not a JMESPath expression"),
        (("widgets", "get-widget", "u"), "unexpected argument 'u'. Pass a value after its option: --option VALUE."),
        (("--output",), "expected one argument"),
        (("widgets", "--per-page", "2", "get-widgets"), "Put an option of a command after the command. See: omics"),
        (
            ("doctor", "--json=1"),
            "omics: doctor: --json takes no value, got '1'. Pass --json alone, or leave it out. See: omics",
        ),
        (("--debug=yes", "widgets", "get-widgets"), "--debug takes no value, got 'yes'"),
        (("--version=0.1",), "omics: --version takes no value, got '0.1'"),
    ],
)
def test_usage_errors_are_one_line_and_2(omics, widgets, words, said):
    ran = omics(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said.replace("'many' See", "'many'. See") in ran.err
    assert widgets.asked == []


def test_letters_of_flags_may_stand_together(omics, widgets):
    helped = omics("widgets", "get-widgets", "-qh")
    assert (helped.code, widgets.asked) == (0, [])
    assert helped.out == omics("widgets", "get-widgets", "--help").out
    assert parse(COMMAND, ["p", "-qt", "x"], GLOBALS)[0] == {"paths": ["p"], "quiet": True, "target_filename": "x"}


PLACING = {
    "command": "place",
    "parameters": [
        {"name": "org", "type": "string", "positional": True, "required": True},
        {"name": "names", "type": "array", "items": "string", "positional": True, "required": True},
        {"name": "file", "type": "string", "positional": True, "required": True},
        {"name": "fast", "type": "boolean", "flag": True},
        {"name": "label", "type": "array", "repeated": True},
    ],
}


@pytest.mark.parametrize(
    ("words", "placed"),
    [
        ("a b c", {"org": "a", "names": ["b"], "file": "c"}),
        ("a b c d", {"org": "a", "names": ["b", "c"], "file": "d"}),
        ("a --fast b c --label x d", {"org": "a", "names": ["b", "c"], "file": "d", "label": ["x"]}),
        ("--label x a --label y b c", {"org": "a", "names": ["b"], "file": "c", "label": ["x", "y"]}),
        ("a b -- -c", {"org": "a", "names": ["b"], "file": "-c"}),
        ("a -1 -2.5", {"org": "a", "names": ["-1"], "file": "-2.5"}),
    ],
)
def test_words_without_a_dash_may_stand_on_both_sides_of_options(words, placed):
    values, _ = parse(PLACING, words.split(), GLOBALS)
    values.pop("fast", None)
    assert values == placed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("a b", "NAMES is required"),
        ("a", "NAMES and FILE are required"),
        ("a b c --lable x", "unknown option --lable"),
    ],
)
def test_words_that_are_missing_or_unknown_are_reported(words, said):
    with pytest.raises(UsageError, match=said):
        parse(PLACING, words.split(), GLOBALS)


def test_global_options_stand_before_between_and_after(omics, widgets):
    for words in (
        ("--output", "tsv", "widgets", "head-widget"),
        ("widgets", "--output", "tsv", "head-widget"),
        ("widgets", "head-widget", "--output=tsv"),
    ):
        assert "\t" in omics(*words, "--uuid", "u").out


@pytest.mark.parametrize(
    "words", [("--version",), ("widgets", "--version"), ("widgets", "head-widget", "--version", "--uuid", "u")]
)
def test_version(omics, widgets, words):
    ran = omics(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("omics 0.")
    assert widgets.asked == []


def test_help_wins_over_what_is_missing(omics):
    ran = omics("widgets", "get-widget", "--uuid", "--help")
    assert ran.code == 0
    assert ran.out == omics("help", "widgets", "get-widget").out


POOL = [
    "",
    "é\udc80\x1b[2J",
    *[
        "widgets",
        "store",
        "api",
        "shelves",
        "help",
        "completion",
        "config",
        "list",
        "dss",
        "bash",
        "get-widget",
        "get-widgets",
        "put-widget",
    ],
    *[
        "delete-widget",
        "get-clash",
        "download",
        "--",
        "-",
        "-h",
        "--help",
        "--version",
        "--output",
        "json",
        "tsv",
        "--output=jsonl",
        "--query",
        "a.b",
    ],
    *[
        "--yes",
        "--debug=1",
        "--log-level",
        "--uuid",
        "u",
        "--uuid=",
        "..",
        "--replica",
        "aws",
        "--presignedurls",
        "true",
        "--files",
        "{}",
        "[1",
        "--size",
    ],
    *["-3", "--dry-run", "--no-paginate", "--reason", "--per-page", "-x", "---", "--=", "%s", "@nofile", "@"],
]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=15 * settings().max_examples // 4,
    deadline=None,
)
@given(words=st.lists(st.sampled_from(POOL), max_size=9))
def test_no_words_end_in_a_traceback(omics, widgets, words):
    ran = omics(*words)
    assert ran.code in (0, 1, 2)
    assert "unexpected" not in ran.err
    assert "\x1b" not in ran.err
    assert ran.err.count("\n") == (1 if ran.code else 0)


def _oracle() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS, exit_on_error=False
    )
    parser.add_argument("-q", dest="quiet", action="store_const", const=True)
    parser.add_argument("--quiet", nargs="?", const=True)
    parser.add_argument("-f", "--force", action="store_const", const=True)
    parser.add_argument("-t", "--target-filename")
    parser.add_argument("--columns", nargs="+", action="extend")
    parser.add_argument("--header", "-H", action="append")
    return parser


SAME = {
    "command": "files",
    "parameters": [
        {"name": "quiet", "type": "boolean", "short": "-q"},
        {"name": "force", "type": "boolean", "flag": True, "short": "-f"},
        {"name": "target_filename", "type": "string", "short": "-t"},
        {"name": "columns", "type": "array", "items": "string"},
        {"name": "header", "type": "array", "items": "string", "repeated": True, "short": "-H"},
    ],
}
WORDS = st.sampled_from(
    [
        "-q",
        "--quiet",
        "--quiet=true",
        "-f",
        "-qf",
        "-qtx",
        "-tx",
        "-t",
        "-t=a=b",
        "--target-filename",
        "--target-filename=",
        "--columns",
        "--columns=a",
        "--header",
        "-H",
        "-HA: b",
        "a",
        "true",
        "-1",
        "-1.5",
        "-",
        "",
        "-x y",
        "--x",
        "-z",
        "a=b",
    ]
)


@given(st.lists(WORDS, max_size=6))
def test_options_take_the_words_that_argparse_gives_them(words):
    try:
        expected, others = _oracle().parse_known_args(words)
        values = {**vars(expected), "quiet": TRUTHS[str(getattr(expected, "quiet", True)).lower()]}
    except (argparse.ArgumentError, KeyError):
        others = words
    if others:
        with pytest.raises(UsageError):
            parse(SAME, words, [])
    else:
        assert {"quiet": True, **parse(SAME, words, [])[0]} == values
