"""BioProjects become libraries: NCBI is asked at its own pace, and what is linked already is left as it is."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from omicsdk.compat.pangea_api import Knex, Organization
from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag
from omicsdk.core import APIError, DecodeError, ManualClock, NotFound, ServerError
from omicsdk.pangea.listings import samples_of
from omicsdk.pangea.ncbi import BioProject, Entrez, SRARecord, link_bioproject

SRA_FILE = (
    '<SRAFile url="https://sra.test/{0}" md5="{1}" size="7" supertype="{2}" semantic_name="run">'
    '<Alternatives url="s3://sra/{0}" org="AWS"/></SRAFile>'
)


def run(name: str, *files: str) -> str:
    return f'<RUN accession="{name}"><SRAFiles>{"".join(files)}</SRAFiles></RUN>'


RUNS = run("SRR1", SRA_FILE.format("SRR1.fq", "1" * 32, "Original"), SRA_FILE.format("SRR1", "2" * 32, "Primary ETL"))
RUNS += run("SRR2", SRA_FILE.format("SRR2", "3" * 32, "Primary ETL")) + run("SRR3")
RECORDS = {
    (
        "bioproject",
        "257197",
    ): '<RecordSet><DocumentSummary uid="257197"><Project>Zaire</Project></DocumentSummary></RecordSet>',
    ("biosample", "11"): '<BioSampleSet><BioSample accession="SAMN11" id="11"/></BioSampleSet>',
    ("biosample", "12"): '<BioSampleSet><BioSample accession="SAMN12" id="12"/></BioSampleSet>',
    (
        "sra",
        "71",
    ): f'<EXPERIMENT_PACKAGE_SET><EXPERIMENT_PACKAGE><EXPERIMENT accession="SRX71"/><RUN_SET>{RUNS}</RUN_SET></EXPERIMENT_PACKAGE></EXPERIMENT_PACKAGE_SET>',
    (
        "sra",
        "72",
    ): '<EXPERIMENT_PACKAGE_SET><EXPERIMENT_PACKAGE><EXPERIMENT accession="SRX72"/></EXPERIMENT_PACKAGE></EXPERIMENT_PACKAGE_SET>',
}
LINKS = {("bioproject", "257197"): ["11", "12"], ("biosample", "11"): ["71"], ("biosample", "12"): ["72"]}


class Archive:
    """NCBI, as far as it is asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        program = request.url.path.rpartition("/")[2]
        self.requests.append((program, query))
        match program:
            case "efetch.fcgi":
                text = RECORDS.get((query["db"], query["id"]), "<RecordSet/>")
            case "elink.fcgi":
                links = "".join(
                    f"<Link><Id>{link}</Id></Link>" for link in LINKS.get((query["dbfrom"], query["id"]), [])
                )
                text = f"<!DOCTYPE x><eLinkResult><LinkSet><IdList><Id>{query['id']}</Id></IdList><LinkSetDb>{links}</LinkSetDb></LinkSet></eLinkResult>"
            case _:
                ids = "<Id>257197</Id>" if query["term"] == "PRJEB9[Accession]" else ""
                text = f"<eSearchResult><IdList>{ids}</IdList></eSearchResult>"
        return httpx.Response(200, text=f'<?xml version="1.0"?>{text}')


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def entrez(archive: Archive, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entrez]:
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    with Entrez(
        "https://ncbi.test", email="me@example.org", transport=httpx.MockTransport(archive), clock=clock
    ) as made:
        yield made


def test_a_project_becomes_a_library(org: Organization, entrez: Entrez, archive: Archive):
    made = link_bioproject(org.knex.client, "An Org", "PRJNA257197", entrez=entrez)
    library = org.sample_group(made.name).get()
    assert library.is_library
    assert "Zaire" in library.metadata["ncbi_xml"]
    assert sorted(sample.name for sample in library.get_samples(cache=False)) == ["SAMN11", "SAMN12"]
    result = library.sample("SAMN11").get().analysis_result("raw::raw_reads", replicate="SRX71").get()
    fields = {field.name: field.stored_data for field in result.get_fields()}
    assert {name: data["url"] for name, data in fields.items()} == {
        "sra_run": "https://sra.test/SRR1",  # the archive's own file, not the one that was handed in
        "sra_run_2": "https://sra.test/SRR2",
    }
    assert fields["sra_run"]["md5"] == "2" * 32
    assert fields["sra_run"]["alternatives"] == [{"url": "s3://sra/SRR1", "org": "AWS"}]
    assert fields["sra_run"]["full_record"]["size"] == "7"
    assert not library.sample("SAMN12").get().analysis_result("raw::raw_reads").exists()
    assert [group.name for group in Tag(org.knex, "NCBI BioProject").get().get_sample_groups()] == ["PRJNA257197"]
    assert [sample.name for sample in Tag(org.knex, "NCBI SRA").get().get_samples()] == ["SAMN11"]
    assert all(query["tool"] == "omicsdk" and query["email"] == "me@example.org" for _, query in archive.requests)


def test_again_leaves_what_exists_as_it_is(org: Organization, entrez: Entrez):
    link_bioproject(org.knex.client, "An Org", "PRJNA257197", entrez=entrez)
    first = org.sample_group("PRJNA257197").get()
    first.metadata = {"mine": 1}
    first.save()
    project = link_bioproject(org.knex.client, "An Org", "PRJNA257197", entrez=entrez)
    again = org.sample_group("PRJNA257197").get()
    assert project.uuid == again.uuid == first.uuid
    assert again.metadata == {"mine": 1}
    assert len(list(again.get_samples(cache=False))) == 2


def test_a_run_that_is_released_later_is_linked_wherever_it_is_listed(
    org: Organization, entrez: Entrez, monkeypatch: pytest.MonkeyPatch
):
    link_bioproject(org.knex.client, "An Org", "PRJNA257197", entrez=entrez)
    earlier = run("SRR0", SRA_FILE.format("SRR0", "0" * 32, "Primary ETL"))
    moved = RECORDS["sra", "71"].replace("https://sra.test/SRR1", "https://moved.test/SRR1")
    monkeypatch.setitem(RECORDS, ("sra", "71"), moved.replace("<RUN_SET>", f"<RUN_SET>{earlier}"))
    link_bioproject(org.knex.client, "An Org", "PRJNA257197", entrez=entrez)
    result = org.sample_group("PRJNA257197").get().sample("SAMN11").get()
    result = result.analysis_result("raw::raw_reads", replicate="SRX71").get()
    assert {field.name: field.stored_data["url"] for field in result.get_fields()} == {
        "sra_run": "https://sra.test/SRR1",
        "sra_run_2": "https://sra.test/SRR2",
        "sra_run_3": "https://sra.test/SRR0",
    }


def test_what_was_deleted_elsewhere_is_made_again(org: Organization, entrez: Entrez, knex: Knex):
    link_bioproject(org.knex.client, "An Org", "PRJNA257197", entrez=entrez)
    org.sample_group("PRJNA257197").get()  # kept from here on
    assert knex.auth is not None
    with Knex(knex.endpoint) as elsewhere:
        elsewhere.add_auth_token(knex.auth.headers("GET", knex.endpoint)["authorization"].removeprefix("Token "))
        Organization(elsewhere, "An Org").sample_group("PRJNA257197").delete()
    link_bioproject(org.knex.client, "An Org", "PRJNA257197", entrez=entrez)
    samples = [sample.name for sample in samples_of(org.knex.client, "An Org", "PRJNA257197")]
    assert sorted(samples) == ["SAMN11", "SAMN12"]


def test_three_requests_a_second_and_ten_with_a_key(entrez: Entrez, clock: ManualClock, archive: Archive):
    before = clock.monotonic()
    for _ in range(4):
        entrez.search("sra", "x")
    assert clock.monotonic() - before == pytest.approx(3 * 0.34)
    with Entrez("https://ncbi.test", api_key="canary", transport=httpx.MockTransport(archive), clock=clock) as fast:
        before = clock.monotonic()
        for _ in range(4):
            fast.search("sra", "x")
    assert clock.monotonic() - before == pytest.approx(3 * 0.1)


def test_an_accession_without_a_number_is_searched_for(entrez: Entrez):
    assert BioProject("PRJEB9", entrez).id == "257197"
    assert [sample.accession for sample in BioProject("PRJEB9", entrez).biosamples()] == ["11", "12"]
    with pytest.raises(NotFound, match="PRJEB8"):
        BioProject("PRJEB8", entrez).fetch()


def test_a_missing_object_is_reported(entrez: Entrez):
    with pytest.raises(NotFound, match="record 99 not found"):
        BioProject("PRJNA99", entrez).metadata()
    with pytest.raises(NotFound, match="no run with a file"):
        SRARecord("72", entrez=entrez).analysis_result_blob()
    assert str(SRARecord("SRX9", entrez=entrez)) == "<SRARecord accession=SRX9 />"


@pytest.mark.parametrize(
    "body", ["", "no xml", '<?xml version="1.0" encoding="none"?><x/>', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>']
)
def test_an_odd_response_is_reported(body: str, clock: ManualClock):
    for encoding in ("utf-8", "utf-16"):
        response = httpx.Response(200, content=body.encode(encoding))
        transport = httpx.MockTransport(lambda _, response=response: response)
        with Entrez("https://ncbi.test", transport=transport, clock=clock) as odd, pytest.raises(DecodeError):
            odd.fetch("sra", "1")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("<eLinkResult><LinkSet><ERROR>Couldn't resolve #exLinkSrv2</ERROR></LinkSet></eLinkResult>", APIError),
        ("<eLinkResult><ERROR>NCBI C++ Exception</ERROR></eLinkResult>", APIError),
        ("<html><body>Down for maintenance</body></html>", DecodeError),
    ],
)
def test_a_failure_with_status_200_is_no_project_without_samples(body: str, error: type[Exception], clock: ManualClock):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
    entrez = Entrez("https://ncbi.test", transport=transport, clock=clock)
    with entrez, pytest.raises(error, match=r"elink\.fcgi"):
        list(BioProject("PRJNA257197", entrez).biosamples())


@pytest.mark.parametrize(("accession", "name"), [("PRJNA257197", "eFetchResult"), ("PRJEB9", "eSearchResult")])
def test_an_error_in_place_of_a_result_is_reported(accession: str, name: str, clock: ManualClock):
    body = f"<{name}><ERROR>Search Backend failed</ERROR></{name}>"
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
    entrez = Entrez("https://ncbi.test", transport=transport, clock=clock)
    with entrez, pytest.raises(APIError, match="Search Backend failed"):
        BioProject(accession, entrez).metadata()


def test_a_server_that_is_down_is_reported(clock: ManualClock):
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    down: Any = Entrez("https://ncbi.test", transport=transport, clock=clock)
    with down, pytest.raises(ServerError):
        down.links("bioproject", "1", "bioproject_biosample")
