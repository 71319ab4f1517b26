"""Drawing on a terminal: tables, facts, a progress line."""

import io

import pytest
from omicsdk.cli.output import Output
from omicsdk.cli.progress import progress_line
from omicsdk.cli.terminal import cells, facts, folded, table, widths
from omicsdk.transfer import Progress

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

    def shown(columns: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")
        rows = [
            {"id": "x" * 20, "title": "Phage lambda leaves its host, and 日本語 words", "organism": "Escherichia coli"},
            {"id": "y", "title": "Short", "organism": None},
        ]
        Output("table", stdout=(stream := Terminal())).result(rows, declared=("id", "title"))
        return [line for line in stream.getvalue().splitlines() if line.startswith((" x", " y", "Not"))]

    assert shown(60) == [
        f" {'x' * 20}   Phage lambda leaves its host, and…",
        " y                      Short",
        "Not shown: organism. Choose with --columns, or use --output",
    ]
    assert shown(55)[0] == f" {'x' * 20}   Phage lambda leaves its host,…"
    assert shown(70)[0] == f" {'x' * 20}   Phage lambda leaves its h…   Escherichia coli"
    assert shown(41)[0] == f" {'x' * 20}   Escherichia coli"
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


def state(**values: object) -> Progress:
    usual = {"files": 3, "files_done": 1, "files_failed": 0, "bytes": 1 << 22, "bytes_done": 1 << 21}
    return Progress(**{"bytes_fetched": 1 << 21, "rate": 2.0**20, "seconds": 2.0} | usual | values)


def test_a_progress_line_has_sizes_and_rates_in_one_unit_system():
    line = progress_line("run.bin", state(), 100)
    assert line.startswith("run.bin  ━━━━━━━━━━")
    assert line.endswith("╌  2.00/4.00 MiB  1.00 MiB/s  2.0 s       1/3 files")
    assert "2.00/4.00 GiB" in progress_line("x", state(bytes=1 << 32, bytes_done=1 << 31), 100)
    assert "512 KiB/4.00 MiB" in progress_line("x", state(bytes_done=1 << 19), 100)
    assert "#" in progress_line("run.bin", state(), 100, plain=True)


def test_without_a_known_end_there_is_no_bar():
    line = progress_line("x", state(files=None, files_done=2, rate=0.0), 100)
    assert line == "x  2.00 MiB  0 B/s  2 files"
