"""Google's storage in the sandbox: a token is needed, HEAD states checksums, and a bucket may bill the reader."""

import base64
import hashlib

import httpx
import pytest


@pytest.fixture
def google(omics_sandbox):
    headers = {"authorization": f"Bearer {omics_sandbox.gen3_token(600)}"}
    with httpx.Client(base_url=omics_sandbox.google_url, headers=headers) as client:
        yield client


def test_what_is_put_is_read_and_described(google, omics_sandbox):
    assert google.put("/fc-1/a%20b/x.bam", content=b"reads").status_code == 200
    assert google.get("/fc-1/a%20b/x.bam").content == b"reads"
    assert google.get("/fc-1/a%20b/x.bam", headers={"range": "bytes=1-2"}).content == b"ea"
    told = google.head("/fc-1/a%20b/x.bam").headers
    md5 = base64.b64encode(hashlib.md5(b"reads").digest()).decode()
    assert f"md5={md5}" in told["x-goog-hash"].split(",")
    assert told["content-length"] == told["x-goog-stored-content-length"] == "5"
    assert told["x-goog-stored-content-encoding"] == "identity"
    assert google.get("/fc-1/none").status_code == 404
    assert omics_sandbox.gen3.files.find("gs://fc-1/a b/x.bam").size == 5


def test_a_token_is_needed(google, omics_sandbox):
    google.put("/fc-1/x", content=b"reads")
    url = f"{omics_sandbox.google_url}/fc-1/x"
    assert httpx.get(url).status_code == 403
    assert httpx.get(url, headers={"authorization": "Bearer wrong"}).status_code == 401
    assert httpx.put(url, content=b"others").status_code == 403
    assert google.delete("/fc-1/x").status_code == 405


def test_a_bucket_may_bill_the_reader(google, omics_sandbox):
    google.put("/fc-1/x", content=b"reads")
    google.put("/fc-2/x", content=b"reads")
    omics_sandbox.settings.turn({"google.requester_pays": "fc-3, fc-2"})
    assert google.get("/fc-1/x").status_code == 200
    refused = google.get("/fc-2/x")
    assert (refused.status_code, "UserProjectMissing" in refused.text) == (400, True)
    assert google.get("/fc-2/x?userProject=me").content == b"reads"
