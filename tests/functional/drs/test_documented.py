"""The examples of the package's documentation, run unchanged against a server on loopback."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import omicsdk.drs
import pytest
from drs_download import download
from omicsdk import Drs
from omicsdk.core import BearerToken, Unauthorized
from omicsdk.drs.identifiers import KNOWN_HOSTS
from omicsdk.drs.resolution import SOURCES

TOKEN = "0123456789abcdef0123456789abcdef"
SEVEN_BRIDGES = "cavatica-ga4gh-api.sbgenomics.com"
EXAMPLES = [part for part in (omicsdk.drs.__doc__ or "").split("\n\n") if part.startswith(("with Drs()", "host = "))]


@pytest.fixture
def seven_bridges(host: Any) -> Any:
    """A server that wants a developer token, takes one object a request, and gives the token's URLs away from itself."""
    host.token, host.login, host.bulk = TOKEN, "x-sbg-auth-token", False
    return host


def test_both_examples_are_found() -> None:
    assert len(EXAMPLES) == 2


def test_an_object_of_an_open_server(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host.add("0d8b4c1e", b"reads")
    monkeypatch.chdir(tmp_path)
    exec(EXAMPLES[0].replace("data.example.org", host.name), {"Drs": Drs})
    assert (tmp_path / "reads/0d8b4c1e.bin").read_bytes() == b"reads"


def test_an_object_of_seven_bridges(seven_bridges: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seven_bridges.add("5e4a7f11e4b0c5d5b7a2a3c1", b"reads")
    monkeypatch.chdir(tmp_path)
    imports = "from omicsdk import ApiKey, Drs\nfrom omicsdk.drs import HostCredentials\n"
    assert imports in (omicsdk.drs.__doc__ or "")
    exec(imports + EXAMPLES[1].replace(SEVEN_BRIDGES, seven_bridges.name), {"token": TOKEN})
    assert (tmp_path / "reads/5e4a7f11e4b0c5d5b7a2a3c1.bin").read_bytes() == b"reads"
    stored = [headers for _, path, headers in seven_bridges.requests if path.startswith("storage/")]
    assert stored
    assert TOKEN not in str(stored)


def test_the_token_of_a_login_serves_as_well(host: Any, tmp_path: Path) -> None:
    host.token = TOKEN
    uri = host.add("1", b"reads")
    download([uri], tmp_path, credentials={host.name: BearerToken(TOKEN)}.get)


def test_a_token_goes_to_its_own_host_only(seven_bridges: Any, drs_host: Callable[[], Any], tmp_path: Path) -> None:
    elsewhere = drs_host()
    elsewhere.token = TOKEN
    uri = seven_bridges.bundle("b", {"name": "far", "drs_uri": elsewhere.add("far", b"far")})
    report = download([uri], tmp_path, credentials={seven_bridges.name: BearerToken(TOKEN)}.get, check=False)
    assert isinstance(report.outcomes[0].error, Unauthorized)
    assert TOKEN not in str(elsewhere.requests)
    assert TOKEN not in str(report.outcomes[0].error)


def test_the_page_lists_the_known_servers_as_they_are_known() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "drs-access.md"
    table = page.read_text(encoding="utf-8").partition("## Known servers")[2].partition("## Logins")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| `")
    ]
    titles = {"gen3": "Gen3", "google": "Google", "sb": "Seven Bridges"}
    assert rows == [
        [
            f"`{server.host}`",
            server.title,
            " ".join(f"`{prefix}`" for prefix in server.prefixes),
            titles[server.login],
            "yes" if server.passports else "no",
        ]
        for server in KNOWN_HOSTS
    ]


def test_the_page_lists_the_sources_in_their_order() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "drs-access.md"
    table = page.read_text(encoding="utf-8").partition("## How a prefix")[2].partition("## Known")[0]
    firsts = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert tuple(word for cell in firsts for word in re.findall(r"`(\w+)`", cell))[1:] == SOURCES
