"""The reference has every command, public name, error and variable that the program has."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from building import command_pages, error_page, python_pages
from building.markdown import code, light, plain
from omicsdk.cli.arguments import flags, own_arguments
from omicsdk.cli.catalog import Catalog
from omicsdk.cli.program import CommandNode, Group
from omicsdk.core import errors

ROOT = Path(__file__).parents[2]
CATALOG = Catalog()
PAGES = command_pages.pages(CATALOG)
SECTIONS = {
    match[1]: match[2]
    for text in PAGES.values()
    for match in re.finditer(r"^##+ `omics ([^`]+)` \{[^}]*\}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
}


def every(group: Group) -> Iterator[CommandNode]:
    yield from group.visible_commands()
    for below in group.below():
        yield from every(below)


COMMANDS = list(every(CATALOG.root()))


def test_every_command_has_a_section_and_no_other_has():
    assert sorted(SECTIONS) == sorted({" ".join(command.path) for command in COMMANDS})
    assert len(COMMANDS) > 900


def test_every_argument_is_told_with_its_choices_and_its_default():
    for command in COMMANDS:
        section = SECTIONS[" ".join(command.path)]
        for argument in own_arguments(command.command):
            if "synonym_of" in argument:
                continue
            spelled = [] if argument.get("positional") else flags(argument)
            assert [spelling for spelling in spelled if f"`{spelling}`" not in section] == [], command.path
            for choice in argument.get("choices") or ():
                assert command_pages.shown(choice) in section, (command.path, argument["name"])
            if argument.get("required"):
                assert ", required" in section
        assert [line for line in command.command.get("examples", ()) if line not in section] == [], command.path


def test_an_argument_that_stands_by_its_place_is_not_told_as_an_option():
    section = SECTIONS["completion"]
    assert "`SHELL`" in section
    assert "`--shell`" not in section
    assert "`SERVICES ...`" in SECTIONS["doctor"]


def test_examples_are_code_as_they_are_typed():
    assert "```sh\nomics doctor\nomics doctor dss sb\nomics doctor --json > report.json\n```" in SECTIONS["doctor"]
    listed = "- an item\n\n    its <second> paragraph\n\nAs in:\n\n    a[0] < b\n\nand no more"
    assert light(listed) == (
        "- an item\n\n    its &lt;second&gt; paragraph\n\nAs in:\n\n```\na[0] < b\n```\n\nand no more"
    )


def test_commands_of_no_service_are_listed_where_the_page_of_commands_begins():
    index = PAGES["reference/commands/index.md"]
    opening = index[: index.index("## Global options")]
    assert [
        command
        for command in CATALOG.root().visible_commands()
        if f"](#{command_pages.anchor(command)})" not in opening
    ] == []


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_of_commands_names_no_anchor_twice(page: str):
    anchors = re.findall(r"\{ #(\S+) \}", PAGES[page])
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"\]\(#(\S+)\)", PAGES[page])) <= set(anchors)


@pytest.mark.parametrize(
    "package",
    [package for package in python_pages.PACKAGES if python_pages.there(package)],
    ids=lambda package: package.module,
)
def test_every_public_name_of_a_package_is_told(package: python_pages.Package):
    page = python_pages.pages()[package.path]
    for module in (package.module, *package.further):
        public = [name for name in getattr(importlib.import_module(module), "__all__", ()) if not name.startswith("__")]
        documented = set(re.findall(r"heading: (\w+)$|^- \[`(\w+)`\]", page, re.MULTILINE))
        assert set(public) <= {one or other for one, other in documented}


def test_every_package_has_a_page():
    folders = {f"omicsdk.{path.parent.name}" for path in (ROOT / "extensions" / "omicsdk").glob("[!_]*/__init__.py")}
    assert folders - {package.module for package in python_pages.PACKAGES} == {"omicsdk.cli"}


def test_every_error_is_told_with_its_exit_code():
    page = error_page.page()
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.OmicsError):
            assert f"`{name}` |" in page
    assert "`AuthError` | 4 |" in page
    assert "`SomeFailed` | 3 |" in page
    assert "`NotFound` | 1 |" in page


_VARIABLE = re.compile(
    r"[\"']((?:OMICS|SB|GEN3|GEN3SDK|PANGEA|USE|CRUNCH|HCA|DRS|LOCALLY|NCBI|GOOGLE|SSL|REQUESTS|CURL)_[A-Z0-9_]*[A-Z0-9]"
    r"|AWS_(?:PROFILE|CONFIG_FILE|CA_BUNDLE|[A-Z]+_ACCESS_KEY(?:_ID)?|ENDPOINT_URL\w*)|[A-Z]+_PROXY)[\"']"
)


def test_every_environment_variable_of_the_program_is_told():
    from building.drawings import drawn

    page = drawn((ROOT / "docs" / "reference" / "environment.md").read_text(encoding="utf-8"))
    sources = [path for path in (ROOT / "extensions" / "omicsdk").rglob("*.py") if "sandbox" not in path.parts]
    read = {name for path in sources for name in _VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert len(read) > 40
    of_any_service = re.compile(r"OMICS_[A-Z0-9]+_(TOKEN|URL)")
    assert sorted(name for name in read if f"`{name}`" not in page and not of_any_service.fullmatch(name)) == []


def test_every_known_setting_of_the_human_cell_atlas_is_told():
    from building.drawings import drawn
    from omicsdk.hca.config import SETTINGS

    page = drawn((ROOT / "docs" / "reference" / "environment.md").read_text(encoding="utf-8"))
    assert [name for name in SETTINGS if f"| `{name}` |" not in page] == []


def test_every_option_of_transfers_is_told_with_its_default():
    from building.drawings import drawn
    from omicsdk.transfer import TransferOptions

    page = drawn((ROOT / "docs" / "how-to" / "move-a-terabyte.md").read_text(encoding="utf-8"))
    section = page[page.index("### Options in Python") : page.index("## Limit time")]
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.+)`)? \| \w", section, re.MULTILINE)
    assert [name for name, _ in rows] == list(inspect.signature(TransferOptions).parameters)
    assert ("retries", "10") in rows
    assert ("control", "") in rows


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a <b> & *c*", r"a &lt;b&gt; &amp; \*c\*"),
        ("`<b> *c*` d_e", r"`<b> *c*` d\_e"),
        ("two\n  lines | x", r"two lines \| x"),
        ("[a](javascript:b)", r"\[a\](javascript:b)"),
    ],
)
def test_plain_text_stays_as_it_is(text: str, written: str):
    assert plain(text) == written


def test_descriptions_keep_lists_and_lose_html_and_links():
    assert light("- a\n- <script>\n\n`<x>` [y](z)") == "- a\n- &lt;script&gt;\n\n`<x>` \\[y](z)"
    assert code("a`b") == "`` a`b ``"
