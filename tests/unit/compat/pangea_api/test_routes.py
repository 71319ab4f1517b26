"""URLs as the server wants them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.pangea_api.routes import named, page_of, path_of
from omicsdk.pangea.listings import is_uuid

SERVER = "https://pangea.example.org"
UUID = "72fba024-bc65-400f-b090-bd9678a31c56"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("samples", "/api/samples"),
        ("/samples/", "/api/samples"),
        (f"samples/{UUID}", f"/api/samples/{UUID}"),
        ("samples?page=2", "/api/samples?page=2"),
        ("samples?format=json", "/api/samples?format=json"),
        ("auth/token/login", "/api/auth/token/login/"),
        ("auth/users", "/api/auth/users/"),
        ("auth/users/set_password", "/api/auth/users/set_password/"),
        ("contrib/tags", "/api/contrib/tags/"),
        ("contrib/tags?sample=x", "/api/contrib/tags/?sample=x"),
        ("contrib/tags/?format=json", "/api/contrib/tags/?format=json"),
        (f"contrib/tags/{UUID}", f"/api/contrib/tags/{UUID}"),
        ("contrib/tags/name/x", "/api/contrib/tags/name/x"),
        ("nested/My Org", "/api/nested/My%20Org/"),
        ("nested/o/sample_groups", "/api/nested/o/sample_groups/"),
        ("nested/o/sample_groups/g", "/api/nested/o/sample_groups/g/"),
        ("nested/o/sample_groups/g/samples/s", "/api/nested/o/sample_groups/g/samples/s/"),
        (
            "nested/o/sample_groups/g/samples/s/analysis_results/m",
            "/api/nested/o/sample_groups/g/samples/s/analysis_results/m",
        ),
        ("nested/o/sample_groups/g/analysis_results/m", "/api/nested/o/sample_groups/g/analysis_results/m"),
        (f"{SERVER}/api/samples?page=2", "/api/samples?page=2"),
        ("HTTPS://PANGEA.example.org:443/api/samples?page=2", "/api/samples?page=2"),
    ],
)
def test_a_route_gets_the_slash_that_the_server_wants(url: str, path: str):
    assert path_of(url, SERVER) == path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("nested/50% x", "/api/nested/50%25%20x/"),
        ("nested/50%25%20x", "/api/nested/50%25%20x/"),
        ("nested/a#b", "/api/nested/a%23b/"),
        ("nested/é 🧬", "/api/nested/%C3%A9%20%F0%9F%A7%AC/"),
        ("samples?name=é x", "/api/samples?name=%C3%A9%20x"),
        ("samples?name=a+b&library_id=1", "/api/samples?name=a+b&library_id=1"),
        ("samples?name=a?", "/api/samples?name=a?"),
    ],
)
def test_what_a_url_cannot_contain_is_quoted_once(url: str, path: str):
    assert path_of(url, SERVER) == path


def test_options_are_quoted_and_added_to_the_query():
    options = {"name": "a&b=c", "n": 3, "random": True, "nothing": None}
    assert path_of("samples", SERVER, options) == "/api/samples?name=a%26b%3Dc&n=3&random=true"
    assert path_of("samples?page=2", SERVER, {"x": "1"}) == "/api/samples?page=2&x=1"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.org/api/samples",
        "http://pangea.example.org/api/samples",
        "https://pangea.example.org.evil.example/api/samples",
        "https://pangea.example.org@evil.example/api/samples",
        f"{SERVER}/static/logo.png",
    ],
)
def test_a_url_of_elsewhere_stays_one(url: str):
    assert path_of(url, SERVER) == url


def test_a_server_below_a_path():
    assert path_of("https://x.org/pangea/api/samples", "https://x.org/pangea") == "/api/samples"
    assert path_of("https://x.org/api/samples", "https://x.org/pangea") == "https://x.org/api/samples"


@pytest.mark.parametrize(
    "url",
    [
        f"{SERVER}/api/samples?page=2",
        "http://pangea.example.org/api/samples?page=2",
        "http://10.0.0.7:8000/api/samples?page=2",
        "https://evil.example/api/samples?page=2",
        "samples?page=2",
    ],
)
def test_the_next_page_is_requested_at_the_server_that_was_queried(url: str):
    assert path_of(page_of(url, SERVER), SERVER) == "/api/samples?page=2"


@pytest.mark.parametrize("name", ["a/b", "", ".", "..", UUID, UUID.upper()])
def test_names_that_no_nested_route_refers_to(name: str):
    assert named(name) is None


@pytest.mark.parametrize(
    ("name", "quoted"), [("My Org", "My%20Org"), ("a?b#c", "a%3Fb%23c"), ("50% x", "50%25%20x"), ("v1.2", "v1.2")]
)
def test_names_in_nested_routes_are_quoted(name: str, quoted: str):
    assert named(name) == quoted


@given(st.text(min_size=1).filter(lambda name: named(name) is not None))
def test_a_quoted_name_passes_through_a_route_as_it_is(name: str):
    assert path_of(f"nested/{named(name)}", SERVER) == f"/api/nested/{named(name)}/"


def test_what_a_uuid_is():
    assert is_uuid(UUID)
    assert not is_uuid(UUID.replace("-", ""))
    assert not is_uuid(f"{{{UUID}}}")
