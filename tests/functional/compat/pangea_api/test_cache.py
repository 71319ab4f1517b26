"""Objects fetched by name are cached in private files, for their server and user only, and never with a secret."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, PangeaForbiddenError, Sample, SampleGroup
from omicsdk.sandbox import Sandbox


def kept(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("pangea_api_cache__*.json"))


# -- as objects use it


def test_what_was_fetched_is_not_requested_again(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    library.sample("s").create()
    Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    before = len(sandbox.requests("/pangea/"))
    again = Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    assert again.lib.org.uuid
    assert len(sandbox.requests("/pangea/")) == before > 0


def test_a_change_made_here_is_seen_at_once(knex: Knex, library: SampleGroup):
    sample = library.sample("s", metadata={"city": "Paris"}).create()
    fetched = Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    assert fetched.metadata == {"city": "Paris"}
    knex.patch(f"samples/{sample.uuid}", json={"metadata": {"city": "Rome"}})
    again = Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    assert again.metadata == {"city": "Rome"}
    knex.delete(f"samples/{sample.uuid}")
    assert not library.sample("s").exists()


def test_a_change_made_while_an_object_is_fetched_is_seen(
    knex: Knex, library: SampleGroup, monkeypatch: pytest.MonkeyPatch
):
    sample = library.sample("s", metadata={"city": "Paris"}).create()
    answered = Sample._fetch

    def changed_meanwhile(self: Sample) -> Any:
        found = answered(self)
        knex.patch(f"samples/{sample.uuid}", json={"metadata": {"city": "Rome"}})
        return found

    with monkeypatch.context() as slowly:
        slowly.setattr(Sample, "_fetch", changed_meanwhile)
        assert library.sample("s").get().metadata == {"city": "Paris"}
    assert library.sample("s").get().metadata == {"city": "Rome"}


def test_a_list_is_never_old(knex: Knex, library: SampleGroup, sandbox: Sandbox, tmp_path: Path):
    assert list(library.get_samples()) == []
    with Knex(sandbox.pangea_url) as other:
        other.auth = knex.auth
        other.post("samples", json={"name": "by another program", "library": library.uuid})
    fresh = Organization(knex, "An Org").sample_group("A Library")
    assert [sample.name for sample in fresh.get_samples()] == ["by another program"]


def test_no_token_is_ever_kept(knex: Knex, library: SampleGroup, tmp_path: Path):
    library.get_manifest()
    Organization(knex, "An Org").sample_group("A Library").get()
    assert kept(tmp_path)
    held = str(knex.auth and knex.auth.headers("GET", ""))
    secret = held.split("Token ")[1][:40]
    for file in tmp_path.rglob("*"):
        assert secret not in file.name
        assert not file.is_file() or secret not in file.read_text()


def test_after_a_logout_nothing_of_the_user_is_used(knex: Knex, org: Organization):
    org.sample_group("Secret", is_public=False).create()
    assert Organization(knex, "An Org").sample_group("Secret").get().uuid
    auth = knex.auth
    knex.auth = None
    with pytest.raises(PangeaForbiddenError):
        Organization(knex, "An Org").sample_group("Secret").get()
    knex.auth = auth
    assert Organization(knex, "An Org").sample_group("Secret").get().uuid
