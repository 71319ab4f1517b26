"""Describing objects: projects, datasets and items with their slugs, places and pages."""

import httpx


def _add(client: httpx.Client, kind: str, **fields: str) -> dict[str, object]:
    response = client.post(f"/{kind}/", data=fields)
    assert response.status_code == 201, response.text
    return response.json()


def _listed(client: httpx.Client, path: str) -> list[str]:
    return [each["slug"] for each in client.get(path).json()["results"]]


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


def test_forms_of_parts(admin: httpx.Client) -> None:
    # A part is a text, whatever type it states.
    parts = {"name": (None, "p\u00fc"), "details": (None, "a: b\r\n\r\nc", "message/rfc822")}
    response = admin.post("/projects/", files=parts)
    assert response.status_code == 201, response.text
    assert [response.json()[name] for name in parts] == ["p\u00fc", "a: b\r\n\r\nc"]
    response = admin.post("/projects/", content=b"x", headers={"content-type": "multipart/form-data"})
    assert (response.status_code, "Invalid boundary" in response.text) == (400, True)
