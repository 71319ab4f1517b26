"""The report as a page: it needs nothing else, tells the worst first, and no name of a file can become a part of it."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NotFound, TransferError
from omicsdk.core.sizes import size_words
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.reports import page as module
from omicsdk.transfer.reports.page import page_of, plot_of
from omicsdk.transfer.reports.progress import Throughput, visible
from omicsdk.transfer.reports.units import time_words

VOID = {"meta", "wbr"}
HOSTILE = "<script>alert(1)</script>\"' onload=x &amp; </bdi></style>\u202egnp.exe\x1b[31m\ud800\n/../a"


class Page(HTMLParser):
    """Elements, attributes and texts; fails when an element is not closed in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.attributes, self.texts = [], [], [], {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID and tag != "path":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)


def text_of(report):
    return "".join(page_of(report.summary(), report.outcomes, report.throughput))


def report_of(*outcomes, **values):
    curve = Throughput()
    for second in range(20):
        curve.record(second + 1, 1000 * (second % 7))
    return TransferReport(outcomes, 20.0, throughput=curve, began=1_600_000_000.0, **values)


def failed(name, **values):
    return Outcome(name, "failed", error=NotFound("no such file", status=404), attempts=2, **values)


def test_it_needs_nothing_else():
    text = text_of(report_of(failed("a"), Outcome("b", "done", 5, retries=1), title="Download"))
    page = Page(text)
    assert page.elements.count("script") == 1  # data, not code
    assert ("type", "application/json") in page.attributes
    assert not {"src", "href", "srcset", "action"} & {name for name, _ in page.attributes}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "url(" not in text
    assert "@import" not in text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert ("content", "width=device-width, initial-scale=1") in page.attributes
    assert "prefers-color-scheme:dark" in text


def test_the_summary_can_be_read_by_machines():
    report = report_of(failed("a"), title="</script><b>")
    page = Page(text_of(report))
    (data,) = page.texts["script"]
    assert json.loads(data) == report.summary()


def test_failures_come_before_files_with_cause_and_remedy():
    text = text_of(
        report_of(Outcome("right", "done", 5), failed("wrong"), Outcome("slow", "done", 5, seconds=9, retries=3))
    )
    headings = Page(text).texts["h2"]
    assert headings == ["Totals", "Throughput", "Failures", "Slowest", "Most retried", "All files"]
    assert "1 of 3 files failed" in text
    assert "1 file failed: NotFound 1." in text
    assert "no such file (404)" in text
    assert "Check the identifier" in text
    assert text.count("Check the identifier") == 1
    assert "2020-09-13 12:26:40 UTC</time>, 20 s" in text


@pytest.mark.parametrize(
    ("outcomes", "verdict", "headings"),
    [
        ([], "Nothing to do", ["Totals", "Throughput"]),
        (
            [Outcome("a", "skipped", 1, verification="verified")],
            "Every file is complete and verified",
            ["Totals", "Throughput", "All files"],
        ),
        (
            [Outcome("a", "done", 1, verification="verified"), Outcome("b", "done", 1, verification="size only")],
            "Every file is complete, not every one is verified: 1 verified, 1 size only",
            ["Totals", "Throughput", "All files"],
        ),
        (
            [Outcome("a", "stopped", 1)],
            "Ended early: it was stopped, 1 file left",
            ["Totals", "Throughput", "All files"],
        ),
    ],
)
def test_what_is_stated_first(outcomes, verdict, headings):
    page = Page(text_of(report_of(*outcomes)))
    assert page.texts["p"][0] == verdict
    assert page.texts["h2"] == headings


def test_a_dry_run_is_reported_as_one():
    outcomes = [Outcome("a", "skipped", 1), Outcome("b", "planned", 5, plan="fetch 5 bytes")]
    page = Page(text_of(report_of(*outcomes)))
    assert page.texts["p"][0] == "Dry run: 1 file would be transferred"
    assert "fetch 5 bytes" in page.texts["td"]
    assert "Planned" in page.texts["dt"]


def test_a_file_is_called_as_messages_call_it():
    outcome = failed("store/3f2b", label="reads.fastq.gz (file 3f of https://h/x?sig=canary)")
    text = text_of(report_of(outcome))
    assert "reads.fastq.gz (file 3f of https://h/x" in text
    assert "store/<wbr>3f2b" in text
    assert "canary" not in text


def test_why_it_was_stopped():
    page = Page(text_of(report_of(Outcome("a", "done", 1), why_stopped="the time budget of 5 s is over")))
    assert page.texts["p"][0] == "Ended early: the time budget of 5 s is over"


def test_it_has_one_mean_rate_that_is_bytes_by_seconds():
    report = report_of(Outcome("a", "done", 30_000, 30_000, checksums={"sha256": "0"}, verification="verified"))
    text = text_of(report)
    assert report.throughput.total != 30_000  # the curve may have seen other bytes, or less time
    assert text.count(f"{size_words(30_000 / 20)}/s") == 3  # the totals, the plot and its description
    assert len(set(re.findall(r"On average ([^,]*),", text))) == 1


def test_it_states_the_folder_and_how_files_were_verified():
    outcomes = [
        Outcome("deep/a", "done", 1, checksums={"sha256": "0"}, verification="verified"),
        Outcome("b", "skipped", 1, checksums={"sha256": "1"}, verification="verified"),
        Outcome("c", "done", 1, checksums={"md5": "2", "crc32c": "3"}, verification="verified"),
        Outcome("d", "done", 1, checksums={"md5": "4"}, verification="size only"),
        failed("e"),
    ]
    page = Page(text_of(report_of(*outcomes, target="/data/reads")))
    assert "In " in page.texts["p"]
    assert page.texts["bdi"][:3] == ["/", "data/", "reads"]
    assert "Verified by sha256 (2 files); md5, crc32c (1 file)" in page.texts["p"]


def test_a_report_without_a_folder_states_none():
    assert "In " not in Page(text_of(report_of(Outcome("a", "done", 1)))).texts["p"]


def test_a_transfer_that_moved_nothing_has_no_plot():
    report = TransferReport([Outcome("a", "skipped", 1)])
    assert Page(text_of(report)).texts["h2"] == ["Totals", "All files"]


def test_hostile_texts_stay_texts(tmp_path):
    error = TransferError(f"{HOSTILE}: lost", remedy=HOSTILE)
    sums = {HOSTILE: HOSTILE}
    outcomes = [
        Outcome(HOSTILE, "failed", 1, 1, checksums=sums, error=error, label=HOSTILE),
        Outcome(HOSTILE, "done", 1, checksums=sums, verified=HOSTILE, seconds=2, retries=1),
    ]
    report = report_of(*outcomes, title=HOSTILE)
    plain = [
        Outcome("a", "failed", 1, 1, checksums={"b": "c"}, error=TransferError("a: lost", remedy="d"), label="f"),
        Outcome("a", "done", 1, checksums={"b": "c"}, verified="e", seconds=2, retries=1),
    ]
    usual = Page(text_of(report_of(*plain)))
    page = Page(text_of(report))
    assert [e for e in page.elements if e != "wbr"] == [e for e in usual.elements if e != "wbr"]
    assert "\u202e" not in text_of(report)
    assert "\x1b" not in text_of(report)
    report.write_html(tmp_path / "report.html")
    assert "\\ud800" in (tmp_path / "report.html").read_text("utf-8")


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_name_is_one_text(name):
    page = Page(text_of(report_of(Outcome(name, "done", 1))))
    assert "".join(page.texts.get("bdi", [])) == visible(name)
    assert visible(name).isprintable()


def test_many_files_and_failures_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "ROWS", 30)
    monkeypatch.setattr("omicsdk.transfer.reports.report.KEPT_FAILURES", 25)
    report = report_of(*(failed(f"f{n}", seconds=n) if n % 2 else Outcome(f"f{n}", "done", n) for n in range(200)))
    text = text_of(report)
    page = Page(text)
    assert page.elements.count("li") == 25
    assert page.texts["summary"] == ["5 more"]
    assert page.elements.count("tr") == 1 + module.TOP + 1 + 30
    assert "These are the first 25 of 100." in text
    assert "These are the first 30 of 200." in text


curves = st.lists(st.tuples(st.floats(0.001, 1000), st.integers(0, 10**12)), min_size=1, max_size=40)


@given(curves)
def test_the_plot_stays_within_its_bounds(samples):
    curve = Throughput()
    now = 0.0
    for seconds, count in samples:
        now += seconds
        curve.record(now, count)
    text = plot_of(curve, curve.total / curve.seconds)
    assert (text == "") == (curve.total == 0)
    if text:
        places = [
            float(n)
            for d in re.findall(r'class=(?:area|curve|mean|grid) d="([^"]*)"', text)
            for n in re.findall(r"-?[\d.]+", d)
        ]
        assert min(places) >= 0
        assert max(places) <= 1000
        assert 1 <= text.count("class=grid") <= 6
        Page(text)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 KiB"),
        (1024, "1.00 KiB"),
        (1536 * 1024, "1.50 MiB"),
        (10 * 1024, "10.0 KiB"),
        (123456789, "118 MiB"),
        (5 * 1024**5, "5.00 PiB"),
        (5000 * 1024**5, "5000 PiB"),
    ],
)
def test_sizes_in_words(size, words):
    assert size_words(size) == words


@given(st.floats(0, 10**18))
def test_sizes_are_short(size):
    assert len(size_words(size)) <= 9 or size > 999 * 1024**5


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.00 s"),
        (0.5, "0.50 s"),
        (0.999, "1.0 s"),
        (9.99, "10.0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599.7, "1 h 0 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_times_in_words(seconds, words):
    assert time_words(seconds) == words
