"""Reprs of results are short and say what matters first; notebooks get tables; secrets show nowhere."""

import pytest
from omicsdk import Azul
from omicsdk.core import NotFound, TimedOut
from omicsdk.dtp.storage.datasets import DatasetReport
from omicsdk.gen3.records import Finding, Place, Submission
from omicsdk.gen3.records import Outcome as RowOutcome
from omicsdk.gen3.uploads import UploadResult
from omicsdk.hca.dss import UploadedBundle
from omicsdk.portals import SearchResult
from omicsdk.portals.searches import Hit as SearchHit
from omicsdk.sb.listings import Entry
from omicsdk.transfer import Outcome, ShardResult, ShardsReport, TransferReport
from omicsdk_api.azul import AzulApi
from omicsdk_api.azul.models import Hit
from omicsdk_api.dss import DssApi
from omicsdk_api.dss.models import BundlePage, FileVersion
from omicsdk_api.sb.models import File

CANARY = "canary-of-a-secret"


def page(files: int) -> BundlePage:
    return BundlePage.from_dict(
        {
            "bundle": {
                "creator_uid": 8008,
                "files": [
                    {
                        "name": f"reads/{'long' * 30}<b>{number}.fastq.gz",
                        "size": number,
                        "indexed": False,
                        "url": f"https://b.example/file?X-Amz-Signature={CANARY}",
                        "token": CANARY,
                        "new_field": "new",
                    }
                    for number in range(files)
                ],
                "uuid": "ffffffff-0000-4000-8000-000000000001",
                "version": "2026-01-31T120000.000000Z",
            }
        }
    )


def test_a_models_repr_names_what_matters_first():
    bundle = page(1000).bundle
    assert repr(bundle) == (
        "BundleVersion(uuid='ffffffff-0000-4000-8000-000000000001', version='2026-01-31T120000.000000Z', "
        "files=[1,000 × FileVersion], creator_uid=8008)"
    )
    assert repr(page(1)) == "BundlePage(bundle=BundleVersion(uuid=ffffffff-0000-4000-8000-000000000001))"
    file = repr(bundle.files[0])
    assert file.startswith("FileVersion(name='reads/longlong")
    assert "new_field='new'" in file
    assert len(file) < 320


def test_a_repr_is_short_whatever_it_holds():
    model = FileVersion.from_dict({f"field_{number}": "x\n" * 1000 for number in range(1000)})
    assert len(repr(model)) < 320
    assert repr(model).endswith(", ...)")
    assert "\n" not in repr(model)
    names = repr(FileVersion.from_dict({"x\x1b[2J": {"\x1b[2J": 1, "token": 12345}, "y" * 400: 1, "z": 2}))
    assert names == f"FileVersion(x [2J={{ [2J: 1, token: ***}}, {'y' * 77}...=1, z=2)"
    assert repr(FileVersion.from_dict({})) == "FileVersion()"


@pytest.mark.parametrize("shown", [repr, lambda model: model._repr_html_()])
def test_secrets_are_masked(shown):
    assert CANARY not in shown(page(3).bundle.files[0])
    assert CANARY not in shown(page(3).bundle)
    assert "***" in shown(page(3).bundle.files[0])


def test_a_notebook_shows_a_model_as_a_table_with_the_first_items():
    html = page(12).bundle._repr_html_()
    assert html.startswith("<table><caption>BundleVersion</caption><tr><th")
    assert "12 × FileVersion" in html
    assert "<p>2 more</p>" in html
    assert html.count("<table>") == 2
    assert html.count("<tr>") == 4 + 1 + 10
    assert "<b>" not in html


FAILED = Outcome("b<i>.fastq", "failed", 3, error=NotFound(f"no file at https://h/x?X-Amz-Signature={CANARY}"))
DONE = Outcome("a.fastq", "done", 2048, bytes_fetched=2048, verification="verified", seconds=1.5)
REPORT = TransferReport([DONE, *[FAILED] * 12], 3.5, title="Download of m.tsv")


def test_a_reports_table_has_its_sums_and_the_first_failures():
    html = REPORT._repr_html_()
    assert "<caption>Download of m.tsv</caption>" in html
    assert "1 done, 12 failed" in html
    assert html.count("b&lt;i&gt;.fastq") == 10
    assert "<p>2 more</p>" in html
    assert CANARY not in html
    assert "failures" not in TransferReport([DONE])._repr_html_()
    assert "more" not in TransferReport([FAILED])._repr_html_()
    assert ">none</td>" in TransferReport()._repr_html_()


def test_a_dry_runs_table_has_what_would_be_transferred():
    html = TransferReport([Outcome("a", "planned", 4096, bytes_kept=1024), Outcome("b", "planned")])._repr_html_()
    assert all(text in html for text in ("2 planned", "to transfer", "3.00 KiB", "1 file"))
    assert "time" not in html


def test_a_search_shows_its_rows_and_why_portals_failed():
    hits = [SearchHit("azul", "azul:1", "A retina"), SearchHit("ena", "ena:PRJEB1", "Lambda")]
    result = SearchResult(hits, {"gdc": TimedOut("no response")}, ("azul", "ena", "gdc"))
    html = result._repr_html_()
    assert all(text in html for text in ("2 × Hit", "A retina", "gdc: no response"))
    assert "hits=[A retina, Lambda]" in repr(result)
    assert list(result.to_frame("id").id) == ["azul:1", "ena:PRJEB1"]


def test_a_page_with_one_object_shows_its_table():
    assert "12 × FileVersion" in page(12)._repr_html_()


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (REPORT, "<TransferReport: 1 done, 12 failed (1 verified), 3.5 s>"),
        (
            DONE,
            "Outcome(name='a.fastq', state='done', size=2048, bytes_fetched=2048, seconds=1.5, verification='verified')",
        ),
        (UploadedBundle.of(REPORT), "<UploadedBundle: 1 done, 12 failed (1 verified), 3.5 s>"),
        (UploadResult.of(REPORT), "<UploadResult: 1 done, 12 failed (1 verified), 3.5 s>"),
        (
            ShardsReport((ShardResult(0, 1, {"done": 3}),), 2.0),
            "ShardsReport(results=[1 × ShardResult], seconds=2.0, lost=0)",
        ),
        (ShardResult(0, 1, {"done": 3}), "ShardResult(index=0, of=1, counts={done: 3}, bytes_fetched=0, seconds=0.0)"),
    ],
)
def test_results_are_stated_shortly(result, text):
    assert repr(result) == text


def test_a_result_of_a_data_set_is_a_table():
    html = DatasetReport([DONE], title="Data set d")._repr_html_()
    assert "<caption>Data set d</caption>" in html
    assert "1 done" in html


def test_a_submission_with_many_refused_rows_is_short_and_a_table():
    submission = Submission()
    for number in range(3000):
        finding = Finding("unknown-property", f"<{number}> is unknown", "Remove it.")
        submission.add(RowOutcome(Place("cases.tsv", row=number), "case", f"c{number}", "invalid", None, (finding,)))
    assert repr(submission) == "Submission(counts={invalid: 3000}, refused=[3,000 × Outcome], dry_run=False)"
    html = submission._repr_html_()
    assert all(
        text in html
        for text in ("3,000 × Outcome", "cases.tsv, row 9", "&lt;9&gt; is unknown. Remove it.", "2,990 more")
    )
    assert len(html) < 4000
    assert submission.to_frame().reasons[2999] == ["<2999> is unknown. Remove it."]


def test_a_file_of_a_project_is_displayed_as_the_file():
    file = File.from_dict({"href": "https://sb.example/f", "id": "5f", "name": "reads.bam"})
    entry = Entry(None, file)
    assert (entry.id, entry._repr_html_()) == ("5f", file._repr_html_())


def test_objects_in_lists_are_shown_by_titles_and_names_without_secrets():
    hit = Hit.from_dict(
        {
            "protocols": [{"pairedEnd": [True]}],
            "entryId": "e",
            "projects": [{"projectId": ["p"], "projectTitle": ["An atlas"]}],
            "donorOrganisms": [{"genusSpecies": ["Homo sapiens", "Mus musculus"]}],
            "sources": [{"token_name": "n", "id": f"https://h/x?X-Amz-Signature={CANARY}"}],
            "fileTypeSummaries": [{"format": f"f{number}", "count": number} for number in range(7)],
        }
    )
    shown = repr(hit)
    assert shown.startswith("Hit(entry_id='e', ")
    assert "projects=[An atlas], " in shown.replace("sources", "")
    assert "donor_organisms=[Homo sapiens, Mus musculus]" in shown
    assert "fileTypeSummaries=[f0, f1, f2, f3, f4, 2 more]" in shown
    assert shown.endswith("protocols=[1 × dict])")
    assert CANARY not in shown


def test_items_that_arrive_later_name_their_operation():
    with DssApi("https://dss.example.org") as api:
        assert (
            repr(api.get_bundles_all.iterate(replica="aws"))
            == "<items of get_bundles_all: iterate over them, or call to_frame()>"
        )


def test_a_client_is_a_table_without_its_secret():
    shown = Azul("https://service.example", credentials="secret-token")._repr_html_()
    assert "<caption>Azul</caption>" in shown
    assert all(text in shown for text in ("service.example", "BearerToken", "download, facets", "verify"))
    assert "secret-token" not in shown
    assert "<td" in AzulApi("https://service.example")._repr_html_()
