"""`omics pangea`: objects of all kinds, credentials and the address."""

import json
import re

import pytest
from omicsdk.cli.commands.pangea import connect
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

ORG, LIBRARY = "Sandbox", "Sandbox Library"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def nobody(pangea, monkeypatch):
    """The same without a login."""

    def run(*words, **how):
        with monkeypatch.context() as patched:
            for name in ("PANGEA_USER", "PANGEA_PASS"):
                patched.delenv(name)
            return pangea(*words, **how)

    return run


def names(ran) -> list[str]:
    """The names in documented lines."""
    return [line.split(" ", 1)[1].rsplit(" ", 2)[0] for line in ran.out.splitlines()]


def test_an_organization_is_created_once(pangea):
    made = pangea("create", "org", "Lab")
    assert (made.code, made.json["name"]) == (0, "Lab")
    assert f"Created: <Pangea::Organization Lab {made.json['uuid']} />" in made.err
    assert pangea("create", "org", "Lab", tty=True).code == 1
    again = pangea("create", "org", "Lab")
    assert (again.code, "already exists" in again.err) == (1, True)
    assert names(pangea("list", "orgs")) == ["Sandbox", "Lab"]


def test_a_private_group_is_private_and_a_public_one_public(pangea, nobody):
    private = pangea("create", "sample-group", ORG, "Priv", "--private")
    assert (private.json["is_public"], private.json["is_library"]) == (False, True)
    public = pangea("create", "sample-group", ORG, "Pub", "--public", "--not-library")
    assert (public.json["is_public"], public.json["is_library"]) == (True, False)
    assert pangea("create", "sample-group", ORG, "Default").json["is_public"] is True
    assert pangea("list", "samples", ORG, "Priv").code == 0
    assert nobody("list", "samples", ORG, "Priv").code == 4
    assert nobody("list", "samples", ORG, "Pub").code == 0
    both = pangea("create", "sample-group", ORG, "X", "--private", "--public")
    assert (both.code, "are mutually exclusive" in both.err) == (2, True)
    missing = pangea("create", "sample-group", "Nope", "X")
    assert (missing.code, "There is no organization 'Nope'" in missing.err) == (1, True)
    assert names(pangea("list", "groups", ORG)) == [LIBRARY, "Priv", "Pub", "Default"]
    assert "Priv" not in names(nobody("list", "groups"))


def test_samples_are_made_once_and_listed(pangea, tmp_path):
    made = pangea("create", "samples", ORG, LIBRARY, "c1", "c2,c3")
    assert (made.code, names(made)) == (0, ["c1", "c2", "c3"])
    assert made.out.startswith("<Pangea::Sample c1 ")
    again = pangea("create", "samples", ORG, LIBRARY, "c1")
    assert (again.out, again.err) == (made.out.splitlines(keepends=True)[0], "omics: 0 samples created, 1 skipped\n")
    assert made.err == "omics: 3 samples created\n"
    (tmp_path / "work" / "names").write_text("c4\n\nc5,c1\n")
    more = pangea("create", "samples", ORG, LIBRARY, "-s", "names")
    assert names(more) == ["c4", "c5", "c1"]
    assert names(pangea("create", "samples", ORG, LIBRARY, "-s", "-", typed="c6\n")) == ["c6"]
    listed = pangea("list", "samples", ORG, LIBRARY)
    assert names(listed) == ["c1", "c2", "c3", "c4", "c5", "c6"]
    some = pangea("list", "samples", ORG, LIBRARY, "--limit", "2")
    assert (some.code, len(some.out.splitlines())) == (3, 2)
    assert "there are more than 2; --limit sets how many are listed" in some.err
    assert pangea("list", "samples", ORG, LIBRARY, "--limit", "6").code == 0
    data = pangea("list", "samples", ORG, LIBRARY, "--output", "json").json
    assert [row["name"] for row in data] == names(listed)
    nothing = pangea("create", "samples", ORG, LIBRARY)
    assert (nothing.code, "--sample-name-list" in nothing.err) == (2, True)


def test_a_group_that_owns_no_samples_reports_it(pangea):
    pangea("create", "sample-group", ORG, "Plain", "--not-library")
    ran = pangea("create", "samples", ORG, "Plain", "x")
    assert (ran.code, ran.out, "library" in ran.err) == (1, "", True)


def test_results_are_made_by_names_or_uuid(pangea):
    uuid = pangea("create", "samples", ORG, LIBRARY, "c1", "--query", "[0].uuid").out.strip()
    made = pangea("create", "sample-ar", ORG, LIBRARY, "c1", "mm", "-r", "1")
    assert (made.code, made.json["replicate"], "Created: " in made.err) == (0, "1", True)
    other = pangea("create", "sample-ar", uuid, "mm")
    assert other.json["sample"] == uuid
    assert names(pangea("list", "results", ORG, LIBRARY, "c1")) == ["mm 1", f"mm {other.json['replicate']}"]
    assert pangea("list", "results", ORG, LIBRARY).out == ""
    odd = pangea("create", "sample-ar", ORG, LIBRARY, "mm")
    assert (odd.code, "SAMPLE_UUID MODULE" in odd.err) == (2, True)
    missing = pangea("create", "sample-ar", ORG, LIBRARY, "zz", "mm")
    assert (missing.code, "no sample 'zz'" in missing.err) == (1, True)


def test_a_sample_of_another_library_is_found_in_a_library_that_it_was_added_to(pangea):
    pangea("create", "sample-group", ORG, "Other")
    pangea("create", "samples", ORG, "Other", "guest")
    pangea("add", "samples-to-group", ORG, "Other", ORG, LIBRARY, "guest")
    downloaded = pangea("download", "metadata", ORG, LIBRARY, "guest", "--output", "json")
    assert (downloaded.code, [row["name"] for row in downloaded.json]) == (0, ["guest"])
    created = pangea("create", "samples", ORG, LIBRARY, "guest", "--output", "json")  # a library has its own of a name
    assert (created.code, created.json[0]["uuid"] == downloaded.json[0]["uuid"]) == (0, False)


def test_samples_are_added_to_a_group(pangea, tmp_path):
    pangea("create", "samples", ORG, LIBRARY, "c1", "c2", "c3")
    pangea("create", "sample-group", ORG, "Plain", "--not-library")
    words = ("add", "samples-to-group", ORG, LIBRARY, ORG, "Plain")
    added = pangea(*words, "c1")
    assert (added.code, added.out, added.err) == (0, "Added 1 to Plain\n", "omics: 1 sample added\n")
    again = pangea(*words, "c1")
    assert (again.code, again.out, again.err) == (0, added.out, "omics: 0 samples added, 1 skipped\n")
    (tmp_path / "work" / "m").write_text("c2\nzz\n")
    some = pangea(*words, "--sample-manifest", "m")
    assert (some.code, 'Sample "zz" not found in Sandbox Library' in some.err) == (3, True)
    assert names(pangea("list", "samples", ORG, "Plain")) == ["c1", "c2"]
    onward = ("add", "samples-to-group", ORG, "Plain", ORG, LIBRARY)
    assert pangea(*onward, "c2", "--output", "json").json["added"][0]["name"] == "c2"
    assert pangea(*words).code == 2
    assert pangea(*words, "--sample-manifest", "gone").code == 2


def test_what_is_deleted_is_confirmed_first(pangea):
    uuids = [row["uuid"] for row in pangea("create", "samples", ORG, LIBRARY, "a,b,c", "--output", "json").json]
    foreseen = pangea("delete", "sample", uuids[0], "--dry-run").json
    assert foreseen == [{"would delete": "sample", "name": "a", "uuid": uuids[0]}]
    refused = pangea("delete", "sample", uuids[0], tty=True, typed="n\n")
    assert (refused.code, "the sample a" in refused.err, "nothing was deleted" in refused.err) == (130, True, True)
    assert len(pangea("list", "samples", ORG, LIBRARY).out.splitlines()) == 3
    assert pangea("delete", "sample", uuids[0], tty=True, typed="y\n").code == 0
    gone = pangea("delete", "sample", uuids[1].upper())
    assert (gone.code, f"deleted sample {uuids[1]}" in gone.err) == (0, True)
    again = pangea("delete", "sample", uuids[1])
    assert (again.code, "404" in again.err) == (1, True)
    some = pangea("delete", "sample", uuids[1], uuids[2], "--yes")
    assert (some.code, [row["uuid"] for row in some.json]) == (3, [uuids[2]])
    assert pangea("list", "samples", ORG, LIBRARY).out == ""


def test_groups_and_results_are_deleted(pangea):
    pangea("create", "samples", ORG, LIBRARY, "a")
    result = pangea("create", "sample-ar", ORG, LIBRARY, "a", "mm").json["uuid"]
    assert pangea("delete", "sample-result", result).json[0]["deleted"] == "sample result"
    assert pangea("list", "results", ORG, LIBRARY, "a").out == ""
    library = pangea("api", "list-sample-groups").json["results"][0]["uuid"]
    made = pangea("api", "create-sample-group-analysis-result", "--module-name", "mm", "--sample-group", library)
    assert pangea("delete", "group-result", made.json["uuid"]).code == 0
    group = pangea("create", "sample-group", ORG, "G").json["uuid"]
    assert pangea("delete", "group", group).json == [{"deleted": "sample group", "name": "G", "uuid": group}]
    assert names(pangea("list", "groups")) == [LIBRARY]


def test_tags_are_made_given_and_listed(pangea):
    pangea("create", "samples", ORG, LIBRARY, "a", "b")
    made = pangea("tag", "create", "t1", "t/2")
    assert (made.code, names(made)) == (0, ["t1", "t/2"])
    assert made.out.startswith("<Pangea::Contrib::Tag t1 ")
    again = pangea("tag", "create", "t1")
    assert (again.out, again.err) == (made.out.splitlines(keepends=True)[0], "omics: 0 tags created, 1 skipped\n")
    assert names(pangea("tag", "samples-in-group", ORG, LIBRARY, "t1", "t/2")) == ["a", "b"]
    tagged = pangea("tag", "group", ORG, LIBRARY, "t/2")
    assert (tagged.code, tagged.out, tagged.err) == (0, "", f"omics: tagged {LIBRARY} with t/2\n")
    assert sorted(names(pangea("tag", "list", "random-samples", "t1"))) == ["a", "b"]
    assert len(pangea("tag", "list", "random-samples", "t/2", "-n", "1").out.splitlines()) == 1
    assert names(pangea("tag", "list", "groups", "t/2")) == [LIBRARY]
    missing = pangea("tag", "group", ORG, LIBRARY, "zz")
    assert (missing.code, "There is no tag 'zz'" in missing.err) == (1, True)


def test_projects_and_buckets_are_listed(pangea):
    org = pangea("list", "orgs", "--query", "[0].uuid").out.strip()
    pangea("api", "create-project", "--name", "P", "--organization", org)
    assert names(pangea("list", "projects", ORG)) == ["P"]
    assert len(names(pangea("list", "buckets"))) == 1
    assert "private_key" not in json.dumps(pangea("list", "buckets", "--output", "json").json)


def test_unknown_objects_are_reported_by_name(pangea, nobody):
    assert "There is no organization 'nope'" in pangea("list", "samples", "nope", LIBRARY).err
    missing = nobody("list", "samples", ORG, "nope")
    assert (missing.code, "what is not public requires a login" in missing.err) == (1, True)
    assert pangea("delete", "group", NOBODYS).code == 1


def test_objects_have_the_verbs_of_the_grammar(pangea):
    pangea("orgs", "create", "Lab")
    pangea("groups", "create", "Lab", "G")
    pangea("samples", "create", "Lab", "G", "s")
    pangea("results", "create", "Lab", "G", "s", "mm", "-r", "1")
    pangea("tags", "create", "t")
    org = pangea("orgs", "get", "Lab").json["uuid"]
    assert pangea("projects", "create", "P", "--organization", org).json["name"] == "P"
    group, sample = pangea("groups", "get", "Lab", "G").json, pangea("samples", "get", "Lab", "G", "s").json
    assert (group["organization"], sample["library"]) == (org, group["uuid"])
    assert names(pangea("samples", "ls", "Lab", "G")) == ["s"]
    assert names(pangea("groups", "ls", "Lab")) == ["G"]
    assert "Lab" in names(pangea("orgs", "ls"))
    result = pangea("results", "ls", "Lab", "G", "s", "--output", "json").json[0]
    assert pangea("results", "get", result["uuid"]).json["module_name"] == "mm"
    changed = pangea("groups", "update", group["uuid"], "--is-public=false")
    assert (changed.code, changed.json["is_public"]) == (0, False)
    assert re.fullmatch(rf"omics: changed /\S*api/sample_groups/{group['uuid']}\n", changed.err)
    assert pangea("samples", "update", sample["uuid"], "--name", "s2").json["name"] == "s2"
    tag = pangea("tags", "get", "t").json["uuid"]
    assert re.fullmatch(rf"omics: deleted /\S*/tags/{tag}\n", pangea("tags", "rm", tag).err)
    assert pangea("tags", "get", "t").code == 1
    assert pangea("results", "rm", result["uuid"]).code == 0
    assert pangea("samples", "rm", sample["uuid"]).code == 0
    project = pangea("projects", "ls", "Lab", "--query", "[0].uuid").out.strip()
    assert pangea("projects", "rm", project).code == 0
    assert pangea("groups", "rm", group["uuid"]).code == 0
    assert pangea("orgs", "rm", org).code == 0
    assert "Lab" not in names(pangea("orgs", "ls"))
    bucket = pangea("buckets", "ls", "--query", "[0].uuid").out.strip()
    assert pangea("buckets", "get", bucket).json["uuid"] == bucket


@pytest.fixture
def login(omics_sandbox):
    return ("-e", SANDBOX_PANGEA_USER, "-p", omics_sandbox.password)


@pytest.fixture
def no_login(monkeypatch):
    """No login in the environment."""
    for name in ("PANGEA_USER", "PANGEA_PASS"):
        monkeypatch.delenv(name)


def requested_paths(sandbox) -> list[str]:
    return [entry["path"] for entry in sandbox.requests("/pangea")]


def test_the_environment_states_who_and_where(pangea, omics_sandbox):
    ran = pangea("user", "info")
    assert (ran.code, ran.json["email"]) == (0, SANDBOX_PANGEA_USER)
    assert list(ran.json) == sorted(ran.json)
    assert pangea("user", "info", "--query", "email").out == f"{SANDBOX_PANGEA_USER}\n"


def test_options_say_it_too_before_and_behind_the_words(pangea, omics_sandbox, login, no_login, monkeypatch):
    monkeypatch.delenv("PANGEA_ENDPOINT")
    where = ("--endpoint", omics_sandbox.pangea_url)
    assert pangea("user", "info", *login, *where).json["email"] == SANDBOX_PANGEA_USER
    assert pangea(*login, *where, "user", "info").json["email"] == SANDBOX_PANGEA_USER
    assert pangea("api", "get-me", *login, *where).json["email"] == SANDBOX_PANGEA_USER
    assert pangea("user", "info", *login, "--endpoint", f"{omics_sandbox.pangea_url}/api/").code == 0


def test_without_a_login_nothing_of_one_is_sent_and_what_is_public_is_read(pangea, omics_sandbox, no_login):
    assert pangea("list", "samples", "Sandbox", "Sandbox Library").code == 0
    assert not [path for path in requested_paths(omics_sandbox) if "login" in path]
    refused = pangea("create", "org", "Mine")
    assert (refused.code, "credentials were not provided" in refused.err, "PANGEA_USER" in refused.err) == (
        4,
        True,
        True,
    )
    for words in (("user", "info"), ("user", "token"), ("user", "change-password", "x"), ("list", "buckets")):
        ran = pangea(*words)
        assert (ran.code, "login" in ran.err) == (4, True)


def test_a_token_takes_the_place_of_a_password(pangea, login, no_login, monkeypatch):
    token = pangea("user", "token", *login).out.strip()
    assert len(token) == 40
    assert pangea("user", "info", "--access-token", token).json["email"] == SANDBOX_PANGEA_USER
    monkeypatch.setenv("OMICS_PANGEA_TOKEN", token)
    assert pangea("user", "info").json["email"] == SANDBOX_PANGEA_USER
    assert pangea("api", "get-me").json["email"] == SANDBOX_PANGEA_USER
    both = pangea("user", "info", *login)
    assert (both.code, "are mutually exclusive" in both.err) == (2, True)
    assert pangea("api", "logout").code == 0
    ended = pangea("list", "orgs")
    assert (ended.code, "Invalid token" in ended.err) == (4, True)


def test_a_password_is_changed_and_needs_the_present_one(pangea, monkeypatch):
    weak = pangea("user", "change-password", "1")
    assert (weak.code, "too short" in weak.err) == (1, True)
    changed = pangea("user", "change-password", "-", typed="Newpass99-\n")
    assert (changed.code, f"changed password for user: {SANDBOX_PANGEA_USER}" in changed.err) == (0, True)
    assert pangea("user", "info").code == 4
    monkeypatch.setenv("PANGEA_PASS", "Newpass99-")
    assert pangea("user", "info").code == 0
    assert pangea("user", "change-password", "-", typed="\n").code == 2


def test_a_password_of_the_environment_is_not_for_another_server(pangea, omics_sandbox):
    other = omics_sandbox.pangea_url.replace("127.0.0.1", "localhost")
    ran = pangea("user", "info", "--endpoint", other)
    assert ran.code == 4
    assert f"PANGEA_USER and PANGEA_PASS belong to {omics_sandbox.pangea_url}" in ran.err


def test_the_default_is_the_public_platform(monkeypatch):
    monkeypatch.delenv("PANGEA_ENDPOINT", raising=False)
    assert connect(None).base_url == "https://pangeabio.io"


def test_a_file_takes_what_is_printed(pangea, tmp_path):
    ran = pangea("user", "info", "-o", "me.json")
    assert (ran.code, ran.out) == (0, "")
    assert SANDBOX_PANGEA_USER in (tmp_path / "work" / "me.json").read_text()
    both = pangea("user", "info", "-o", "me.json", "--output", "json")
    assert both.json["email"] == SANDBOX_PANGEA_USER
    gone = pangea("user", "info", "-o", "gone/me.json")
    assert (gone.code, "does not exist" in gone.err) == (2, True)


def test_the_version_is_ours_and_sends_no_request(pangea, omics_sandbox):
    from omicsdk import __version__

    assert pangea("version").out == f"{__version__}\n"
    assert requested_paths(omics_sandbox) == []


def test_operations_take_the_same_login(pangea, no_login):
    assert pangea("api", "list-organizations").json["results"][0]["name"] == "Sandbox"
    wrong = pangea("api", "get-me", "-e", SANDBOX_PANGEA_USER, "-p", "wrong")
    assert (wrong.code, "Unable to log in" in wrong.err) == (4, True)
    half = pangea("api", "get-me", "-e", SANDBOX_PANGEA_USER)
    assert (half.code, "Missing password for" in half.err) == (4, True)
    refused = pangea("api", "create-organization", "--name", "X")
    assert (refused.code, "credentials were not provided" in refused.err) == (4, True)
