"""Bundled packages are listed completely, and have accepted licences."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_the_page_lists_every_dependency_under_licences_that_we_take():
    from licences import PAGE, faults, groups_by_package

    groups = groups_by_package(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])
    assert groups["httpx"] == ["always"]
    assert groups["pyyaml"] == ["codegen", "sandbox", "cwl", "dvc", "gen3", "dtp"]
    assert not list(faults(PAGE.read_text(encoding="utf-8"), groups))


@pytest.mark.parametrize(
    ("declared", "spdx", "taken"),
    [
        ("MIT License", "MIT", True),
        ("Apache Software License; BSD License", "Apache-2.0 AND BSD", True),
        ("LGPL-2.1-only OR MIT", "LGPL-2.1-only OR MIT", True),
        ("MIT AND GPL-3.0-only", "MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR LGPL-2.1-only", "GPL-3.0-only OR LGPL-2.1-only", False),
        ("MIT OR GPL-3.0-only AND BSD-3-Clause", "MIT OR GPL-3.0-only AND BSD-3-Clause", True),
        ("(MIT OR GPL-3.0-only) AND ISC", "(MIT OR GPL-3.0-only) AND ISC", False),
        ("UNKNOWN", "UNKNOWN", False),
    ],
)
def test_a_licence(declared, spdx, taken):
    from licences import expression, is_taken

    assert expression(declared) == spdx
    assert is_taken(spdx) is taken


def test_what_is_wrong_with_a_page_is_named():
    from licences import faults, groups_by_package, page

    project = {
        "dependencies": ["a_b>=1"],
        "optional-dependencies": {"all": ["omicsdk[one,two]"], "one": ["c[x]>=2"], "two": ["c>=1"], "dev": ["d"]},
    }
    groups = groups_by_package(project)
    assert groups == {"a-b": ["always"], "c": ["one", "two"]}
    rows = [
        {"Name": "A.b", "Version": "1", "License": "MIT License"},
        {"Name": "c", "Version": "3", "License": "ISC"},
        {"Name": "omicsdk", "Version": "0.1.0", "License": "Apache-2.0"},
    ]
    text = page(rows, groups)
    assert text.endswith("| A.b | 1 | MIT | always |\n| c | 3 | ISC | one, two |\n")
    assert not list(faults(text, groups))
    assert [fault.partition(":")[0] for fault in faults(page(rows[1:], groups), groups)] == [
        "a-b isn't listed as asked for by always"
    ]
    rows[1]["License"] = "AGPL-3.0-only"
    (fault,) = faults(page(rows, groups), groups)
    assert fault.startswith("c: we don't take 'AGPL-3.0-only'")
