"""`Crunch` and `AsyncCrunch`: the typed clients, with the settings of the documented one."""

import asyncio

import pytest
from omicsdk.core import ANONYMOUS, Basic, Unauthorized
from omicsdk.crunch import AsyncCrunch, Crunch
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_USER


def test_it_finds_the_site_and_the_token_by_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRUNCH_URL", f"{sandbox.crunch_url}/")
    monkeypatch.setenv("CRUNCH_TOKEN", sandbox.crunch_token)
    with Crunch() as crunch:
        assert crunch.get_next_dataset().dataset == "sandbox:example-reads"

        async def site_name() -> str:
            async with AsyncCrunch() as other:
                return (await other.get_project(slug="sandbox")).name

        assert asyncio.run(site_name()) == "Sandbox"
        assert sandbox.crunch_token not in repr(crunch)


def test_what_is_given_wins(sandbox: Sandbox):
    environ = {"CRUNCH_URL": "https://gone.example.org", "CRUNCH_TOKEN": "0" * 40}
    with Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token, environ=environ) as crunch:
        assert crunch.list_projects().count == 1
    basic = Basic(SANDBOX_CRUNCH_USER, sandbox.password)
    with Crunch(sandbox.crunch_url, credentials=basic, environ={}) as crunch:
        assert crunch.list_projects().count == 1
    with Crunch(sandbox.crunch_url, credentials=ANONYMOUS, environ={}) as crunch, pytest.raises(Unauthorized):
        crunch.list_projects()


def test_all_pages_come(sandbox: Sandbox):
    with Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token) as crunch:
        for number in range(25):
            crunch.add_item(parent="sandbox", name=f"Item {number}")
        names = [item.name for item in crunch.list_items.iterate()]
    assert names == ["Sandbox", "Example Reads", *(f"Item {number}" for number in range(25))]
