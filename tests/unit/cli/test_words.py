"""Which command words refer to, what may stand where, and what is reported when it does not."""

import argparse
import re
import shlex
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.cli.arguments import flags, general_options, global_arguments, split_globals, value
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.mistakes import did_you_mean
from omicsdk.cli.parser import TRUTHS, parse
from omicsdk.cli.program import CommandNode
from omicsdk.cli.topics import ARCHIVES, TOPICS, archive
from omicsdk.core import UsageError
from omicsdk.fs.uris import STORES

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
    assert parse(COMMAND, ["-q and more"], GLOBALS)[0] == {"paths": ["-q and more"]}


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
    ("words", "message"),
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
def test_usage_errors_are_one_line_and_2(omics, widgets, words, message):
    ran = omics(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message.replace("'many' See", "'many'. See") in ran.err
    assert widgets.requests == []


def test_letters_of_flags_may_stand_together(omics, widgets):
    helped = omics("widgets", "get-widgets", "-qh")
    assert (helped.code, widgets.requests) == (0, [])
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
    ("words", "message"),
    [
        ("a b", "NAMES is required"),
        ("a", "NAMES and FILE are required"),
        ("a b c --lable x", "unknown option --lable"),
    ],
)
def test_words_that_are_missing_or_unknown_are_reported(words, message):
    with pytest.raises(UsageError, match=message):
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
    assert widgets.requests == []


def test_help_wins_over_what_is_missing(omics):
    ran = omics("widgets", "get-widget", "--uuid", "--help")
    assert ran.code == 0
    assert ran.out == omics("help", "widgets", "get-widget").out


POOL = [
    "", "é\udc80\x1b[2J", "widgets", "store", "api", "shelves", "help", "completion", "config", "list", "dss",
    "bash", "get-widget", "get-widgets", "put-widget", "delete-widget", "get-clash", "download", "--", "-", "-h",
    "--help", "--version", "--output", "json", "tsv", "--output=jsonl", "--query", "a.b", "--yes", "--debug=1",
    "--log-level", "--uuid", "u", "--uuid=", "..", "--replica", "aws", "--presignedurls", "true", "--files", "{}",
    "[1", "--size", "-3", "--dry-run", "--no-paginate", "--reason", "--per-page", "-x", "---", "--=", "%s",
    "@nofile", "@",
]  # fmt: skip


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
        "-q", "--quiet", "--quiet=true", "-f", "-qf", "-qtx", "-tx", "-t", "-t=a=b", "--target-filename",
        "--target-filename=", "--columns", "--columns=a", "--header", "-H", "-HA: b", "a", "true", "-1", "-1.5", "-",
        "", "-x y", "--x", "-z", "a=b",
    ]
)  # fmt: skip


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


def test_general_options_state_their_values():
    options = {option["name"]: option for option in general_options()}
    assert options["output"].get("choices") == ["json", "jsonl", "table", "tsv"]
    levels = options["log-level"]
    assert (levels.get("choices"), levels.get("default")) == (["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], "INFO")
    texts = [option.get("help", "") for option in options.values()]
    assert [text for text in texts if text[-1:] not in (".", ")") or text.endswith("..")] == []


def test_a_command_leaves_spellings_free_that_it_has_for_options():
    quiet, short = {"name": "quiet", "short": "-q"}, {"name": "q", "short": "-q", "also": ["--quality"]}
    assert (flags(quiet), flags(short)) == (["-q", "--quiet"], ["-q", "--quality"])
    assert global_arguments([{"name": "quiet", "positional": True}], [quiet]) == [quiet]
    assert global_arguments([short], [quiet]) == [{"name": "quiet"}]
    assert global_arguments([{"name": "quiet"}], [quiet]) == [{"name": "q", "short": "-q"}]


def test_options_of_a_service_before_a_command_have_their_values():
    site = value("site", "A site.")
    assert split_globals(["--site", "x"], [], [site]) == ([], ["--site", "x"], [])
    assert split_globals(["--site=x", "ls", "--all"], [], [site]) == ([], ["--site=x"], ["ls", "--all"])
    with pytest.raises(UsageError, match="--site: expected one argument"):
        split_globals(["--site"], [], [site])


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["dsss"], "Did you mean dss?"),
        (["DSS"], "Did you mean dss?"),
        (["dotcor"], "Did you mean doctor?"),
        (["download-manifest"], "Did you mean omics dss download-manifest?"),
        (["dss", "download-manifst"], "Did you mean download-manifest?"),
        (["sb", "fiels", "ls"], "Did you mean files?"),
        (["sb", "files", "uplaod"], "Did you mean upload?"),
        (["dss", "download", "--bundle-uid", "x"], "Did you mean --bundle-uuid?"),
        (["dss", "download", "--bundle_uuid", "x"], "Did you mean --bundle-uuid?"),
        (["--outptu", "json", "dss"], "Did you mean --output?"),
        (["--output", "jsno", "config", "list"], "Did you mean json?"),
        (["completion", "bsh"], "Did you mean bash?"),
        (["completion", "ZSH"], "Did you mean zsh?"),
        (["doctor", "gen"], "Did you mean gen3?"),
        (["dss", "download", "--bundle-uuid", "x", "--replica", "asw"], "Did you mean aws?"),
        (["help", "credential"], "Did you mean credentials?"),
        (["help", "Exit-Codes"], "Did you mean exit-codes?"),
        (["help", "topic"], "Did you mean topics?"),
        (["help", "dsss"], "Did you mean dss?"),
        (["help", "nothing"], "See: omics --help, or omics help topics"),
        (["topics"], "Did you mean omics help topics?"),
        (["dowload"], "Did you mean omics get or omics dss download"),
        (["ls-remote"], "Did you mean omics ls?"),
        (["version"], "Did you mean omics --version"),
        (["head", "a.csv"], "Did you mean omics cat?"),
        (["search"], "search: WORDS is required."),
        (["get", "x", "--to"], "--to: expected one argument. See: omics get --help"),
        (["get", "x", "--to", "-y"], "Use a value that begins with a dash with an equals sign"),
        (["get", "Lake et al", "--to", "x"], "for words, search first: omics search 'Lake et al'."),
        (["get", "PREJB1", "--to", "x"], "Name a list of files, an accession, a URI or a URL. See"),
        (["remove", "x"], "To undo omics add, delete its table in omics.toml. omics rm removes files permanently."),
        (["login", "gdc", "--token-file", "x"], "Did you mean --credentials-file?"),
        (["gdc", "download"], "Did you mean omics help gdc?"),
        (["sb", "get-current-user"], "Did you mean omics sb api get-current-user?"),
        (["sb", "projects", "list"], "Did you mean omics sb projects ls?"),
        (["sb", "upload", "a.bam"], "Did you mean omics sb files upload?"),
        (["sb", "whoami"], "Did you mean omics whoami?"),
        (["gen3", "upload-multiple"], "Did you mean omics gen3 upload?"),
        (["upload", "a.bam", "s3://bucket/"], "Did you mean omics cp?"),
        (["s3", "sync", "a", "b"], "Did you mean omics cp?"),
        (["cp", "a", "--to", "b"], "The target is the last argument."),
        (["get", "--output-dir", "x"], "Did you mean --to?"),
        (["rm", "-R", "x"], "Did you mean --recursive?"),
        (["cp", "-y", "a", "b"], "Did you mean --yes?"),
        (["rm", "-v", "a"], "Did you mean --debug?"),
        (["get", "--json", "a"], "Did you mean --output json?"),
        (["sync", "-c", "a", "b"], "Did you mean --compare checksum?"),
        (["sb", "files", "download", "sb://a/b", "-d", "x"], "Did you mean --download-dir?"),
        (["cp", "--files-from", "list", "a/"], "omics get LIST --to FOLDER"),
        (["mv", "-r", "a", "b"], "Folders are moved without an option."),
        (["du", "-s", "a"], "Folders are summed without an option."),
        (["gen3", "configure"], "Did you mean omics login gen3 --credentials-file FILE?"),
        (["get", "--sse-c-key-file", "a"], "It is an option of omics "),
        (["drs", "get", "--exclude", "a"], "It is an option of omics "),
        (["cp", "--overwrite", "a", "b"], "Existing files are replaced without an option; --no-clobber skips them."),
        (["get", "a", "—-to", "b"], "—-to: — is no dash of options. Write --to."),
        (["help", "phs000178"], "phs000178 is not at an archive that omics downloads from. It is of dbGaP"),
        (["help", "dbgap"], "It is of dbGaP: apply there"),
        (["get", "--tu", "a"], "Did you mean --to?"),
        (["sb", "projects", "create", "--name", "X"], "unknown option --name. Did you mean NAME?"),
        (["dss", "download", "--name", "X"], "unknown option --name. See: omics dss download --help"),
    ],
)
def test_what_was_meant_is_named(omics, words, meant):
    ran = omics(*words, installed=True)
    assert (ran.code, ran.out) == (2, "")
    assert meant in ran.err


@pytest.mark.parametrize("word", ["x", "qqqqqq", "", "install", "--exclude"])
def test_nothing_is_made_up(word):
    assert did_you_mean(word, ["download", "upload", "init", "--output", "--include"]) == ""


@pytest.mark.parametrize("name", [*TOPICS, *ARCHIVES, "topics"])
def test_a_topic_has_help(omics, name):
    ran = omics("help", name, installed=True)
    assert (ran.code, ran.err) == (0, "")
    title = {**TOPICS, **ARCHIVES, "topics": ("Topics",)}[name][0]
    assert " ".join(ran.out.split()).startswith(title)
    assert all(len(line) <= 80 or line.startswith("    ") for line in ran.out.splitlines())


@pytest.mark.parametrize("word", ["gdc", "TCGA", "sra", "hca", "anvil", "PRIDE"])
def test_an_archive_alone_shows_its_help(omics, word):
    assert omics(word, installed=True) == omics("help", archive(word), installed=True)


def test_examples_of_archives_can_be_typed():
    lines = [line for _, text in ARCHIVES.values() for line in text.splitlines() if line.startswith("    ")]
    assert len(lines) > 10
    for line in lines:
        _, *words = shlex.split(line)
        node = None
        while not isinstance(node, CommandNode):
            node = Catalog().follow(node, words)
        if "--help" not in words:
            parse(node.command, words, GLOBALS)


def test_the_topic_of_exit_codes_has_those_of_the_manual(omics):
    page = (Path(__file__).parents[3] / "docs" / "building" / "error_page.py").read_text(encoding="utf-8")
    text = " ".join(omics("help", "exit-codes").out.split())
    assert re.findall(r"- (\d+):", text) == re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert "limit left items out" in page
    assert "--limit left items out" in text


def test_topics_are_found_from_the_help(omics):
    assert "omics help topics" in omics("--help", installed=True).out
    listed = omics("help", "topics").out
    assert all(f"- {name}: " in listed for name in TOPICS)
    assert omics("help", "excel").out == omics("help", "lists").out
    assert omics("help", "resume").out == omics("help", "downloads").out
    assert omics("help", "uris").out == omics("help", "files").out
    assert "unknown" in omics("help", "credntials").err


def test_the_topic_of_files_has_a_form_of_each_scheme(omics):
    forms = set(re.findall(r"^- (\w+)://", omics("help", "files").out, re.MULTILINE))
    assert forms == set(STORES) - {"file", "http", "https"}


def test_the_place_of_other_tools_is_suggested_where_a_command_has_one(omics):
    assert "Did you mean --to?" in omics("get", "SRR1553607", "-o", "reads").err
    assert "Did you mean --output?" in omics("ls", ".", "-o", "json").err


@pytest.mark.parametrize(
    "words", [("ls", "PRJEB1"), ("stat", "PRJEB1"), ("cp", "PRJEB1", "x"), ("verify", "PRJEB1", "x")]
)
def test_an_accession_in_the_place_of_a_path_points_to_get(omics, words):
    err = omics(*words, installed=True).err
    assert "It names data of an archive: omics get PRJEB1 --to FOLDER" in err
    assert "--dry-run lists its files, and which of them FOLDER lacks" in err


def test_a_command_of_the_group_above_is_suggested(omics):
    assert "Did you mean omics azul get?" in omics("azul", "projects", "get", "X", installed=True).err


def test_files_of_several_folders_are_listed_by_their_paths_and_found_ones_aligned_left(omics, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("one/a.txt", "other/long name.txt"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("x")
    listed = omics("ls", "one", "other", tty=True).out.splitlines()
    assert [line.split("  ")[-1] for line in listed] == ["one/a.txt", "other/long name.txt"]
    assert omics("find", "one", "other", tty=True).out.splitlines() == ["one/a.txt", "other/long name.txt"]
