"""Additions of sites to the platform: taxonomy without a catalogue, and parts that are not simulated."""

import httpx
import pytest
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.pangea.contrib import ABSENT
from pangea_responses import NO_TOKEN, told


def test_no_taxon_is_known(anonymous: httpx.Client):
    name = "Escherichia coli"
    assert told(anonymous.get("/contrib/taxasearch/search", params={"query": name})) == (200, {"results": {}})
    corrected = anonymous.get("/contrib/treeoflife/correct_names", params={"query": name, "rank": "species"})
    assert told(corrected) == (200, {"canon": True, "rank": "species", name: {"query": name, "names": []}})


@pytest.mark.parametrize("route", ["ancestors", "annotate", "get_descendants"])
def test_what_is_asked_of_an_unknown_taxon_is_refused(anonymous: httpx.Client, route: str):
    response = anonymous.get(f"/contrib/treeoflife/{route}", params={"query": "Bacteria"})
    assert told(response) == (400, ["Provided parameter Bacteria does not match any taxa."])


def test_reads_of_viruses_are_taken(owner: httpx.Client, anonymous: httpx.Client):
    required = ["This field is required."]
    assert told(owner.post("/contrib/covid19/", json={})) == (400, {"user": required, "raw_reads_path": required})
    assert told(anonymous.post("/contrib/covid19/", json={})) == (403, NO_TOKEN)
    sent = {"user": owner.get("/users/me").json()["id"], "raw_reads_path": "https://example.org/x.fastq.gz"}
    assert told(owner.post("/contrib/covid19/", json=sent)) == (200, sent)
    nobody = owner.post("/contrib/covid19/", json={**sent, "user": 10**30})
    assert told(nobody) == (400, {"user": [f'Invalid pk "{10**30}" - object does not exist.']})


def test_what_is_not_played_states_why(anonymous: httpx.Client):
    paths = {each.name: each.path for each in operations(read_document("pangea"))}
    for name in ("omnisearch", "search_metasub_cities", "get_site_wiki"):
        response = anonymous.get(paths[name].removeprefix("/api"))
        assert (response.status_code, ABSENT[name] in response.json()["detail"]) == (501, True)
