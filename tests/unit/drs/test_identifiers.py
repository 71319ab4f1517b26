"""Identifiers of DRS objects: every form that users have in their manifests, and what is not one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.drs import NotADrsId, parse_drs_id

GUID = "0d8b4c1e-9a52-4d0f-8a1d-0123456789ab"


@pytest.mark.parametrize(
    ("text", "host", "prefix", "accession"),
    [
        (f"drs://data.example.org/{GUID}", "data.example.org", "", GUID),
        (f"drs://Data.Example.org/dg.4503/{GUID}", "data.example.org", "", f"dg.4503/{GUID}"),
        (f"DRS://data.example.org/{GUID}", "data.example.org", "", GUID),
        ("drs://data.example.org/a%2Fb%20c", "data.example.org", "", "a/b c"),
        (f"drs://127.0.0.1:8080/{GUID}", "127.0.0.1:8080", "", GUID),
        (f"drs://[::1]:8080/{GUID}", "[::1]:8080", "", GUID),
        (f"drs://localhost:8080/{GUID}", "localhost:8080", "", GUID),
        (f"drs://LocalHost:8080/{GUID}", "localhost:8080", "", GUID),
        (f"drs://localhost/{GUID}", "localhost", "", GUID),
        (f"drs://dg.4503:{GUID}", "", "dg.4503", GUID),
        (f"drs://dg.4503/{GUID}", "", "dg.4503", GUID),
        (f"drs://dg.4503:dg.4503%2F{GUID}", "", "dg.4503", f"dg.4503/{GUID}"),  # tables of BioData Catalyst
        (f"drs://dg.4503/dg.4503%2f{GUID}", "", "dg.4503", f"dg.4503/{GUID}"),
        ("drs://insdc.sra:a%2Fb", "", "insdc.sra", "a%2Fb"),
        ("drs://dg.ANV0:v2_a:b", "", "dg.ANV0", "v2_a:b"),
        ("drs://insdc.sra:SRR1", "", "insdc.sra", "SRR1"),
        ("drs://ncbi/insdc.sra:SRR1", "", "ncbi/insdc.sra", "SRR1"),
        (f"dg.4503/{GUID}", "", "dg.4503", GUID),
        (f"dg.4503:{GUID}", "", "dg.4503", GUID),
        (GUID, "", "", GUID),
        (f"  {GUID}\n", "", "", GUID),
        (f"drs://data.example.org/{GUID}?x=1#y", "data.example.org", "", GUID),
    ],
)
def test_every_form_is_read(text: str, host: str, prefix: str, accession: str) -> None:
    drs_id = parse_drs_id(text)
    assert (drs_id.host, drs_id.prefix, drs_id.accession) == (host, prefix, accession)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("https://data.example.org/x", "begins with https://"),
        ("https://data.example.org/x?X-Amz-Signature=canary", r"^https://data\.example\.org/x\?\*\*\* is not"),
        ("s3://bucket/key", "begins with s3://"),
        ("drs://", "names no object"),
        ("drs://data.example.org", "names no object"),
        ("drs://data.example.org/", "nothing follows data.example.org"),
        ("drs://dg.4503:", "nothing follows dg.4503"),
        ("drs://dg.4503/", "nothing follows dg.4503"),
        ("drs://no_host/x", "neither a host nor a prefix"),
        ("a\x00b", "has the character"),
        ("two words", "has the character"),
    ],
)
def test_what_is_none_is_refused_with_the_reason_and_the_forms(text: str, why: str) -> None:
    with pytest.raises(NotADrsId, match=why) as refused:
        parse_drs_id(text)
    assert isinstance(refused.value, UsageError)
    assert "drs://HOST/ID" in str(refused.value)


def test_a_compact_one_is_requested_as_gen3_has_it_and_then_as_others_do() -> None:
    assert parse_drs_id("drs://dg.1:abc").candidates == ("dg.1/abc", "abc", "dg.1:abc")
    assert parse_drs_id("drs://h.org/abc").candidates == ("abc",)
    assert parse_drs_id("drs://drs.42:abc").candidates == ("abc", "drs.42:abc")
    assert parse_drs_id("drs://dg.4dfc:abc").candidates == ("dg.4DFC/abc", "abc", "dg.4DFC:abc")
    assert parse_drs_id("drs://dg.4503:dg.4503/abc").candidates == ("dg.4503/abc", "abc")


@given(st.text(max_size=60))
def test_any_text_is_an_identifier_or_refused(text: str) -> None:
    try:
        drs_id = parse_drs_id(text)
    except NotADrsId:
        return
    assert drs_id.accession
    assert drs_id.candidates[0].endswith(drs_id.accession)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9./_~-]{0,30}", fullmatch=True))
def test_an_identifier_behind_a_host_comes_back(accession: str) -> None:
    assert parse_drs_id(f"drs://h.example.org/{accession}").accession == accession
