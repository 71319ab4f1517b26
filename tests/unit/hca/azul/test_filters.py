"""Conditions as users write them, and what Azul gets of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.hca.azul import InvalidFilter, UnknownFacet
from omicsdk.hca.azul.filters import Container, container_in, facet_values, read_conditions, text_of, to_filters

FACETS: dict[str, list[Any]] = {
    "genusSpecies": ["Homo sapiens", "Mus musculus", None],
    "fileFormat": ["fastq.gz", "h5ad", "bam"],
    "isIntermediate": [True, False, None],
}


def filters(*conditions: Any) -> dict[str, Any]:
    return to_filters(read_conditions(conditions[0] if len(conditions) == 1 else conditions), FACETS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("genusSpecies=Homo sapiens", {"genusSpecies": {"is": ["Homo sapiens"]}}),
        ("libraryConstructionApproach=10x 3' v2", {"libraryConstructionApproach": {"is": ["10x 3' v2"]}}),
        ("organ = brain ", {"organ": {"is": ["brain"]}}),
        ("organ=null", {"organ": {"is": [None]}}),
        ('organ="null"', {"organ": {"is": ["null"]}}),
        ("isIntermediate=false", {"isIntermediate": {"is": [False]}}),
        ("fileSize=20", {"fileSize": {"is": [20]}}),
        ("sampleId=20", {"sampleId": {"is": ["20"]}}),
        ("fileSize=0..1e6", {"fileSize": {"within": [[0, 1000000]]}}),
        ("updateDate=2020-01-01..2021-01-01", {"updateDate": {"within": [["2020-01-01", "2021-01-01"]]}}),
        ("donors.donor_age=0.5..2", {"donors.donor_age": {"within": [[0.5, 2]]}}),
        ('organismAge={"value": "20", "unit": "year"}', {"organismAge": {"is": [{"value": "20", "unit": "year"}]}}),
        ("files.file_format=.vcf.gz", {"files.file_format": {"is": [".vcf.gz"]}}),
        ("publicationTitle=a=b", {"publicationTitle": {"is": ["a=b"]}}),
        ("", {}),
        ('{"organ": {"is": ["eye"]}}', {"organ": {"is": ["eye"]}}),
    ],
)
def test_a_condition_becomes_a_relation_with_values(text: str, expected: dict[str, Any]) -> None:
    assert filters(text) == expected


UUID = "74b6d569-3b11-42ef-b6b1-a0454522b4a0"


@pytest.mark.parametrize(
    ("text", "container"),
    [
        (UUID, Container(UUID)),
        (f"https://explore.data.humancellatlas.org/projects/{UUID}", Container(UUID, "projects")),
        (f" https://data.humancellatlas.org/explore/projects/{UUID}/get-curl-command ", Container(UUID, "projects")),
        (
            f"https://explore.data.humancellatlas.org/projects/{UUID}/m?catalog=dcp43#x",
            Container(UUID, "projects", "dcp43"),
        ),
        (f"https://explore.anvilproject.org/datasets/{UUID}?catalog=anvil8", Container(UUID, "datasets", "anvil8")),
        (f"https://explore.data.humancellatlas.org/projects/{UUID}0", None),
        ("https://explore.data.humancellatlas.org/projects", None),
        (f"projectId={UUID}", None),
    ],
)
def test_a_project_or_dataset_is_named_by_its_uuid_or_url(text: str, container: Container | None) -> None:
    assert container_in(text) == container


def test_values_of_one_field_are_alternatives_and_fields_are_all_met() -> None:
    assert filters("fileFormat=bam", "fileFormat=h5ad", "organ=eye") == {
        "fileFormat": {"is": ["bam", "h5ad"]},
        "organ": {"is": ["eye"]},
    }


def test_is_not_becomes_the_other_values_of_the_facet() -> None:
    assert filters("fileFormat!=bam", "genusSpecies!=Mus musculus") == {
        "fileFormat": {"is": ["fastq.gz", "h5ad"]},
        "genusSpecies": {"is": ["Homo sapiens", None]},
    }
    assert filters("fileFormat=bam", "fileFormat=h5ad", "fileFormat!=bam") == {"fileFormat": {"is": ["h5ad"]}}


def test_an_unknown_facet_names_similar_ones() -> None:
    with pytest.raises(UnknownFacet, match=r"did you mean genusSpecies\?") as caught:
        filters("genusspecis!=Homo sapiens")
    assert caught.value.near == ["genusSpecies"]
    with pytest.raises(UnknownFacet, match=r"No facet 'zzz' in this catalog\. "):
        filters("zzz!=1")


@pytest.mark.parametrize(
    "text",
    [
        *("organ", "=brain", "or gan=brain", "fileSize=big", "fileSize!=0..3", 'organ="brain', "{organ: 1}"),
        *('{"organ": {"is": ["a"], "within": [[0, 1]]}}', '{"organ": {"is": "eye"}}'),
    ],
)
def test_an_invalid_condition_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        filters(text)
    assert caught.value.remedy


def test_values_alone_are_alternatives() -> None:
    values = {"organ": "eye", "fileFormat": ["h5ad", "loom"], "isIntermediate": False}
    expected = {"organ": {"is": ["eye"]}, "fileFormat": {"is": ["h5ad", "loom"]}, "isIntermediate": {"is": [False]}}
    assert to_filters(read_conditions(values), {}) == expected


def test_one_field_takes_one_relation() -> None:
    with pytest.raises(InvalidFilter, match="relations is and within"):
        filters("fileSize=3", "fileSize=0..2")
    with pytest.raises(InvalidFilter, match="fileSize has two ranges"):  # the service intersects ranges
        filters("fileSize=0..2", "fileSize=5..7")
    with pytest.raises(InvalidFilter, match="range and !="):
        to_filters(read_conditions(["fileSize=0..2", "fileSize!=1"]), {"fileSize": [1, 2]})


@pytest.mark.parametrize("value", [None, True, {"value": "20", "unit": "year"}, "eye"])
def test_a_value_is_read_as_it_was_written(value: object) -> None:
    assert filters(f"a={text_of(value)}") == {"a": {"is": [value]}}


def test_facets_state_truth_values_as_text() -> None:
    terms = {"isIntermediate": {"terms": [{"term": "true", "count": 3}, {"term": None, "count": 1}], "total": 4}}
    assert facet_values(terms) == {"isIntermediate": [True, None]}


@given(st.dictionaries(st.sampled_from(["organ", "fileId", "a.b"]), st.lists(st.text() | st.none() | st.booleans())))
def test_an_object_comes_back_as_it_is(values: dict[str, list[Any]]) -> None:
    expected = {field: {"is": terms} for field, terms in values.items()}
    assert filters(expected) == expected
