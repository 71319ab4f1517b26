"""A data dictionary: read from a commons or a file, requested nodes, properties, links, and the order that they give."""

from omicsdk.gen3 import Gen3
from omicsdk.gen3.dictionary import Dictionary, Link
from omicsdk.sandbox import Sandbox


def test_a_commons_gives_its_dictionary_without_a_login(sandbox: Sandbox) -> None:
    with Gen3(sandbox.gen3_url) as commons:
        found = Dictionary.of(commons)
    case = found.node("case")
    assert case.links == {
        "experiments": Link("experiments", "experiment", "cases", "member_of", "many_to_one", required=True)
    }
    assert "strain" in case.required
    assert case.properties["disease_or_disorder"].choices == ("disease", "disorder")
    assert case.unique_keys == (("id",), ("project_id", "submitter_id"))
    assert case.properties["created_datetime"].system
    assert found.backrefs["experiment"]["cases"][0] is case
