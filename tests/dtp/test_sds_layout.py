"""The templates' headers are properties of the SDS dictionary."""

import pytest
from omicsdk.dtp.sds.headers import Headers
from omicsdk.dtp.sds.layout import KINDS, VERSIONS

#: Columns of templates that the dictionary has nothing for.
WITHOUT = {("resources", "Additional Metadata")}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.stem)
def test_each_header_of_a_template_is_a_property(kind, version, dictionary):
    headers = Headers(kind, version, dictionary.node(kind.node))
    missing = [each for each in kind.headers[version] if headers.property_of(each) is None]
    assert {(kind.stem, each) for each in missing} <= WITHOUT
    found = [headers.property_of(each) for each in kind.headers[version] if each not in missing]
    assert len(set(found)) == len(found)
    assert [headers.header_of(name) for name in found] == [
        each for each in kind.headers[version] if each not in missing
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.stem)
def test_all_that_the_dictionary_wants_has_a_header_in_the_newest_template(kind, dictionary):
    headers = Headers(kind, "2.0.0", dictionary.node(kind.node))
    assert set(headers.properties) == {headers.property_of(each) for each in kind.headers["2.0.0"]} - {None}


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
def test_blanks_case_and_punctuation_of_headers_don_t_matter(stem, header, name, dictionary):
    kind = next(each for each in KINDS if each.stem == stem)
    assert Headers(kind, "2.0.0", dictionary.node(kind.node)).property_of(header) == name
