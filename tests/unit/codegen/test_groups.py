"""Groups of operations, and their names there: by tag, dots or path; stable, pinned by overlays, reported."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from omicsdk_codegen.declarations import declared_operations
from omicsdk_codegen.diffing import compare
from omicsdk_codegen.document import Document
from omicsdk_codegen.explaining import as_text, explain
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.generate import plan_package
from omicsdk_codegen.groups import Groups, group_operations
from omicsdk_codegen.operations import name_operations
from omicsdk_codegen.plan import Package, plan
from omicsdk_codegen.project import files_around
from omicsdk_codegen.render import render_package
from omicsdk_codegen.source import Places
from small_documents import operation, reference

ARRAY = operation({"type": "array"})["responses"]
REFERENCED = operation(reference("Held"))["responses"]
OBJECT = operation({"type": "object"})["responses"]
CREATED = {"201": {"description": ""}}
SCHEMAS: dict[str, Any] = {
    "Held": {"allOf": [{"type": "object"}, reference("Page")]},
    "Page": {"properties": {"samples": reference("Samples")}},
    "Samples": {"type": "array", "items": {}},
}


Operation = tuple[str, str, str | None, str, dict[str, Any]]


def _document(*operations: Operation, **members: Any) -> Document:
    """A document of operations: method, path, tag, operationId and further members."""
    paths: dict[str, Any] = {}
    for method, path, tag, name, more in operations:
        operation = {
            "responses": {},
            **({"operationId": name} if name else {}),
            **({"tags": [tag]} if tag else {}),
            **more,
        }
        paths.setdefault(path, {})[method] = operation
    data = {"openapi": "3.1.0", "paths": paths, "components": {"schemas": SCHEMAS}, **members}
    return Document(data, "thing.yaml", Places())


def _grouped(document: Document, report: Report | None = None) -> Groups:
    operations = list(declared_operations(document.data))
    return group_operations(document, operations, name_operations(operations), report or Report())


def _paths(document: Document, report: Report | None = None) -> list[str]:
    groups = _grouped(document, report)
    return [groups.path_of(operation.key) for operation in declared_operations(document.data)]


OTHER: Operation = ("get", "/other", "Other", "see_other", {})


@pytest.mark.parametrize(
    ("tag", "name", "request_", "more", "path"),
    [
        ("Samples", "list_samples", "GET /samples", {}, "samples.list"),
        ("Samples", "listSamples", "GET /samples", {}, "samples.list"),
        ("sample", "samples_list", "GET /samples", {}, "sample.list"),
        ("Samples", "get_sample", "GET /samples/{id}", {}, "samples.get"),
        ("Samples", "get_sample_tags", "GET /samples/{id}/tags", {}, "samples.get_tags"),
        ("Samples", "importSample", "POST /samples", {}, "samples.import_"),
        ("Samples", "search_samples_by_name", "GET /samples", {}, "samples.search_by_name"),
        ("Samples", "move_to_sample", "POST /samples/{id}/move", {}, "samples.move"),
        ("Companies", "attachContactToACompany", "POST /contacts/{id}", {}, "companies.attach_contact"),
        ("Samples", "find_by_sample", "GET /runs", {}, "samples.find_by_sample"),
        ("Boxes", "unpack_box", "POST /boxes/{id}", {}, "boxes.unpack"),
        ("Policies", "delete_policy", "DELETE /policies/{id}", {}, "policies.delete"),
        ("Statuses", "get_status", "GET /statuses/{id}", {}, "statuses.get"),
        ("Webhooks", "create_web_hook", "POST /hooks", {}, "webhooks.create"),
        ("Project members", "add_project_member", "POST /projects/{id}/members", {}, "project_members.add"),
        ("User Management", "ban_user", "POST /users/{id}/ban", {}, "user_management.ban"),
        ("Imports and exports", "list_exports", "GET /exports", {}, "imports_and_exports.list_exports"),
        # A list is one by what is answered, not by its noun alone.
        ("Samples", "get_samples", "GET /samples", {"responses": ARRAY}, "samples.list"),
        ("Samples", "get_samples", "GET /samples", {"responses": REFERENCED}, "samples.list"),
        ("Samples", "get_samples", "GET /samples", {"x-omics-pagination": {}}, "samples.list"),
        ("Samples", "GetSampleList", "GET /samples", {"responses": ARRAY}, "samples.list"),
        ("Settings", "get_settings", "GET /settings", {"responses": OBJECT}, "settings.get"),
        ("Tasks", "getTasksForProject", "GET /projects/{id}/tasks", {"responses": ARRAY}, "tasks.list_for_project"),
        ("Tasks", "getTasksForTaskList", "GET /lists/{id}/tasks", {"responses": ARRAY}, "tasks.list_for_task_list"),
        # What stands before the noun is its owner, an adjective, or the other half of it.
        ("Roles", "delete_user_role", "DELETE /users/{id}/roles/{role}", {}, "roles.delete_for_user"),
        ("Roles", "get_user_roles", "GET /users/{id}/roles", {"responses": ARRAY}, "roles.list_for_user"),
        ("Attributes", "get_char_attribute", "GET /attributes/char/{id}", {}, "attributes.get_char"),
        ("Roles", "delete_user_role", "DELETE /me/roles/{role}", {}, "roles.delete_user_role"),
        ("Projects", "list_owner_projects", "GET /projects/{owner}", {"responses": ARRAY}, "projects.list_for_owner"),
        ("Users", "create_or_update_user", "PUT /users", {}, "users.create_or_update"),
        ("Users", "get_current_user", "GET /users/current", {}, "users.get_current"),
        ("Keys", "delete_api_key", "DELETE /api_keys/{id}", {}, "keys.delete_api_key"),
        # A first word is the group's if a sign or a verb after it tells so.
        ("core", "core_users_list", "GET /core/users/", {}, "core.users.list"),
        ("core", "core_users_me_retrieve", "GET /core/users/me/", {}, "core.users.me_retrieve"),
        ("core", "core_users_partial_update", "PATCH /api/v3/core/users/{id}/", {}, "core.users.partial_update"),
        ("search", "search/code", "GET /search/code", {}, "search.code"),
        ("repos", "repos/get-repo-rule-suite", "GET /repos/{id}/suites", {}, "repos.get_repo_rule_suite"),
        ("Accounts", "Accounts_GetAccount", "GET /accounts/{id}", {}, "accounts.get"),
        ("users", "UsersController_findAll", "GET /users", {}, "users.find_all"),
        ("link", "link_google_account", "GET /link/google", {}, "link.link_google_account"),
        ("log", "log_in", "POST /in", {}, "log.log_in"),
        ("bulk", "bulk_delete_files", "POST /bulk/files", {}, "bulk.delete_files"),
        # What frameworks add to names.
        ("items", "read_items_items__get", "GET /items/", {}, "items.read"),
        ("items", "read_item_items__id__get", "GET /items/{id}", {}, "items.read"),
        ("user-controller", "banUser", "POST /users", {}, "user.ban"),
        ("Users API", "banUser", "POST /users", {}, "users.ban"),
        # Names by method and path.
        ("Files", "get_files_id", "GET /files/{file_id}", {}, "files.get"),
        ("Files", "post_files_id_copy", "POST /files/{file_id}/copy", {}, "files.copy"),
        ("Versions", "get_files_id_versions", "GET /files/{id}/versions", {"responses": ARRAY}, "versions.list_for_files"),
        ("Files", "post_files", "POST /files", {"responses": CREATED}, "files.create"),
        ("Files", "post_files", "POST /files", {"responses": OBJECT}, "files.post"),
        ("Files", "", "PATCH /v2/files/{id}", {}, "files.update"),
        # Without a tag.
        (None, "list_samples", "GET /api/v1/samples/{id}", {}, "samples.list"),
        ("default", "list_samples", "GET /samples", {}, "samples.list"),
        (None, "files.comments.list", "GET /x/{id}", {}, "files.comments.list"),
        (None, "jwks.json", "GET /keys", {}, "jwks.json"),
        (None, "ping", "GET /", {}, ""),
        # Tags with dots are groups in groups, numbers and abbreviations are not.
        ("users.sessions", "list_user_sessions", "GET /s", {}, "users.sessions.list"),
        ("v1.0 samples", "list_samples", "GET /s", {}, "v1_0_samples.list"),
        # An operation with the name of its group is the client's, or that of the group above.
        ("logout", "logout", "GET /logout", {}, ""),
        ("users.logout", "logout", "GET /logout", {}, "users.logout"),
    ],
)  # fmt: skip
def test_names_in_groups(tag: str | None, name: str, request_: str, more: dict[str, Any], path: str) -> None:
    method, _, url = request_.partition(" ")
    beside = ("put", f"{url.rstrip('/')}/at/once", tag, "change_all_at_once", {})
    assert _paths(_document((method.lower(), url, tag, name, more), beside, OTHER))[0] == path


def test_a_part_of_a_path_that_one_operation_has_is_no_group() -> None:
    alone = ("get", "/health", None, "get_health", {})
    samples = [("get", f"/samples/{part}", None, f"get_{part}", {}) for part in ("old", "new")]
    assert _paths(_document(alone, *samples, OTHER))[:3] == ["", "samples.get_old", "samples.get_new"]
    assert _paths(_document(alone, ("put", "/health/now", None, "set_health", {}), OTHER))[:2] == [
        "health.get",
        "health.set",
    ]


def test_names_that_clash_are_whole_for_all_and_reported() -> None:
    report = Report()
    document = _document(
        ("get", "/samples/{id}", "Samples", "get_sample", {}),
        ("post", "/samples/get", "Samples", "get_samples", {}),
        ("get", "/samples", "Samples", "list_samples", {}),
        OTHER,
    )
    assert _paths(document, report)[:3] == ["samples.get_sample", "samples.get_samples", "samples.list"]
    assert sorted((note.kind, note.before, note.after) for note in report.notes if note.kind == "name") == [
        ("name", "the name get in the group samples", "get_sample: its full name, as get would be that of get_samples too"),
        ("name", "the name get in the group samples", "get_samples: its full name, as get would be that of get_sample too"),
    ]  # fmt: skip


def test_a_whole_name_that_is_anothers_short_one_displaces_it() -> None:
    document = _document(
        ("get", "/a", "Samples", "get_sample", {}),
        ("get", "/b", "Samples", "get_samples", {}),
        ("get", "/c", "Samples", "get_sample_sample", {}),
        OTHER,
    )
    paths = _paths(document)
    assert len(set(paths)) == 4
    assert "samples.get_sample" in paths


def test_names_depend_neither_on_order_nor_on_other_operations() -> None:
    operations: list[Operation] = [
        ("get", "/samples", "Samples", "list_samples", {}),
        ("get", "/samples/{id}", "Samples", "get_sample", {}),
        ("get", "/runs", "Runs", "list_runs", {}),
        ("post", "/runs", "Runs", "create_run", {}),
        OTHER,
    ]
    before = dict(zip(operations_of(operations), _paths(_document(*operations)), strict=True))
    more = [*operations, ("delete", "/runs", "Runs", "delete_runs", {}), ("get", "/new", "New", "get_new", {})]
    for seed in range(5):
        random.Random(seed).shuffle(more)
        after = dict(zip(operations_of(more), _paths(_document(*more)), strict=True))
        assert before.items() <= after.items()


def operations_of(operations: list[Operation]) -> list[str]:
    """Requests in the order of the document, which groups them by path."""
    return [f"{operation.method} {operation.path}" for operation in declared_operations(_document(*operations).data)]


def test_one_group_for_everything_is_none_unless_it_was_asked_for() -> None:
    lists: Operation = ("get", "/samples", "Samples", "list_samples", {})
    gets: Operation = ("get", "/samples/{id}", "Samples", "get_sample", {})
    assert _paths(_document(lists, gets)) == ["", ""]
    grouped: Operation = (*lists[:4], {"x-omics-group": "tubes"})
    assert _paths(_document(grouped)) == ["tubes.list_samples"]


def test_a_group_gives_way_to_an_operation_of_its_name() -> None:
    report = Report()
    document = _document(
        ("get", "/search", "Search", "search", {}), ("get", "/search/more", "Search", "search_more", {}), OTHER
    )
    assert _paths(document, report)[:2] == ["", "search_operations.search_more"]
    (note,) = [note for note in report.notes if note.kind == "name"]
    assert (note.kind, note.before, note.after) == (
        "name", "the group search", "search_operations: an operation has its name"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("members", "path", "why"),
    [
        ({"x-omics-group": "tubes"}, "tubes.list_samples", "x-omics-group"),
        ({"x-omics-group": "lab.tubes"}, "lab.tubes.list_samples", "x-omics-group"),
        ({"x-omics-group": ""}, "", ""),
        ({"x-omics-member": "all"}, "samples.all", "tag Samples"),
        ({"x-omics-member": "import"}, "samples.import_", "tag Samples"),
        ({"x-omics-name": "tubes.all"}, "tubes.all", "x-omics-name tubes.all"),
        ({"x-omics-name": "tubes.all", "x-omics-group": "lab"}, "lab.all", "x-omics-group"),
        ({"x-omics-name": "fetch_samples"}, "samples.fetch", "tag Samples"),
        ({"x-speakeasy-group": "lab.tubes", "x-speakeasy-name-override": "all"}, "lab.tubes.all", "x-speakeasy-group"),
        ({"x-fern-sdk-group-name": ["lab", "tubes"], "x-fern-sdk-method-name": "listAll"}, "lab.tubes.list_all", "x-fern-sdk-group-name"),
        ({"x-fern-sdk-group-name": "tubes"}, "tubes.list_samples", "x-fern-sdk-group-name"),
    ],
)  # fmt: skip
def test_overlays_pin_groups_and_names(members: dict[str, Any], path: str, why: str) -> None:
    document = _document(("get", "/samples", "Samples", "list_samples", members), OTHER)
    assert _paths(document)[0] == path
    member = _grouped(document).members.get("/paths/~1samples/get")
    assert (member.why if member is not None else "") == why


def test_a_pinned_name_is_kept_where_others_want_it() -> None:
    document = _document(
        ("get", "/samples/{id}", "Samples", "get_sample", {}),
        ("get", "/samples/one", "Samples", "read_any", {"x-omics-member": "get"}),
        OTHER,
    )
    assert _paths(document)[:2] == ["samples.get_sample", "samples.get"]


def test_a_name_that_is_pinned_twice_is_a_fault() -> None:
    pinned = {"x-omics-member": "get"}
    document = _document(
        ("get", "/a", "Samples", "one", pinned), ("get", "/b", "Samples", "two", pinned), OTHER
    )  # fmt: skip
    with pytest.raises(DocumentError) as caught:
        _grouped(document)
    assert [fault.message for fault in caught.value.faults] == [
        "another operation of the group samples is called get too"
    ] * 2


def test_tags_state_groups_parents_and_descriptions() -> None:
    tags = [
        {"name": "For Internal Use Only", "x-omics-group": "internal"},
        {"name": "Samples", "description": "Tubes."},
        {"name": "Sample boxes", "parent": "Samples"},
        {"name": "beta", "kind": "badge"},
    ]
    document = _document(
        ("get", "/a", "For Internal Use Only", "get_a", {}),
        ("get", "/b", "Sample boxes", "list_sample_boxes", {}),
        ("get", "/c", "Samples", "list_samples", {"tags": ["beta", "Samples"]}),
        tags=tags,
    )
    assert _paths(document) == ["internal.get_a", "samples.boxes.list", "samples.list"]
    groups = _grouped(document)
    assert groups.about == {"samples": "Tubes."}
    assert groups.paths() == ["internal", "samples", "samples.boxes"]


LAB: tuple[Operation, ...] = (
    ("get", "/samples", "Samples", "list_samples", {}),
    ("get", "/samples/{id}", "Samples", "get_sample", {}),
    ("get", "/boxes", "lab.boxes", "list_boxes", {}),
    ("get", "/health", None, "health", {"tags": []}),
)


def _planned(*operations: Operation, flat: bool = False) -> Package:
    document = _document(*operations, info={"title": "Lab", "version": "1"})
    return plan(document, "lab", Report(), flat=flat)


def test_commands_have_their_group_and_member() -> None:
    rows: list[Any] = _planned(*LAB).commands
    assert [(row["name"], row["command"], row.get("group"), row.get("member")) for row in rows] == [
        ("list_samples", "list-samples", "samples", "list"),
        ("get_sample", "get-sample", "samples", "get"),
        ("list_boxes", "list-boxes", "lab.boxes", "list"),
        ("health", "health", None, None),
    ]
    flat: list[Any] = _planned(*LAB, flat=True).commands
    assert not any("group" in row for row in flat)


def test_flat_packages_are_as_before() -> None:
    files = render_package(_planned(*LAB, flat=True), "Generated for a test.")
    assert not any(path.startswith("groups/") for path in files)
    assert "groups" not in files["client.py"]


def test_the_readme_lists_operations_by_group() -> None:
    text = files_around(_planned(*LAB), "lab", Path("lab.yaml"))["README.md"]
    lines = [line for line in text.splitlines() if line.startswith(("###", "- `"))]
    assert lines == [
        "- `health()`: `GET /health`.",
        "### lab.boxes",
        "- `lab.boxes.list()`: `GET /boxes`.",
        "### samples",
        "- `samples.list()`: `GET /samples`.",
        "- `samples.get(*, id)`: `GET /samples/{id}`.",
    ]
    assert "`client.samples.list` is `client.list_samples`, the same call." in text
    assert "\nlab samples list\n" in text


def test_a_changed_group_is_a_change_for_users() -> None:
    other: tuple[Operation, ...] = ((*LAB[0][:3], "list_samples", {"x-omics-member": "all"}), *LAB[1:])
    changes = [(change.breaking, change.name, change.what) for change in compare(_planned(*LAB), _planned(*other))]
    assert changes == [(True, "list_samples", "is samples.all now; it was samples.list")]
    changes = [(change.breaking, change.what) for change in compare(_planned(*LAB, flat=True), _planned(*LAB))]
    assert changes[0] == (False, "is samples.get now; it was get_sample")


def test_an_explanation_has_the_group_and_why(tmp_path: Path) -> None:
    spec = tmp_path / "lab.json"
    spec.write_text(json.dumps(_document(*LAB, info={"title": "Lab", "version": "1"}).data))
    explanation = explain(plan_package(spec, (), "lab"), "samples.list")
    assert (explanation.name, explanation.group, explanation.member) == ("list_samples", "samples", "list")
    text = as_text(explanation)
    assert "  in its group samples.list: tag Samples; list_samples without samples\n" in text
    assert "  on the command line: samples list, list-samples\n" in text
    flat = explain(plan_package(spec, (), "lab", flat=True), "list_samples")
    assert "in its group" not in as_text(flat)


def test_the_report_has_a_row_for_each_group() -> None:
    report = Report()
    _paths(_document(*LAB), report)
    assert sorted((note.kind, note.before, note.after) for note in report.notes) == [
        ("group", "tag Samples", "samples: list, get"),
        ("group", "tag lab.boxes", "lab.boxes: list"),
    ]
