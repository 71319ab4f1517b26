"""The same verbs for every kind of thing: `ls`, `get`, `create`, `update` and `rm`, beside the documented names."""

import pytest
from omicsdk.cli.catalog import Catalog

pytestmark = pytest.mark.sandbox


@pytest.fixture
def auth(omics, dss):
    """Runs `omics auth ...` with the environment of the sandbox."""
    del dss
    return lambda *words, **how: omics("auth", *words, installed=True, **how)


def test_a_verb_is_the_operation(dss):
    listed, documented = (dss(*words, "--replica", "aws").json for words in (("bundles", "ls"), ("get-bundles-all",)))
    assert listed.keys() == documented.keys()
    assert listed["bundles"] == documented["bundles"]


def test_a_group_of_users_is_created_listed_shown_and_deleted(auth):
    made = auth("groups", "create", "--group-id", "curators")
    assert (made.code, made.err) == (0, "omics: created /v1/group\n")
    assert "curators" in auth("groups", "ls").json["groups"]
    assert auth("groups", "get", "curators").json == auth("get-v1-group", "--group-id", "curators").json
    gone = auth("groups", "rm", "curators")
    assert (gone.code, gone.err) == (0, "omics: deleted /v1/group/curators\n")
    assert "curators" not in auth("groups", "ls").json["groups"]


@pytest.mark.parametrize(
    ("service", "kinds"),
    [
        ("dss", ("bundles", "collections", "subscriptions", "events")),
        ("auth", ("users", "groups", "roles", "resources")),
    ],
)
def test_every_kind_of_object_is_listed_and_shown(service, kinds):
    group = Catalog().start(service)
    for kind in kinds:
        assert {"ls", "get"} <= {found.path[-1] for found in group.child(kind).visible_commands()}
