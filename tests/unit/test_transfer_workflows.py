"""Every workflow that moves files: the same options, one report, and an error when something failed."""

import ast
import inspect
from dataclasses import fields
from typing import Unpack, get_args, get_origin

import pytest
from omicsdk.cli.index.signatures import documentation
from omicsdk.transfer import SelectionOptionsDict, TransferOptions, TransferOptionsDict
from transfer_workflows import FUNCTIONS, TRANSFERS, example, hint_of

SELECTING = {
    *("omicsdk.get", "omicsdk.download"),
    *("Azul.download", "Drs.download", "Dss.download", "Dss.download_collection", "Dss.download_manifest"),
    *("Gen3.download", "Pangea.download", "SevenBridges.download", "Trs.download"),
}
"""Those that take filters of files."""


def test_only_workflows_that_select_files_take_filters():
    for options in ({"include": ["*.bam"]}, {"min_size": "1K"}, {"newer": "7d"}):
        with pytest.raises(TypeError, match="unknown option"):
            TransferOptions.of(options)
        assert not TransferOptions.of(options, selects=True).fit_all


def test_all_transfers_return_their_report():
    named = {
        name
        for name in FUNCTIONS
        if any(word in name.partition(".")[2] for word in ("download", "upload", "get", "workspace_copy"))
    }
    getters = {name for name in named if name.partition(".")[2].startswith("get") and name != "omicsdk.get"}
    assert named - getters == set(TRANSFERS)


@pytest.mark.parametrize("name", TRANSFERS)
def test_the_options_are_those_of_all_transfers(name: str):
    function = inspect.unwrap(FUNCTIONS[name])
    parameters = inspect.signature(function).parameters
    keywords = next(parameter for parameter in parameters.values() if parameter.kind is inspect.Parameter.VAR_KEYWORD)
    assert keywords.name == "options"  # by which a cancelled task knows that `stop` is one of them
    hint = hint_of(function, keywords.name)
    assert (get_origin(hint), get_args(hint)) == (
        Unpack,
        (SelectionOptionsDict if name in SELECTING else TransferOptionsDict,),
    )
    assert set(parameters) & {field.name for field in fields(TransferOptions)} == set()


@pytest.mark.parametrize("name", TRANSFERS)
def test_the_documentation_states_the_options_and_the_error(name: str):
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    assert "omicsdk.transfer.TransferOptions" in documentation(inspect.unwrap(FUNCTIONS[name])).arguments["options"]
    assert "TransferFailed: " in text or "a `TransferFailed`" in text  # of one of its subclasses


@pytest.mark.parametrize("name", TRANSFERS)
def test_the_documentation_has_an_example_of_a_few_lines(name: str):
    code = example(name)
    assert 1 <= sum(bool(line) for line in code.splitlines()) <= 4
    service, _, attribute = name.partition(".")
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)}
    assert f"{'client' if service != 'omicsdk' else service}.{attribute}" in called


@pytest.mark.parametrize("name", TRANSFERS)
def test_the_example_is_no_part_of_the_help_of_commands(name: str):
    parts = documentation(inspect.unwrap(FUNCTIONS[name]))
    texts = (parts.summary, parts.description, *parts.arguments.values())
    assert [text for text in texts if example(name).splitlines()[0] in text or "Example:" in text] == []
