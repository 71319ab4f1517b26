"""The console and terminals: what is printed where."""

import io
import json
import logging
import re
import signal

import pytest
from omicsdk.cli.failures import advise, exit_code, lines_of
from omicsdk.cli.github import workflow_command
from omicsdk.cli.output import Console, Output
from omicsdk.cli.progress import ProgressReports, progress_line
from omicsdk.cli.terminal import cells, facts, folded, table, widths
from omicsdk.core import (
    AuthError,
    ConfigError,
    ConnectFailed,
    DiskFull,
    ManualClock,
    MissingExtra,
    NotFound,
    SomeFailed,
    Unauthorized,
    UsageError,
)
from omicsdk.transfer import Progress
from omicsdk.transfer.reports.progress import counted
from user_commands import Terminal


def state(**values) -> Progress:
    usual = {"files": 3, "files_done": 1, "files_failed": 0, "bytes": 100, "bytes_done": 50}
    return Progress(**{"bytes_fetched": 50, "rate": 10.0, "seconds": 5.0} | usual | values)


@pytest.mark.parametrize(
    ("level", "shown"), [("DEBUG", "iwe"), ("INFO", "iwe"), ("WARNING", "we"), ("ERROR", "e"), ("CRITICAL", "")]
)
def test_levels(level, shown):
    console = Console(level, stderr=(err := Terminal()))
    console.message("i")
    console.warning("w")
    console.error("e")
    assert err.getvalue() == "".join(f"omics: {letter}\n" for letter in shown)
    assert console.interactive == (level in ("DEBUG", "INFO"))


def test_a_part_that_failed_ends_with_3():
    console = Console("CRITICAL", stderr=Terminal())
    assert console.exit_code == 0
    console.some_failed("one of two")
    assert console.exit_code == 3


@pytest.mark.parametrize(("limit", "listed", "code"), [(2, 2, 3), (4, 4, 3), (5, 5, 0), (6, 5, 0), (None, 5, 0)])
def test_what_a_limit_leaves_out_is_reported(limit, listed, code):
    console = Console(stderr=(err := Terminal()))
    assert list(console.limited(iter(range(5)), limit, "rows")) == list(range(listed))
    assert console.exit_code == code
    line = f"omics: there are more than {limit} rows; --limit sets how many are listed\n"
    assert err.getvalue() == (line if code else "")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_part_that_failed_is_one_line_whatever_its_name(as_json):
    console = Console(stderr=(err := Terminal()), as_json=as_json)
    console.some_failed("reads\n2.fastq\u2028\x85: no\x1b[31m")
    (line,) = err.getvalue().splitlines()
    assert line.isprintable()
    assert "2.fastq" in line


def test_names_cannot_steer_the_terminal():
    Console(stderr=(err := Terminal())).message("a\x1b[2J\u202e\U000e0001b\nsecond")
    assert err.getvalue() == "omics: a\\x1b[2J\\u202e\\U000e0001b\nomics: second\n"


@pytest.mark.parametrize(
    ("typed", "response"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_questions(typed, response):
    assert Console(stderr=Terminal(), stdin=Terminal(typed)).confirm("Delete it?") == response


@pytest.mark.parametrize(("stdin", "stderr"), [(False, True), (True, False)])
def test_no_prompt_without_a_terminal(stdin, stderr):
    console = Console(stderr=(err := Terminal(tty=stderr)), stdin=Terminal("n\n", tty=stdin))
    assert console.confirm("Delete it?")
    assert err.getvalue() == ""


def test_a_bar_on_a_terminal_and_lines_above_it(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    console = Console(stderr=(err := Terminal()))
    with console.logs("INFO"), console.progress("bundle [red]x") as show:
        assert show is not None
        show(state(files_failed=2))
        logging.getLogger("omicsdk.test").info("https://h/x?X-Amz-Signature=canary")
        console.warning("careful")
    drawn = err.getvalue()
    assert "bundle [red]x" in drawn
    assert "1/3 files, 2 failed" in drawn
    assert "omics: careful\n" in drawn
    assert "omics: https://h/x" in drawn
    assert "canary" not in drawn
    console.message("after")
    assert err.getvalue().endswith("omics: after\n")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"files": None, "unsized": 2, "retries": 4}, "1 files, 4 retries"),
        ({"phase": "waiting", "connections": 0}, "1/3 files, waiting"),
        ({"files_done": 3, "bytes_done": 100, "phase": "over"}, "3/3 files\r"),
    ],
)
def test_the_bar_states_what_is_not_as_usual(monkeypatch, values, words):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with Console(stderr=(err := Terminal())).progress("x") as show:
        show(state(**values))
    assert words in err.getvalue()


@pytest.mark.parametrize("title", ["m.tsv", "3a79cdc9-dc35-4ed6-b6f7-916b6f5c0d12"])
@pytest.mark.parametrize("width", [44, 60, 80, 160])
def test_a_progress_line_fits_into_the_terminal(monkeypatch, width, title):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    with Console(stderr=(err := Terminal())).progress(title) as show:
        show(state(bytes=33_000_000, bytes_done=8_200_000))
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err.getvalue())
    lines = [line for line in re.split(r"[\r\n]", drawn) if "1/3" in line]
    assert lines
    assert all(len(line) <= width and "7.82/31.5 MiB" in line and "1/3 files" in line for line in lines)
    assert all(line.startswith(title[:4]) for line in lines)
    assert all(("━" in line) == (width >= 80) for line in lines)


@pytest.mark.parametrize(
    ("options", "every", "lines"),
    [
        ({"stderr": Terminal(tty=False)}, 60, True),
        ({"stderr": Terminal(), "as_json": True}, 60, True),
        ({"stderr": Terminal()}, 0, False),
        ({"stderr": Terminal(tty=False), "level": "WARNING"}, 0, False),
    ],
)
def test_progress_is_a_line_a_minute_where_no_bar_is_drawn(monkeypatch, options, every, lines):
    reports: list[ProgressReports] = []

    class Noted(ProgressReports):
        def __init__(self, *args):
            super().__init__(*args)
            self.every = args[0]
            reports.append(self)

    monkeypatch.setattr("omicsdk.cli.progress.ProgressReports", Noted)
    console = Console(**options)
    title = f"Copy https://h/x?X-Amz-Signature=canary {'a.bam ' * 100}"
    with console.progress(title) as show:
        show(state(phase="waiting", retries=2))
        reports[0].report()
    assert reports[0].every == every
    drawn = options["stderr"].getvalue()
    assert "canary" not in drawn
    if options.get("as_json"):
        (line,) = map(json.loads, drawn.splitlines())
        fields = line["fields"]
        assert (line["logger"], fields["files_done"], fields["bytes"], fields["phase"]) == (
            *("omics.progress", 1, 100),
            "waiting",
        )
    elif lines:
        assert drawn.startswith("omics: Copy https://h/x")
        assert len(drawn) < 200
        assert "1 of 3 files, 50 B of 100 B, " in drawn
        assert drawn.endswith(" left, 2 retries, waiting\n")
        assert drawn.isprintable() or drawn.count("\n") == 1
    else:
        assert "1 of 3 files" not in drawn


def test_a_chosen_interval_replaces_the_bar_and_0_is_silence():
    for every in (5, 0):
        with Console(stderr=(err := Terminal())).progress("x", every=every) as show:
            show(state())
        assert err.getvalue() == ""


def test_the_rate_is_that_since_the_last_report_and_bytes_are_those_of_all_transfers_of_a_command():
    clock, seen = ManualClock(), list[Progress]()
    reports = ProgressReports(0, lambda state, _: seen.append(state), clock)
    for fetched, final in ((600, False), (1000, True), (500, False)):
        reports(state(bytes_fetched=fetched, final=final))
        clock.sleep(10)
        reports.report()
    assert [(report.bytes_fetched, report.rate, report.seconds) for report in seen] == [
        (600, 60, 10),
        (1000, 40, 20),
        (1500, 50, 30),
    ]
    assert [(report.phase, report.final) for report in seen] == [
        ("moving", False),
        ("finishing", False),
        ("moving", False),
    ]


def test_copies_within_a_platform_are_counted_and_estimated_by_their_number():
    clock, seen = ManualClock(), list[Progress]()

    def results():
        for result in ("copied", NotFound("gone", status=404), None, "copied"):
            clock.sleep(10)
            yield result

    assert len([*counted(results(), [5, 6, 7, None], seen.append, clock)]) == 4
    assert [(report.files_done, report.files_failed, report.bytes_done) for report in seen] == [
        (1, 0, 5),
        (1, 1, 5),
        (1, 1, 5),
        (2, 1, 5),
    ]
    assert (seen[1].files, seen[1].bytes, seen[1].remaining) == (4, 12, 20)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no SIGUSR1")
def test_sigusr1_prints_a_line_at_once_and_ends_nothing():
    with Console("ERROR", stderr=(err := Terminal(tty=False))).progress("Copy") as show:
        show(state())
        signal.raise_signal(signal.SIGUSR1)
    assert err.getvalue().startswith("omics: Copy: 1 of 3 files, ")
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


def test_github_actions_gets_groups_and_annotations(monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console = Console(stderr=(err := Terminal(tty=False)))
    with console.progress("Copy 100%") as show:
        show(state())
    console.message("done")
    console.warning("a,b: 5 %\nsecond\x1b")
    console.error("x")
    with console.logs("INFO"):
        logging.getLogger("omicsdk.x").info("one")
        logging.getLogger("omicsdk.x").warning("https://x.example.org/?token=secret is slow\nsecond")
    assert err.getvalue().splitlines() == [
        "::group::Copy 100%25",
        "::endgroup::",
        "omics: done",
        r"::warning title=omics::a,b: 5 %25%0Asecond\x1b",
        "::error title=omics::x",
        "omics: one",
        "::warning title=omics::https://x.example.org/?token=*** is slow%0Asecond",
    ]
    assert workflow_command("error", "t", title="a,b: 5 %\r") == "::error title=a%2Cb%3A 5 %25%0D::t"


def test_logs_are_shown_for_as_long_as_the_command_runs():
    logger = logging.getLogger("omicsdk")
    with Console(stderr=Terminal()).logs("INFO"):
        pass  # the first one of the process also gives the logger its own handler
    before = (list(logger.handlers), logger.level, logger.propagate)
    with Console(stderr=(err := Terminal())).logs("INFO"):
        logging.getLogger("omicsdk.x").info("one")
        logging.getLogger("omicsdk.x").debug("two")
    logging.getLogger("omicsdk.x").warning("three")
    assert err.getvalue() == "omics: one\n"
    assert (list(logger.handlers), logger.level, logger.propagate) == before


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigError("x"), 2),
        (MissingExtra("sandbox", "x"), 2),
        (AuthError("x"), 4),
        (NotFound("x", status=404), 1),
        (ConnectFailed("x"), 1),
        (DiskFull("x"), 1),
        (SomeFailed("x"), 3),
        (PermissionError(13, "Permission denied", "/x"), 1),
        (ZeroDivisionError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_code_and_one_line(error, code):
    assert exit_code(error) == code
    (line,) = lines_of(error, "omics dss get-bundle")
    assert line.startswith("omics: ")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("where", "remedy"),
    [
        ("omics ls", "For a web server, write its login into ~/.netrc: machine HOST login USER password PASSWORD."),
        ("omics sb files ls", "Authentication token on the platform's page."),
        ("omics dss get-bundle", "set OMICS_DSS_TOKEN, or pass --access-token."),
        ("omics own get-thing", "set OMICS_OWN_TOKEN, or pass --access-token."),
    ],
)
def test_a_login_that_is_not_taken_states_what_that_platform_wants(where, remedy):
    error = Unauthorized("no", status=401)
    advise(error, where)
    (line,) = lines_of(error, where)
    assert line.endswith(remedy)


def test_a_file_command_states_how_to_log_in_to_the_platform_of_the_request(monkeypatch):
    monkeypatch.setenv("GEN3_ENDPOINT", "http://127.0.0.1:8")
    monkeypatch.setenv("SB_API_ENDPOINT", "http://127.0.0.1:8/sb/v2")
    monkeypatch.setenv("SB_AUTH_TOKEN", "stale")
    error = Unauthorized("no", status=401, url="http://127.0.0.1:8/sb/v2/projects?limit=100")
    advise(error, "omics ls")
    assert error.remedy.startswith("Run `omics login sb`.")


def test_a_batch_states_each_error_once_and_no_more_than_a_hundred():
    errors = [NotFound(f"file {number}", status=404) for number in range(150)]
    lines = lines_of(SomeFailed(f"150 of 200 files failed: {errors[0]}; {errors[1]}", errors))
    assert len(lines) == 102
    assert lines[100] == "omics: and 50 more"
    assert lines[101].startswith("omics: 150 of 200 files failed. Run the same command again")


def test_no_bar_is_drawn_before_something_moves(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    console = Console(stderr=(err := Terminal()))
    with console.progress("x"):
        console.message("looked up")
    assert err.getvalue() == "omics: looked up\n"


ROWS = [["reads.fastq", "1.5 MiB"], ["ünï", "3 B"]]


def test_a_table_has_its_names_above_a_line():
    assert table(["name", "size"], ROWS, [11, 7]) == [
        " name          size",
        "───────────────────────",
        " reads.fastq   1.5 MiB",
        " ünï           3 B",
    ]
    assert table([], ROWS, [11, 7])[0] == " reads.fastq   1.5 MiB"
    assert table(["name"], [["a"]], [4], coloured=True)[0] == "\x1b[1m name\x1b[0m"
    assert table(["name"], [["a"]], [4], rule="-")[1] == "------"


def test_columns_are_as_wide_as_their_widest_cell_where_a_terminal_has_room():
    assert widths(["name", "size"], ROWS, 80) == [11, 7]
    assert widths([], [["a"], ["bc", "d"]], 80) == [2, 1]
    assert widths([], [], 80) == []


def test_cells_without_room_are_folded():
    names, rows = ["name", "what"], [["n", "one two three four five six"]]
    lines = table(names, rows, widths(names, rows, 20))
    assert lines[2:] == [" n      one two", "        three four", "        five six"]
    assert max(map(cells, lines)) <= 20
    assert widths(["a", "b"], [["x" * 10**7, "y" * 30]], 80) == [45, 30]


def test_a_title_without_room_is_cut_off_and_not_left_out(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    def shown(columns: int, declared: tuple[str, ...] = ("id", "title")) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")
        rows = [
            {"id": "x" * 20, "title": "Phage lambda leaves its host, and 日本語 words", "organism": "Escherichia coli"},
            {"id": "y", "title": "Short", "organism": None},
        ]
        Output("table", stdout=(stream := Terminal())).result(rows, declared=declared)
        return [line for line in stream.getvalue().splitlines() if line.startswith((" x", " y", " …", "Not"))]

    assert shown(60) == [
        f" {'x' * 20}   Phage lambda leaves its host, and…",
        " y                      Short",
        "Not shown: organism. Choose with --columns, or use --output",
    ]
    assert shown(55)[0] == f" {'x' * 20}   Phage lambda leaves its host,…"
    assert shown(70)[0] == f" {'x' * 20}   Phage lambda leaves its h…   Escherichia coli"
    assert shown(41)[0] == f" {'x' * 20}   Escherichia coli"
    assert shown(2, ("title", "id")) == [" …", " …"]  # without room even for a character
    assert shown(100)[0] == f" {'x' * 20}   Phage lambda leaves its host, and 日本語 words   Escherichia coli"


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("ก\u0e47", 1), ("❤\ufe0f", 1), ("a\u200db", 2), ("", 0)],
)
def test_wide_and_combining_characters_take_what_terminals_give_them(text, width):
    assert cells(text) == width


def test_texts_are_broken_between_words_and_within_long_ones():
    assert folded("one two", 5) == ["one", "two"]
    assert folded("abcdefg", 3) == ["abc", "def", "g"]
    assert folded("日本語", 4) == ["日本", "語"]
    assert folded("", 4) == [""]


def test_facts_continue_below_their_beginning():
    assert facts({"id": "7", "title": "one two three"}, 14) == ["id     7", "title  one two", "       three"]


def progress(**values: object) -> Progress:
    usual = {"files": 3, "files_done": 1, "files_failed": 0, "bytes": 1 << 22, "bytes_done": 1 << 21}
    return Progress(**{"bytes_fetched": 1 << 21, "rate": 2.0**20, "seconds": 2.0} | usual | values)


def test_a_progress_line_has_sizes_and_rates_in_one_unit_system():
    line = progress_line("run.bin", progress(), 100)
    assert line.startswith("run.bin  ━━━━━━━━━━")
    assert line.endswith("╌  2.00/4.00 MiB  1.00 MiB/s  2.0 s       1/3 files")
    assert "2.00/4.00 GiB" in progress_line("x", progress(bytes=1 << 32, bytes_done=1 << 31), 100)
    assert "512 KiB/4.00 MiB" in progress_line("x", progress(bytes_done=1 << 19), 100)
    assert "#" in progress_line("run.bin", progress(), 100, plain=True)


def test_without_a_known_end_there_is_no_bar():
    line = progress_line("x", progress(files=None, files_done=2, rate=0.0), 100)
    assert line == "x  2.00 MiB  0 B/s  2 files"
