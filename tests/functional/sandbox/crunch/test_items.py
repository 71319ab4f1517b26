"""Describing objects: projects, datasets and items with their slugs, places and pages."""

import httpx
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.crunch.tree import DATASET, ITEM, PROJECT


def _add(client: httpx.Client, kind: str, **fields: str) -> dict[str, object]:
    response = client.post(f"/{kind}/", data=fields)
    assert response.status_code == 201, response.text
    return response.json()


def _listed(client: httpx.Client, path: str) -> list[str]:
    return [each["slug"] for each in client.get(path).json()["results"]]


def test_numbers_are_one_sequence_for_all_kinds(admin: httpx.Client) -> None:
    made = [
        _add(admin, "projects", name="p"),
        _add(admin, "datasets", parent="p", name="d"),
        _add(admin, "items", parent="p", name="i"),
        _add(admin, "projects", name="q"),
    ]
    assert [each["id"] for each in made] == [1, 2, 3, 4]


def test_datasets_of_a_project_share_a_folder_unless_they_are_given_their_own(admin: httpx.Client) -> None:
    _add(admin, "projects", name="p")
    folders = [
        _add(admin, "datasets", parent="p", name="one")["base_file_path"],
        _add(admin, "datasets", parent="p", name="two")["base_file_path"],
        _add(admin, "datasets", parent="p", name="three", base_file_path="mine/three")["base_file_path"],
    ]
    assert folders == ["crunch/p", "crunch/p", "mine/three"]
    emptied = admin.patch("/datasets/p:two/", json={"base_file_path": ""}).json()
    assert emptied["base_file_path"] == "crunch/p/p:two"


def test_a_name_that_is_taken_anywhere_is_refused(admin: httpx.Client) -> None:
    _add(admin, "projects", name="p")
    _add(admin, "items", parent="p", name="taken")
    response = admin.post("/datasets/", json={"parent": "p", "name": " taken "})
    assert (response.status_code, response.json()) == (400, {"name": ["item with this name already exists."]})
    assert admin.patch("/items/p:taken/", json={"name": "taken", "details": "x"}).json()["details"] == "x"


def test_lists_are_in_the_order_of_the_tree(admin: httpx.Client) -> None:
    for name in ("p", "q"):
        _add(admin, "projects", name=name)
    for parent, name in (("q", "a"), ("p", "b"), ("p:b", "c"), ("p", "d")):
        _add(admin, "items", parent=parent, name=name)
    assert _listed(admin, "/items/") == ["p", "p:b", "p:b:c", "p:d", "q", "q:a"]
    moved = admin.patch("/items/p:b/", json={"parent": "q"}).json()
    assert (moved["slug"], moved["parent"]) == ("p:b", "q")
    assert _listed(admin, "/items/") == ["p", "p:d", "q", "q:a", "p:b", "p:b:c"]


def test_nothing_becomes_part_of_itself(admin: httpx.Client) -> None:
    _add(admin, "projects", name="p")
    _add(admin, "items", parent="p", name="a")
    _add(admin, "items", parent="p:a", name="b")
    for parent in ("p:a", "p:a:b"):
        response = admin.patch("/items/p:a/", json={"parent": parent})
        assert (response.status_code, list(response.json())) == (400, ["parent"])
    assert _listed(admin, "/items/") == ["p", "p:a", "p:a:b"]


def test_what_belonged_to_a_deleted_project_stays(admin: httpx.Client) -> None:
    _add(admin, "projects", name="p")
    _add(admin, "projects", name="q")
    _add(admin, "datasets", parent="p", name="d")
    _add(admin, "datasets", parent="q", name="e")
    assert admin.delete("/projects/p/").status_code == 204
    assert admin.get("/projects/p/").status_code == 404
    assert [admin.get(f"/datasets/{slug}/").json()["parent"] for slug in ("p:d", "q:e")] == [None, "q"]
    response = admin.get("/next/")
    assert response.status_code == 500
    assert "p:d" in response.json()["detail"]
    assert admin.delete("/datasets/p:d/").status_code == 204
    assert admin.get("/next/").json() == {"project": "q", "dataset": "q:e"}


def test_thousands_of_items_are_read_page_by_page(admin: httpx.Client, site: Sandbox) -> None:
    tree = site.crunch.tree
    with site.crunch.context.database.transaction():
        project = tree.add(PROJECT, None, {"name": "p"})
        dataset = tree.add(DATASET, project, {"name": "d"})
        for number in range(1_999):
            tree.add(ITEM, dataset, {"name": f"sample {number}"})
    page = admin.get("/items/", params={"page": 101}).json()
    assert (page["count"], page["next"], page["results"][-1]["slug"]) == (2_001, None, "p:d:sample-1998")
    added = _add(admin, "items", parent="p:d", name="one more")
    items = admin.get("/datasets/p:d/").json()["items"]
    assert (len(items), items[0]["name"], items[-1]) == (2_000, "sample 0", added)
    assert admin.delete("/datasets/p:d/").status_code == 204
    assert admin.get("/items/p:d:one-more/").json()["parent"] is None
