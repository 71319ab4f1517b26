"""The templates' headers are properties of the SDS dictionary."""

import pytest
from omicsdk.dtp.sds.layout import VERSIONS, layout, squashed
from omicsdk.dtp.sds.tables import Headers

#: Headers of templates that the dictionary has nothing for.
WITHOUT = {
    "dataset_description": {
        *("Is Contact Person", "Originating Article DOI", "Protocol URL or DOI", "Additional Links"),
        *("Link Description", "Completeness of data set", "Parent dataset ID"),
        *("Data standard", "Data standard version", "License", "Funding consortium", "Funding agency"),
        *("Award number", "Number of sites", "Number of performances", "Data dictionary path"),
        *("Data dictionary type", "Data dictionary description"),
    },
    "subjects": {"Additional Fields (e.g. MINDS)", "metadata only", "number of directly derived samples"},
    "samples": {
        *("Additional Fields (e.g. MINDS)", "metadata only", "number of directly derived samples", "species", "sex"),
        *("age", "age category", "age range (min)", "age range (max)", "handedness", "strain", "RRID for strain"),
        "genotype",
    },
    "manifest": {
        *("entity", "data modality", "also in dataset", "also in dataset path", "data dictionary path"),
        "entity is transitive",
    },
    "submission": {"Consortium data standard", "Funding consortium"},
    "performances": {"participants"},
    "resources": {"Additional Metadata", "Type", "Name", "ID in protocol"},
}
OF_NODES = [kind for kind in layout().kinds if kind.stem != "sites"]
"""Tables that the dictionary has a node for."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", OF_NODES, ids=lambda kind: kind.stem)
def test_each_header_of_a_template_is_a_property(kind, version, dictionary):
    headers = Headers(kind, version, dictionary.node(kind.node))
    template = kind.headers.get(version, ())
    missing = {header for header in template if headers.property_of(header) is None}
    if kind.stem == "code_description":  # of whose ratings it has none
        assert [header for header in template if header not in missing] == ["RRID Identifier"][: len(template)]
    elif kind.stem == "dataset_description" and version.startswith("3."):
        assert missing <= {*WITHOUT[kind.stem], "Description"}
    else:
        assert missing <= WITHOUT.get(kind.stem, set())
    names = [headers.property_of(header) for header in template if header not in missing]
    assert len(set(names)) == len(names)
    assert [headers.header_of(name) for name in names] == [header for header in template if header not in missing]


@pytest.mark.parametrize("kind", OF_NODES, ids=lambda kind: kind.stem)
def test_all_that_the_dictionary_wants_has_a_header(kind, dictionary):
    headers = Headers(kind, "2.0.0", dictionary.node(kind.node))
    names = {headers.property_of(header) for header in (*kind.headers["2.0.0"], *kind.also)} - {None}
    assert set(headers.properties) == names


@pytest.mark.parametrize("kind", layout().kinds, ids=lambda kind: kind.stem)
def test_a_header_is_in_a_template_once(kind):
    for template in kind.headers.values():
        assert len({squashed(header) for header in template}) == len(template)


@pytest.mark.parametrize(
    ("stem", "version", "added"),
    [
        ("subjects", "3.0.0", {"metadata only"}),
        ("subjects", "3.0.2", {"number of directly derived samples"}),
        ("samples", "3.0.0", {"metadata only"}),
        ("samples", "3.0.2", {"number of directly derived samples"}),
        ("resources", "3.0.0", {"Type", "Name", "ID in protocol"}),
        ("performances", "3.0.0", {"participants"}),
        (
            "manifest",
            "3.0.0",
            {
                *("entity", "data modality", "also in dataset", "also in dataset path", "data dictionary path"),
                "entity is transitive",
            },
        ),
        (
            "dataset_description",
            "3.0.0",
            {
                *("Data standard", "Data standard version", "Description", "License", "Funding consortium"),
                *("Funding agency", "Award number", "Number of sites", "Number of performances"),
                *("Data dictionary path", "Data dictionary type", "Data dictionary description"),
            },
        ),
        ("submission", "3.0.0", set()),
    ],
)
def test_a_version_adds_what_the_changelog_of_the_structure_states(stem, version, added):
    kind = next(kind for kind in layout().kinds if kind.stem == stem)
    before = kind.headers[VERSIONS[VERSIONS.index(version) - 1]]
    assert {*kind.headers[version]} - {*before} == added
    assert [header for header in kind.headers[version] if header not in added] == [*before]


@pytest.mark.parametrize(
    ("stem", "header", "name"),
    [
        ("subjects", "  Subject_ID ", "subject_id"),
        ("subjects", "age range (min)", "age_range_min"),
        ("subjects", "RRID for strain*", "rrid_for_strain"),
        ("samples", "was derived from", "wasDerivedFromSample"),
        ("manifest", "isDerivedFrom", "is_derived_from"),
        ("manifest", "ADDITIONAL METADATA", "additional_metadata"),
        ("dataset_description", "    Contributor ORCiD", "contributor_orcid"),
        ("dataset_description", "Type", "dataset_type"),
        ("code_parameters", "Type", "parameter_type"),
        ("subjects", "state", None),
        ("subjects", "type", None),
        ("subjects", "submitter id", None),
        ("subjects", "", None),
    ],
)
def test_blanks_case_and_punctuation_of_headers_do_not_matter(stem, header, name, dictionary):
    kind = next(kind for kind in layout().kinds if kind.stem == stem)
    assert Headers(kind, "2.0.0", dictionary.node(kind.node)).property_of(header) == name
