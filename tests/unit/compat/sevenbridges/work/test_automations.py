"""Automations, their packages, members and runs."""

from datetime import datetime

import httpx
import pytest
from omicsdk.compat.sevenbridges import NotFound, ResourceNotModified, SbgError, ValidationError
from omicsdk.compat.sevenbridges.models.automation import Automation, AutomationMember, AutomationPackage, AutomationRun

ID = "11111111-1111-4111-8111-111111111111"
AT = f"/automation/automations/{ID}"


@pytest.fixture
def automation(api):
    return api.automations.of({"id": ID, "name": "n", "archived": False, "secret_settings": {"s": 1}}, api)


@pytest.fixture
def package(api):
    return api.automation_packages.of({"id": "pk", "automation": ID, "version": "1", "custom_url": "x"}, api)


@pytest.fixture
def run(api):
    return api.automation_runs.of({"id": "rid", "name": "n", "status": "RUNNING", "inputs": {"a": 1}}, api)


def test_query(api, platform):
    platform.lists("/automation/automations", {"id": ID})
    assert repr(api.automations.query()[0]) == f"<Automation: id={ID} name=None>"
    api.automations.query(name="n", include_archived=True, project_based=True, offset=0, limit=1)
    assert platform.request_texts == [
        "GET /automation/automations?include_archived=False",
        "GET /automation/automations?name=n&include_archived=True&project_based=True&offset=0&limit=1",
    ]


def test_create(api, platform):
    platform.on("POST /automation/automations", {"id": ID, "name": "n"})
    group = api.billing_groups.of({"id": ID}, api)
    made = api.automations.create("n", "d", group, {"s": 1}, project_based=True, memory_limit=512)
    assert made.id == ID
    assert platform.sent == {
        "name": "n",
        "description": "d",
        "billing_group": ID,
        "secret_settings": {"s": 1},
        "project_based": True,
        "memory_limit": 512,
    }
    api.automations.create("n")
    assert platform.sent == {"name": "n"}
    with pytest.raises(ValidationError, match="name"):
        api.automations.create("")


def test_save_sends_what_was_changed(automation, platform):
    platform.on(f"PATCH {AT}", {"id": ID, "name": "zzz"})
    automation.name = "zzz"
    automation.secret_settings["t"] = 2
    automation.project_based = True
    automation.memory_limit = 512
    assert automation.save() is automation
    assert platform.sent == {
        "name": "zzz",
        "secret_settings": {"t": 2},
        "project_based": True,
        "memory_limit": 512,
    }
    with pytest.raises(ResourceNotModified):
        automation.save()


def test_a_time_that_was_set_reads_as_it_was_and_is_sent_as_text(automation, platform):
    platform.on(f"PATCH {AT}", {"id": ID, "modified_on": "2024-01-02T00:00:00Z"})
    automation.modified_on = datetime(2024, 1, 2)
    assert automation.modified_on == datetime(2024, 1, 2)
    automation.save()
    assert platform.sent == {"modified_on": "2024-01-02T00:00:00"}
    assert automation.modified_on == datetime(2024, 1, 2)


def test_a_time_without_a_zone_is_sent_as_text_wherever_it_stands(automation, platform):
    platform.on(f"PATCH {AT}", {"id": ID, "secret_settings": {"from": "2024-01-02T00:00:00Z"}})
    automation.secret_settings = {"from": datetime(2024, 1, 2), "all": [datetime(2024, 1, 3)]}
    automation.save()
    assert platform.sent == {"secret_settings": {"from": "2024-01-02T00:00:00", "all": ["2024-01-03T00:00:00"]}}


@pytest.mark.parametrize(("action", "archived"), [("archive", True), ("restore", False)])
def test_archive_and_restore(automation, package, platform, action, archived):
    platform.on(f"POST {AT}/actions/{action}", {"id": ID, "archived": archived})
    platform.on(f"POST {AT}/packages/pk/actions/{action}", {"id": "pk", "archived": archived})
    assert getattr(automation, action)() is automation
    assert automation.archived is archived
    assert getattr(package, action)() is package
    assert package.archived is archived


def test_archiving_keeps_edits(automation, platform):
    platform.on(f"POST {AT}/actions/archive", {"id": ID, "name": "n", "archived": True})
    automation.name = "zzz"
    automation.archive()
    assert automation.changes() == {"name": "zzz"}


def test_packages(api, automation, platform):
    platform.lists(f"{AT}/packages", {"id": "pk", "version": "1"})
    platform.on("GET /automation/packages/pk", {"id": "pk", "schema": {"i": 1}})
    assert isinstance(automation.get_packages(offset=0, limit=1)[0], AutomationPackage)
    assert platform.request_texts == [f"GET {AT}/packages?offset=0&limit=1"]
    assert api.automation_packages.query(automation)[0].version == "1"
    assert api.automations.get_package("pk").schema == {"i": 1}
    assert automation.get_package(api.automation_packages.of({"id": "pk"}, api)).id == "pk"
    assert api.automation_packages.get("pk").id == "pk"


def test_a_package_is_made_of_uploaded_code(api, automation, platform):
    platform.on(f"POST {AT}/packages", {"id": "pk"})
    code = api.files.of({"id": "loc"}, api)
    api.automation_packages.create(automation, "1", code, {"i": 1}, memory_limit=1, python="3.8")
    assert platform.sent == {"version": "1", "location": "loc", "schema": {"i": 1}, "memory_limit": 1, "python": "3.8"}


@pytest.mark.parametrize("missing", ["version", "location", "schema"])
def test_a_package_needs_all_of_it(api, automation, platform, missing):
    arguments = {"version": "1", "location": "loc", "schema": {}} | {missing: None}
    with pytest.raises(ValidationError, match=missing):
        api.automation_packages.create(automation, **arguments)
    assert platform.request_texts == []


def test_a_run_needs_a_package(api, platform):
    with pytest.raises(SbgError, match="no id"):
        api.automation_runs.create(None)
    with pytest.raises(SbgError, match="no id"):
        api.automation_runs.rerun(None)
    assert platform.request_texts == []


def test_a_package_is_saved(package, platform):
    platform.on("PATCH /automation/packages/pk", {"id": "pk", "custom_url": "z"})
    package.custom_url = "z"
    package.memory_limit = 5
    package.save()
    assert platform.sent == {"custom_url": "z", "memory_limit": 5}


def test_a_package_needs_a_version_and_a_file(automation, platform, tmp_path):
    with pytest.raises(ValidationError, match="version"):
        automation.add_package("", tmp_path / "code.zip", {})
    with pytest.raises(SbgError, match=r"code\.zip"):
        automation.add_package("1", tmp_path / "code.zip", {})
    (tmp_path / "empty.zip").touch()
    with pytest.raises(SbgError, match="empty"):
        automation.add_package("1", tmp_path / "empty.zip", {})
    assert platform.request_texts == []


MEMBER = {
    "href": f"https://api.example.org/v2{AT}/members/bob",
    "username": "bob",
    "permissions": {"read": True, "write": False},
}


def test_members(api, automation, platform):
    platform.lists(f"{AT}/members", MEMBER)
    platform.on(f"GET {AT}/members/bob", MEMBER)
    platform.on(f"POST {AT}/members", lambda request: request.body)
    platform.on(f"DELETE {AT}/members/bob", httpx.Response(204))
    platform.on(f"DELETE {AT}/members/tm", httpx.Response(204))
    (bob,) = automation.get_members(offset=0, limit=1)
    assert isinstance(bob, AutomationMember)
    assert automation.get_member("bob") == bob
    assert automation.get_member(api.users.of({"username": "bob"}, api)).permissions["read"] is True
    assert len({bob, automation.get_member(bob)}) == 1
    automation.add_member(api.users.of({"username": "bob"}, api), {"read": True})
    assert platform.sent == {"username": "bob", "permissions": {"read": True}}
    automation.add_team_member(api.teams.of({"id": "tm"}, api), {"read": True})
    assert platform.sent == {"id": "tm", "type": "team", "permissions": {"read": True}}
    assert automation.remove_member(bob) is None
    assert automation.remove_team_member("tm") is None
    assert platform.request_texts[-2:] == [f"DELETE {AT}/members/bob", f"DELETE {AT}/members/tm"]


def test_a_members_rights_are_saved_as_a_whole(api, platform):
    platform.on(f"PATCH {AT}/members/bob", MEMBER)
    bob = AutomationMember.of(MEMBER, api)
    with pytest.raises(ResourceNotModified):
        bob.save()
    bob.permissions["write"] = True
    platform.on(f"PATCH {AT}/members/bob", lambda request: {**MEMBER, **request.body})
    assert bob.save() is bob
    assert platform.sent == {"permissions": {"read": True, "write": True}}
    assert bob.permissions["write"] is True
    assert bob.changes() == {}
    platform.on(f"PATCH {AT}/members/bob", MEMBER)
    bob.permissions["read"] = False
    assert bob.save().permissions == MEMBER["permissions"], "as the platform confirms them"


def test_a_member_leaves(api, platform):
    platform.on(f"DELETE {AT}/members/bob", httpx.Response(204))
    AutomationMember.of(MEMBER, api).delete()
    assert platform.request_texts == [f"DELETE {AT}/members/bob"]


def test_a_member_of_nowhere_can_not_be_saved(api):
    bob = AutomationMember.of({"username": "bob", "permissions": {"read": True}}, api)
    bob.permissions["read"] = False
    with pytest.raises(SbgError, match="The automation of"):
        bob.save()


def test_a_user_who_is_not_a_member(automation):
    with pytest.raises(NotFound):
        automation.get_member("nobody")


def test_runs_of_an_automation(api, automation, package, platform):
    platform.lists("/automation/runs", {"id": "rid"})
    runs = automation.get_runs(
        package=package,
        status="RUNNING",
        name="n",
        created_by="me",
        created_from=datetime(2020, 1, 2),
        created_to="y",
        project_id=api.projects.of({"id": "o/p"}, api),
        order_by="name",
        order="asc",
        offset=0,
        limit=1,
    )
    assert isinstance(runs[0], AutomationRun)
    assert platform.request_texts == [
        f"GET /automation/runs?name=n&automation_id={ID}&package_id=pk&status=RUNNING&created_by=me"
        "&created_from=2020-01-02T00:00:00&created_to=y&project_id=o/p&order_by=name&order=asc&offset=0&limit=1"
    ]
    api.automation_runs.query()
    assert platform.request_texts[-1] == "GET /automation/runs"


def test_a_run_is_begun(api, package, run, platform):
    platform.on("POST /automation/runs", {"id": "new", "status": "CREATED"})
    made = api.automation_runs.create(
        package,
        {"a": api.files.of({"id": "f", "type": "file"}, api), "t": datetime(2024, 1, 2)},
        {"b": datetime(2024, 1, 3)},
        run,
        "n",
        {"s": 1},
        1,
    )
    assert made.status == "CREATED"
    assert platform.sent == {
        "package": "pk",
        "inputs": {"a": {"class": "File", "path": "f"}, "t": "2024-01-02T00:00:00"},
        "settings": {"b": "2024-01-03T00:00:00"},
        "resume_from": "rid",
        "name": "n",
        "secret_settings": {"s": 1},
        "memory_limit": 1,
    }
    api.automation_runs.create("pk")
    assert platform.sent == {"package": "pk", "inputs": {}}


def test_a_rerun_sends_its_arguments(api, run, platform):
    platform.on("POST /automation/runs/rid/actions/rerun", {"id": "again"})
    again = api.automation_runs.rerun(
        run,
        package="pk",
        inputs={"a": 2},
        settings={"b": 3},
        resume_from="r0",
        name="n2",
        secret_settings={"s": 2},
        merge=False,
    )
    assert again.id == "again"
    assert platform.sent == {
        "merge": False,
        "package": "pk",
        "inputs": {"a": 2},
        "settings": {"b": 3},
        "resume_from": "r0",
        "name": "n2",
        "secret_settings": {"s": 2},
    }
    api.automation_runs.rerun("rid")
    assert platform.sent == {"merge": True}


def test_a_run_is_saved_and_stopped(run, platform):
    platform.on("PATCH /automation/runs/rid", {"id": "rid", "name": "z"})
    platform.on("POST /automation/runs/rid/actions/stop", httpx.Response(200, content=b"stopping"))
    run.name = "z"
    run.inputs["b"] = 2
    run.memory_limit = 512
    assert run.save() is run
    assert platform.sent == {"name": "z", "inputs": {"b": 2}, "memory_limit": 512}
    assert run.stop() == b"stopping"


def test_the_state_and_log_of_a_run(api, platform):
    platform.on("GET /automation/runs/rid/state", {"main": {"started_at": 1}})
    payload = {"id": "rid", "execution_details": {"log_file": {"id": "f-log", "name": "run.log"}}}
    run = api.automation_runs.of(payload, api)
    assert run.get_state() == {"main": {"started_at": 1}}
    log = run.get_log_file()
    assert (log.id, log.name, log.api) == ("f-log", "run.log", api)
    assert api.automation_runs.of({"id": "rid", "execution_details": {"log_file": "f"}}, api).get_log_file().id == "f"
    assert api.automation_runs.of({"id": "rid", "execution_details": {}}, api).get_log_file() is None
    assert api.automation_runs.of({"id": "rid", "execution_details": None}, api).get_log_file() is None


def test_a_run_knows_its_automation_and_package(api, platform):
    run = api.automation_runs.of(
        {"id": "rid", "automation": {"id": ID, "name": "n"}, "package": {"id": "pk", "version": "1"}}, api
    )
    assert isinstance(run.automation, Automation)
    assert (run.automation.name, run.package.version) == ("n", "1")
    platform.on(f"GET {AT}", {"id": ID, "name": "n", "description": "all of it"})
    assert run.automation.description == "all of it"


@pytest.mark.parametrize("rights", [None, "read", ["read"]])
def test_rights_are_a_dictionary(automation, platform, rights):
    for add in (automation.add_member, automation.add_team_member):
        with pytest.raises(ValidationError, match="permissions is a dictionary"):
            add("bob", rights)
    assert platform.request_texts == []
