"""The tools of the comparison with the published Gen3 client."""

import sys

import pytest
from benchmark_modules import asked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")


@pytest.fixture
def api():
    from data_commons.api import commons, object_of

    made = commons("http://files", 2_500)
    for number in range(3):
        id = f"dg.BENCH/f{number}"
        assert asked(made, "PUT", f"/_objects/{id}", object_of(id, 7, "0" * 32))[0] == 204
    return made


def test_the_index_has_as_many_records_as_it_should(api):
    found, start = [], ""
    while records := asked(api, "GET", f"/index/index/?limit=1000&start={start}")[1]["records"]:
        found += [record["did"] for record in records]
        start = found[-1]
    assert len(set(found)) == 2_500
    assert found == sorted(found)
    assert len(asked(api, "GET", "/index/index/?limit=5000")[1]["records"]) == 1024


def test_objects_are_reported_one_by_one_and_many_at_once(api):
    status, told = asked(api, "GET", "/ga4gh/drs/v1/objects/dg.BENCH/f1")
    assert (status, told["size"], told["access_methods"][0]["access_id"]) == (200, 7, "s3")
    assert asked(api, "GET", "/ga4gh/drs/v1/objects/dg.BENCH/none")[0] == 404
    ids = {"bulk_object_ids": ["dg.BENCH/f0", "dg.BENCH/none", "dg.BENCH/f2"]}
    told = asked(api, "POST", "/ga4gh/drs/v1/objects", ids)[1]
    assert [each["id"] for each in told["resolved_drs_objects"]] == ["dg.BENCH/f0", "dg.BENCH/f2"]
    assert asked(api, "POST", "/ga4gh/drs/v1/objects", {"bulk_object_ids": ["x"] * 101})[0] == 413


def test_urls_refer_to_the_server_of_bytes(api):
    one = asked(api, "GET", "/ga4gh/drs/v1/objects/dg.BENCH/f1/access/s3")[1]["url"]
    wanted = [{"bulk_object_id": "dg.BENCH/f2", "bulk_access_ids": ["s3"]}]
    told = asked(api, "POST", "/ga4gh/drs/v1/objects/access", {"bulk_object_access_ids": wanted})[1]
    [other] = told["resolved_drs_object_access_urls"]
    assert one.startswith("http://files/f1?X-Amz-")
    assert other["url"].startswith("http://files/f2?X-Amz-")
    assert asked(api, "GET", "/_counts")[1] == {"urls": 2}
    assert asked(api, "GET", "/nowhere")[0] == 404


def test_clients_find_it_by_its_name_through_a_tunnel(tmp_path, monkeypatch):
    import httpx
    from data_commons.bench import certificate
    from data_commons.clients import HOST
    from transferring.processes import server

    certificate(tmp_path)
    with server("data_commons.api", "http://files", str(tmp_path), "0", "600") as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        with httpx.Client(proxy=proxy, trust_env=True) as client:
            for _ in range(20):
                response = client.get(f"https://{HOST}/index/index/?limit=600")
                assert len(response.json()["records"]) == 600
        with httpx.Client(trust_env=False) as client:
            assert client.get(f"{proxy}/index/guid/prefix").json() == {"prefix": "dg.BENCH/"}
