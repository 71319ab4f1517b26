"""Queries and the bundles that they find: the search language as a table."""

from collections.abc import Mapping
from typing import Any

import pytest
from omicsdk.sandbox.search import compile_query


def bundle(uuid: str, version: str, names: list[str], files: dict[str, Any]) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "state": "new",
        "manifest": {
            "version": version,
            "files": [{"name": name, "indexed": name.endswith(".json")} for name in names],
        },
        "files": files,
    }


BUNDLES = {
    "mouse": bundle(
        "3e1c4b1e-0000-4000-8000-00000000000a",
        "2018-03-28T135526.044000Z",
        ["SRR2967608_1.fastq.gz", "cell.json"],
        {
            "project_json": [
                {
                    "project_core": {
                        "project_title": "Mouse Melanoma, lymph node",
                        "project_short_name": "Mouse Melanoma",
                    },
                    "insdc_accessions": ["SRP066963"],
                    "contributors": [
                        {"name": "Sarah,,Teichmann", "corresponding": True},
                        {"name": "Mirjana,,Efremova"},
                    ],
                }
            ],
            "donor_organism_json": [
                {"biomaterial_core": {"ncbi_taxon_id": [10090]}, "sex": "female", "age": 6.5, "death": None}
            ],
            "cell_suspension_json": [{"total_estimated_cells": 1}, {"total_estimated_cells": 4000}],
            "process_json": [{"start": "2017-06-01T10:00:00Z", "ids": []}],
        },
    ),
    "human": bundle(
        "a0000000-0000-4000-8000-00000000000b",
        "2019-08-01T200147.111027Z",
        ["R1.fastq.gz", "R2.fastq.gz", "project_0.json"],
        {
            "project_json": [
                {
                    "project_core": {
                        "project_title": "Single cell Homo sapiens pancreas",
                        "project_short_name": "pancreas",
                    },
                    "insdc_accessions": ["SRP075496", "GSE81547"],
                    "contributors": [{"name": "Martin,,Enge", "corresponding": False}],
                }
            ],
            "donor_organism_json": [{"biomaterial_core": {"ncbi_taxon_id": [9606]}, "sex": "male", "age": "38"}],
            "cell_suspension_json": [{"total_estimated_cells": 20}],
            "process_json": [{"start": "2018-01-31", "ids": ["p*1", "p?2"]}],
        },
    ),
    "matrix": bundle(
        "b0000000-0000-4000-8000-00000000000c",
        "2020-01-01T000000.000000Z",
        ["Matrix.loom"],
        {"project_json": [{"project_core": {"project_title": "", "note": "it's version 10.5"}}]},
    ),
}

TAXON = "files.donor_organism_json.biomaterial_core.ncbi_taxon_id"
TITLE = "files.project_json.project_core.project_title"
CELLS = "files.cell_suspension_json.total_estimated_cells"
START = "files.process_json.start"
NAME = "manifest.files.name"
IDS = "files.process_json.ids"
ALL = "mouse human matrix"

TABLE: list[tuple[str, Mapping[str, Any], str]] = [
    ("nothing asked", {}, ALL),
    ("match_all", {"query": {"match_all": {}}}, ALL),
    ("match_all with a boost", {"query": {"match_all": {"boost": 1.2}}}, ALL),
    ("match one word in another case", {"query": {"match": {TITLE: "MELANOMA"}}}, "mouse"),
    ("match any of the words", {"query": {"match": {TITLE: "melanoma pancreas"}}}, "mouse human"),
    ("match all of the words", {"query": {"match": {TITLE: {"query": "homo PANCREAS", "operator": "and"}}}}, "human"),
    ("match all, one missing", {"query": {"match": {TITLE: {"query": "mouse pancreas", "operator": "AND"}}}}, ""),
    ("match is by whole words", {"query": {"match": {TITLE: "melan"}}}, ""),
    ("match by any member", {"query": {"match": {"files.project_json.contributors.name": "teichmann"}}}, "mouse"),
    ("match a number by its text", {"query": {"match": {TAXON: "9606"}}}, "human"),
    ("match a number", {"query": {"match": {TAXON: 10090}}}, "mouse"),
    ("match a boolean", {"query": {"match": {"files.project_json.contributors.corresponding": True}}}, "mouse"),
    ("match without a word", {"query": {"match": {TITLE: " ,- "}}}, ""),
    ("match all of no words", {"query": {"match": {TITLE: {"query": " ,- ", "operator": "and"}}}}, ""),
    ("term is exact", {"query": {"term": {"files.project_json.project_core.project_short_name": "pancreas"}}}, "human"),
    ("term minds case", {"query": {"term": {"files.project_json.project_core.project_short_name": "Pancreas"}}}, ""),
    ("term is the whole value", {"query": {"term": {TITLE: "Mouse"}}}, ""),
    ("term in the long form", {"query": {"term": {"uuid": {"value": "a0000000-0000-4000-8000-00000000000b"}}}}, "human"),
    ("term by any member", {"query": {"term": {"files.project_json.insdc_accessions": "GSE81547"}}}, "human"),
    ("term on the unanalysed twin", {"query": {"term": {f"{NAME}.keyword": "R2.fastq.gz"}}}, "human"),
    ("term of a boolean by text", {"query": {"term": {"manifest.files.indexed": "true"}}}, "mouse human"),
    ("term: one is not true", {"query": {"term": {"manifest.files.indexed": 1}}}, ""),
    ("terms", {"query": {"terms": {TAXON: [9606, "10090"]}}}, "mouse human"),
    ("terms of none", {"query": {"terms": {TAXON: []}}}, ""),
    ("range of numbers, any member", {"query": {"range": {CELLS: {"gte": 20}}}}, "mouse human"),
    ("range: one member holds both bounds", {"query": {"range": {CELLS: {"gt": 1, "lt": 4000}}}}, "human"),
    ("range with a bound as text", {"query": {"range": {"files.donor_organism_json.age": {"lte": "6.5"}}}}, "mouse human"),
    ("range of dates", {"query": {"range": {START: {"gte": "2018-01-01", "lt": "2019"}}}}, "human"),
    ("range ends with the whole day", {"query": {"range": {START: {"lte": "2017-06-01"}}}}, "mouse"),
    ("range starts after the whole day", {"query": {"range": {START: {"gt": "2017-06-01"}}}}, "human"),
    ("range in another zone", {"query": {"range": {START: {"lt": "2017-06-01T12:00:01+02:00"}}}}, "mouse"),
    ("range of versions by ISO date", {"query": {"range": {"manifest.version": {"gte": "2019-08-01T20:01:47.111027Z"}}}}, "human matrix"),
    ("exists", {"query": {"exists": {"field": "files.donor_organism_json"}}}, "mouse human"),
    ("exists: null and [] are nothing", {"query": {"exists": {"field": "files.donor_organism_json.death"}}}, ""),
    ("exists: an empty list is nothing", {"query": {"exists": {"field": IDS}}}, "human"),
    ("exists: empty text is something", {"query": {"exists": {"field": TITLE}}}, ALL),
    ("wildcard", {"query": {"wildcard": {NAME: "*.fastq.??"}}}, "mouse human"),
    ("wildcard is the whole value, with case", {"query": {"wildcard": {NAME: "matrix*"}}}, ""),
    ("regexp", {"query": {"regexp": {NAME: "Matri[a-x]\\.(loom|h5).?"}}}, "matrix"),
    ("regexp is the whole value", {"query": {"regexp": {NAME: "matrix"}}}, ""),
    ("wildcard, escaped", {"query": {"wildcard": {IDS: r"p\*?"}}}, "human"),
    ("prefix", {"query": {"prefix": {NAME: "SRR"}}}, "mouse"),
    ("prefix of a number is of texts alone", {"query": {"prefix": {TAXON: "96"}}}, ""),
    ("prefix of a uuid", {"query": {"prefix": {"uuid": {"value": "b0", "boost": 2}}}}, "matrix"),
    ("bool two of three", {"query": {"bool": {"should": [{"exists": {"field": TAXON}}, {"term": {TAXON: 9606}}, {"prefix": {NAME: "Matrix"}}], "minimum_should_match": 2}}}, "human"),
    ("bool must and must_not", {"query": {"bool": {"must": [{"match": {"state": "new"}}], "must_not": [{"match": {TAXON: 9606}}]}}}, "mouse matrix"),
    ("bool with single clauses", {"query": {"bool": {"filter": {"exists": {"field": TAXON}}, "must_not": {"term": {TAXON: 9606}}}}}, "mouse"),
    ("bool should alone needs one", {"query": {"bool": {"should": [{"term": {TAXON: 9606}}, {"prefix": {NAME: "Matrix"}}]}}}, "human matrix"),
    ("bool should beside must is free", {"query": {"bool": {"must": {"exists": {"field": TAXON}}, "should": [{"term": {TAXON: 1}}]}}}, "mouse human"),
    ("bool in bool", {"query": {"bool": {"must": [{"bool": {"should": [{"match": {TITLE: "mouse"}}, {"match": {TITLE: "pancreas"}}]}}, {"range": {CELLS: {"gte": 1000}}}]}}}, "mouse"),
    ("bool of nothing", {"query": {"bool": {}}}, ALL),
    ("a field that isn't there", {"query": {"match": {"files.no_such_json.field": "x"}}}, ""),
    ("a number inside a word", {"query": {"match": {"files.project_json.project_core.note": "10.5"}}}, "matrix"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"), [pytest.param(query, expected, id=name) for name, query, expected in TABLE]
)
def test_query_finds(query: Mapping[str, Any], expected: str) -> None:
    matches = compile_query(query)
    assert [name for name, document in BUNDLES.items() if matches(document)] == expected.split()


def test_table_covers_every_clause_and_is_large_enough() -> None:
    from omicsdk.sandbox.search import CLAUSES

    text = repr([query for _, query, _ in TABLE])
    assert all(f"'{clause}'" in text for clause in CLAUSES)
    assert len(TABLE) >= 40
