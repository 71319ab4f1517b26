"""Help texts: what they hold, and how they fit a width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.catalog import Catalog
from omicsdk.cli.help import command_help, placeholder, wrapped
from omicsdk.cli.program import CommandNode

TEXT = st.text(alphabet=st.sampled_from("ab %{}'\"\\\n-`|$ "), max_size=200)


def test_a_command_shows_every_argument_with_what_it_takes(omics):
    out = omics("widgets", "get-widget", "--help").out
    assert out.startswith(
        "Usage: omics widgets get-widget --uuid UUID --replica {aws,gcp} [options]\n\nGive one widget.\n"
    )
    for part in ("Required:\n  --uuid UUID", "--presignedurls[=true|false]", "--version TEXT", "--token TOKEN"):
        assert part in out
    assert "--version" not in out.rpartition("Global options")[2]


@pytest.mark.parametrize(
    ("argument", "noun"),
    [
        ({"name": "version", "type": "string", "format": "DSS_VERSION"}, "TIMESTAMP"),
        ({"name": "src_dir", "type": "string"}, "FOLDER"),
        ({"name": "per_page", "type": "integer"}, "N"),
        ({"name": "timeout_seconds", "type": "number"}, "SECONDS"),
        ({"name": "details", "type": "object"}, "JSON"),
        ({"name": "manifest", "type": "string", "metavar": "TSV"}, "TSV"),
        ({"name": "project", "type": "string"}, "TEXT"),
        ({"name": "tags", "type": "array", "items": "string"}, "TEXT ..."),
        ({"name": "is_public", "type": "boolean", "in": "body"}, "[=true|false]"),
        ({"name": "no_data", "type": "boolean", "default": False}, ""),
    ],
)
def test_a_value_is_a_type_or_a_noun_and_a_switch_has_none(argument, noun):
    assert placeholder(argument) == noun


def test_usage_marks_words_that_may_be_left_out():
    words = [{"name": "source", "positional": True, "required": True}, {"name": "target", "positional": True}]
    found = CommandNode(Catalog(), ["x"], None, {"command": "x", "parameters": words})
    assert command_help(found, 80).startswith("Usage: omics x SOURCE [TARGET]\n")


@pytest.mark.parametrize("words", [(), ("widgets",), ("widgets", "get-widget"), ("sandbox", "up")])
def test_help_may_stand_before_any_of_the_words(omics, words):
    expected = omics(*words, "--help").out
    for at in range(len(words) + (1 if len(words) < 2 else 0)):
        assert omics(*words[:at], "help", *words[at:]).out == expected


def test_help_on_what_does_not_exist_reports_it(omics):
    ran = omics("widgets", "help", "get-wigdet")
    assert ran.code == 2
    assert "widgets: unknown command 'get-wigdet'. Did you mean get-widget?" in ran.err


def test_percent_signs_and_defaults_are_shown(omics):
    out = omics("widgets", "get-widgets", "--help").out
    assert "100% of the time" in out
    assert "How many a page, %d. Default: 2." in out
    assert "\n\n- one\n- two\n" in out
    assert "--no-paginate" in out


def test_a_default_of_signs_is_shown_without_a_full_stop(omics):
    lines = omics("dtp", "download", "--help", installed=True).out.splitlines()
    assert any(line.endswith("Default: .") for line in lines)


@pytest.mark.parametrize("words", [("dss", "download"), ("gen3", "download"), ("cp",), ("sync",)])
def test_how_long_a_server_is_waited_for_is_in_the_help_of_transfers(omics, words):
    out = omics(*words, "--help", installed=True).out
    for option in (
        "--min-rate",
        "--stall-timeout",
        "--renewals",
        "--max-wait",
        "--time-budget",
        "--resume-unvalidated",
    ):
        assert f"  {option}" in out
    assert "--require-checksum" in out


def test_the_first_page_is_short_and_all_has_the_rest(omics):
    page, everything = (omics(*words, installed=True).out for words in (("--help",), ("help", "--all")))
    lines = page.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80
    assert all(any(f"  {word} " in line for line in lines) for word in ("get", "ls", "azul", "codegen", "login"))
    assert all(name in page for name in ("GDC", "ENA", "SRA", "Terra", "HCA"))
    assert "Do nothing" not in page
    assert {"  clear-hca-cache", "  --call-timeout TIME", "  mcp"} <= {
        line[:26].rstrip() for line in everything.splitlines()
    }


def test_how_long_a_call_is_waited_for_is_in_the_help(omics):
    out = omics("--help", "--all").out
    assert "  --call-timeout" in out
    assert "  --call-budget" in out


def test_deleting_commands_show_dry_run(omics):
    assert "--dry-run" in omics("widgets", "delete-widget", "--help").out
    assert "--dry-run" not in omics("widgets", "put-widget", "--help").out


def test_a_service_lists_workflows_and_operations(omics):
    out = omics("widgets", "--help").out
    assert (
        out.index("Workflows:") < out.index("  download-manifest") < out.index("Operations:") < out.index("  get-blob")
    )


@given(TEXT, TEXT, st.integers(20, 100))
def test_any_text_is_shown_within_the_width(summary, text, width):
    argument = {"name": "x", "type": "string", "help": text}
    command = {"command": "c", "summary": summary, "description": text, "parameters": [argument]}
    shown = command_help(CommandNode(Catalog(), ["s", "c"], "s", command), width)
    for line in shown.splitlines():
        # What Markdown marks as code stays as it is.
        assert (
            len(line) <= width
            or line.startswith(("    ", "|"))
            or " " not in line.strip()
            or "|" in line
            or "```" in text
        )


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=12)), st.integers(5, 40))
def test_wrapping_loses_no_word(words, width):
    lines = wrapped(words, width)
    assert " ".join(lines).split() == words
    assert all(len(line) <= width or " " not in line for line in lines)


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ("72", 72),
        ("40", 40),
        ("10", 20),
        ("0", 80),
        ("1000", 100),
        ("nonsense", 80),
        ("", 80),
        ("²", 80),
        ("9" * 5000, 80),
    ],
)
def test_the_width_is_the_terminals_within_reason(monkeypatch, columns, width):
    from omicsdk.cli.help import terminal_width

    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("os.get_terminal_size", lambda _: (_ for _ in ()).throw(OSError))
    assert terminal_width() == width


def test_a_narrow_terminal_has_explanations_below(omics, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    for words in ((), ("widgets",), ("widgets", "get-widget")):
        out = omics(*words, "--help").out
        assert [line for line in out.splitlines() if len(line) > 40 and not line.startswith("  --")] == []
    assert "\n  --replica {aws,gcp}\n" in out
    title, _, text = omics("help", "credentials").out.partition("\n\n")
    assert max(map(len, title.splitlines())) <= 40
    assert text.startswith("omics init shows the credentials of each")
    assert "\n      JMESPath expression that selects\n" in omics("--help", "--all").out
