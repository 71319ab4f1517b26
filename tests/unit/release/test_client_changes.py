"""Changes in the documents of services are reported for each client."""

from pathlib import Path

import pytest

DOCUMENT = """\
openapi: 3.0.3
info: {title: %s, version: "%s"}
paths:
  /things:
    get:
      operationId: listThings
      parameters:
        - {name: %s, in: query, schema: {type: string}}
      responses: {"204": {description: Nothing.}}
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Services as they were, and as they are: one as it was, one changed, one gone, one new."""

    def write(when: str, name: str, version: str, parameter: str) -> None:
        folder = tmp_path / when / name
        folder.mkdir(parents=True)
        (folder / "openapi.yaml").write_text(DOCUMENT % (name, version, parameter))

    for when in ("then", "now"):
        write(when, "same", "1", "limit")
    write("then", "changed", "1", "limit")
    write("now", "changed", "2", "most")
    write("then", "gone", "1", "limit")
    write("now", "fresh", "1", "limit")
    return tmp_path / "then", tmp_path / "now"


def test_each_client_that_changed_has_a_section(folders):
    from client_changes import sections

    assert list(sections(*folders)) == [
        "## changed: from 1 to 2\n\n### Breaking changes\n\n- `list_things`: argument limit is gone\n\n"
        "### Other changes\n\n- `list_things`: argument most is new and optional: str\n",
        "## fresh\n\n### Other changes\n\n- the client is new, with 1 operations\n",
        "## gone\n\n### Breaking changes\n\n- the client is gone\n",
    ]


def test_an_overlay_is_part_of_a_document(folders):
    from client_changes import sections

    overlay = (
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "  - target: $.paths['/things'].get\n    update: {x-omics-name: all_things}\n"
    )
    (folders[1] / "same" / "overlay.yaml").write_text(overlay)
    assert "- `list_things`: is called all_things now" in "".join(sections(*folders))


def test_the_page_keeps_what_stands_above():
    from client_changes import MARK, page

    old = f"# Title\n\nProse.\n\n{MARK}\nold\n"
    assert page(old, None, []).endswith(f"Prose.\n\n{MARK}\nThere is no earlier release to compare with.\n")
    assert page(old, "v1", ["## a\n", "## b\n"]) == f"# Title\n\nProse.\n\n{MARK}\nSince v1:\n\n## a\n\n## b\n"
    assert page(old, "v1", []).endswith("Since v1:\n\nNothing changes for users of the generated clients.\n")
    with pytest.raises(ValueError, match="has no line"):
        page("# Title\n", None, [])
