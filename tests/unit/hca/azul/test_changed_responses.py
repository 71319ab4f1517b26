"""Workflows of Azul whose responses have one place changed: they work, or end with one of our errors."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from omicsdk.hca.azul import Azul
from omicsdk.hca.azul.hits import row_of
from omicsdk.hca.azul.index import files
from scripted_services import Responses, checks_of, scripted

UUID = "0" * 8 + "-0000-4000-8000-" + "0" * 12
FILE = {
    "uuid": UUID,
    "version": "v",
    "name": "a.loom",
    "size": 1,
    "format": "loom",
    "sha256": "0" * 64,
    "azul_url": f"https://service.example.org/repository/files/{UUID}",
    "contentDescription": ["x"],
}
MATRICES = {"genusSpecies": {"Homo sapiens": {"developmentStage": {"adult": [FILE]}}}}
PROJECT = {"projectId": [UUID], "projectTitle": ["t"], "projectShortname": ["s"], "matrices": MATRICES}
HIT = {
    "entryId": UUID,
    "sources": [{"sourceId": "s", "sourceSpec": "tdr:x"}],
    "projects": [{**PROJECT, "contributedAnalyses": {}}],
    "files": [FILE],
    "bundles": [{"bundleUuid": UUID, "bundleVersion": "v"}],
    "fileTypeSummaries": [{"format": "loom", "count": 1, "totalSize": 1.0}],
    "donorOrganisms": [{"genusSpecies": ["Homo sapiens"]}],
}
PAGE = {
    "hits": [HIT],
    "pagination": {"count": 1, "total": 1, "size": 1000, "next": None, "pages": 1, "sort": "entryId", "order": "asc"},
    "termFacets": {
        "organ": {"terms": [{"term": "eye", "count": 1}, {"term": None, "count": 1}], "total": 2, "type": "terms"}
    },
}
CATALOGS = {
    "default_catalog": "c",
    "catalogs": {"c": {"atlas": "hca", "internal": False, "plugins": {"metadata": {"indices": {"files": {}}}}}},
}

Act = Callable[[Azul, Path], object]
WORKFLOWS: dict[str, tuple[Act, Responses]] = {
    "catalogs": (
        lambda azul, _: [(catalog.name.upper(), catalog.entity_types) for catalog in azul.catalogs()],
        {"GET /index/catalogs": scripted(CATALOGS)},
    ),
    "summary": (
        lambda azul, _: azul.summary().to_dict(),
        {
            "GET /index/summary": scripted(
                {"fileCount": 1, "totalFileSize": 1.0, "fileTypeSummaries": [], "organTypes": ["eye"]}
            )
        },
    ),
    "projects": (
        lambda azul, _: [row_of("projects", row) for row in azul.ls("projects")],
        {"GET /index/projects": scripted(PAGE)},
    ),
    "files of a project": (
        lambda azul, _: [(file.name.upper(), file.checksums) for file in files(azul, {"projectId": {"is": [UUID]}})],
        {"GET /index/files": scripted(PAGE)},
    ),
    "facets": (
        lambda azul, _: [(term.facet, term.value, term.count + 1) for term in azul.facets()],
        {"GET /index/files": scripted(PAGE)},
    ),
    "a project": (
        lambda azul, _: azul.get(UUID, entity="projects").to_dict(),
        {f"GET /index/projects/{UUID}": scripted(HIT)},
    ),
    "matrices": (
        lambda azul, _: [(matrix.name.upper(), matrix.size) for matrix in azul.matrices(UUID)],
        {f"GET /index/projects/{UUID}": scripted(HIT)},
    ),
}


test_what_services_return_is_used, test_no_changed_response_is_more_than_an_error = checks_of(
    WORKFLOWS, partial(Azul, "https://service.example.org")
)
