"""Which addresses a reference may refer to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen.addresses import Refused, copy_of, file_of, is_allowed, is_web, spoken, uri_of


@pytest.mark.parametrize(
    ("url", "prefix", "allowed"),
    [
        ("https://a.org/x/y.yaml", "https://a.org/", True),
        ("https://a.org/x/y.yaml", "https://a.org", True),
        ("https://a.org:443/x/y.yaml?q=1#f", "https://A.org/x", True),
        ("https://a.org/x", "https://a.org/x", True),
        ("https://a.org/xy", "https://a.org/x", False),
        ("https://a.org/x/../y", "https://a.org/x", False),
        ("https://a.org/x/%2e%2e/y", "https://a.org/x", False),
        ("https://a.org/x/%2e%2e%2fy", "https://a.org/x", False),
        ("https://a.org.evil.com/x", "https://a.org", False),
        ("https://evil.com/a.org", "https://a.org", False),
        ("https://a.org@evil.com/", "https://a.org", False),
        ("https://user:pass@a.org/", "https://a.org", False),
        ("http://a.org/", "https://a.org", False),
        ("https://a.org:8443/", "https://a.org", False),
        ("https://a.org:99999/", "https://a.org", False),
        ("https://[/", "https://a.org", False),
        ("file:///etc/passwd", "file:///", False),
        ("https://a.org/", "", False),
        ("https://a.org/", "a.org", False),
    ],
)
def test_an_allowance_holds_for_one_origin_and_what_is_below_its_path(url: str, prefix: str, allowed: bool) -> None:
    assert is_allowed(url, [prefix]) is allowed
    assert is_allowed(url, []) is False


def test_a_file_inside_the_folder_is_found_however_its_name_is_spelled(tmp_path: Path) -> None:
    for name in ("a b.yaml", "objects@{id}.yaml", "é.yaml", "a%20b.yaml"):
        path = tmp_path / name
        assert file_of(path.as_uri(), tmp_path) == path.resolve()
        if "%" in name:
            continue
        assert file_of(f"{tmp_path.as_uri()}/{name}", tmp_path) == path.resolve()


@pytest.mark.parametrize("name", ["a b", "a:b%20?#é", "plain.json"])
def test_the_uri_of_a_file_is_that_of_pathlib(tmp_path: Path, name: str) -> None:
    assert uri_of(tmp_path / name) == (tmp_path / name).as_uri()


@pytest.mark.parametrize("way", ["../x", "a/../../x", "%2e%2e/x", "..%2fx", "/../x", "a/%00b"])
def test_a_file_outside_the_folder_is_refused(tmp_path: Path, way: str) -> None:
    with pytest.raises(Refused):
        file_of(f"{tmp_path.as_uri()}/{way}", tmp_path)


@pytest.mark.parametrize(
    "uri", ["file://host/etc/passwd", "ftp://a/b", "/etc/passwd", "jar:file:/a!/b", "file:///etc/passwd"]
)
def test_other_machines_and_schemes_are_refused(tmp_path: Path, uri: str) -> None:
    with pytest.raises(Refused):
        file_of(uri, tmp_path)


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret").write_text("x")
    (inside / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match="outside the document's folder"):
        file_of((inside / "link").as_uri(), inside)


def test_copies_are_found_by_host_and_path(tmp_path: Path) -> None:
    for place in ("a.org/x/y.yaml", "a.org_8080/z.yaml"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_text("a: 1")
    (tmp_path / "top.yaml").write_text("a: 1")
    assert copy_of("https://a.org/x/y.yaml?q=1#/f", tmp_path) == (tmp_path / "a.org/x/y.yaml").resolve()
    assert copy_of("http://a.org:8080/z.yaml", tmp_path) == (tmp_path / "a.org_8080/z.yaml").resolve()
    for url in (
        "https://a.org/none",
        "https://a.org/../top.yaml",
        "https://../top.yaml",
        "https://./top.yaml",
        "https://a.org/x/%00",
        f"https://a.org/x/{'a' * 300}",
        "https://a.org:99999/x/y.yaml",
        "https:///top.yaml",
    ):
        assert copy_of(url, tmp_path) is None
    assert copy_of("https://a.org/x/y.yaml", None) is None


def test_what_may_be_secret_in_an_address_is_not_reported() -> None:
    assert spoken("https://u:p@a.org/x?X-Amz-Signature=s#/y") == "https://a.org/x#/y"
    assert spoken("https://a.org?sig=s") == "https://a.org"
    assert spoken("x.yaml?y#/z") == "x.yaml?y#/z"


@given(st.text())
def test_any_text_can_be_reported(text: str) -> None:
    assert isinstance(spoken(text), str)
    assert isinstance(spoken("http://" + text), str)
    assert is_web("https:" + text)
