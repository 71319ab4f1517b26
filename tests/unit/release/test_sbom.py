"""The SBOM of a release is complete, describes the wheel only, and reveals nothing of the build machine."""

import copy

import pytest

BOM = {
    "components": [
        {"bom-ref": "a==1", "name": "a", "version": "1", "purl": "pkg:generic/a@1"},
        {"bom-ref": "b==2", "name": "b", "version": "2", "purl": "pkg:generic/b@2"},
    ],
    "dependencies": [{"ref": "a==1"}, {"ref": "root-component", "dependsOn": ["a==1", "b==2"]}],
    "metadata": {"component": {"bom-ref": "root-component", "name": "omicsdk", "version": "0.1.0"}, "tools": {}},
}


def test_it_names_the_wheel_by_its_sum():
    from sbom import completed

    bom = copy.deepcopy(BOM)
    complete = completed(bom, "omicsdk-0.1.0-py3-none-any.whl", "ab" * 32)
    component = complete["metadata"]["component"]
    assert component["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert component["properties"] == [{"name": "omicsdk:file", "value": "omicsdk-0.1.0-py3-none-any.whl"}]
    assert component["version"] == "0.1.0"
    assert complete["components"] == BOM["components"]
    assert bom == BOM


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda bom: None, None),
        (lambda bom: bom["components"][0].pop("version"), "a has no version"),
        (lambda bom: bom["components"].pop(), "b==2 is needed and isn't described"),
        (lambda bom: bom["dependencies"].pop(), "nothing says what the wheel needs"),
        (lambda bom: bom["components"][1].update(url="file:///home/me/omicsdk"), "/home/me is in it"),
    ],
)
def test_what_keeps_it_from_being_published(change, fault):
    from sbom import faults

    bom = copy.deepcopy(BOM)
    change(bom)
    assert faults(bom, ["/home/me"]) == ([fault] if fault else [])
