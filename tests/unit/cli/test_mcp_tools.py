"""Commands as tools: names, schemas, command lines, paths, and answers that are cut. No process, no socket."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.index.__main__ import entries
from omicsdk.cli.index.signatures import IndexFault
from omicsdk.cli.mcp.guides import HELP, help_on, prompt_text, prompts_of
from omicsdk.cli.mcp.responses import Responses, masked, pages_of
from omicsdk.cli.mcp.tools import MORE, Tool, briefly, check_texts, command_line, known_services, offered, tools_of
from omicsdk.cli.parser import parse
from omicsdk.cli.program import CommandNode, Group
from omicsdk.core import UsageError

CATALOG = Catalog()
SERVICES = [*known_services(CATALOG), *(f"{name}.api" for name in ("azul", "crunch", "gen3", "pangea", "sb", "trs"))]


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    """All tools of all services, by name."""
    return {tool.name: tool for tool in tools_of(CATALOG, SERVICES)}


def commands(group: Group) -> Iterator[CommandNode]:
    yield from group.visible_commands()
    for child in group.below():
        yield from commands(child)


def command_of(tool: Tool) -> CommandNode:
    words, node = list(tool.path), None
    while words:
        node = CATALOG.follow(node, words)
    assert isinstance(node, CommandNode)
    return node


def test_names_are_unique_and_those_that_clients_accept(tools):
    all_tools = tools_of(CATALOG, SERVICES)
    assert len({tool.name for tool in all_tools}) == len({tool.path for tool in all_tools}) == len(all_tools)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in tools)
    assert not {MORE, HELP} & tools.keys()
    names = {name for tool in all_tools for name in tool.schema["properties"]}
    assert all(re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name) for name in names)


def test_every_schema_is_one(tools):
    Validator = pytest.importorskip("jsonschema").Draft202012Validator
    properties: dict[str, Any] = {}
    for tool in tools.values():
        Validator.check_schema({**tool.schema, "properties": {}})
        properties |= {json.dumps(definition): definition for definition in tool.schema["properties"].values()}
        assert set(tool.schema.get("required", ())) <= tool.schema["properties"].keys()
        assert tool.description, tool.name
        assert not {"access_token", "base_url", "profile", "password", "config"} & (
            tool.schema["properties"].keys()
            - {argument["name"] for argument in tool.arguments.values() if "in" in argument}
        ), tool.name
    for definition in properties.values():  # most are those of several tools
        Validator.check_schema(definition)


def test_a_schema_states_what_the_index_states(tools):
    properties = tools["azul_download"].schema["properties"]
    assert properties["filter"]["type"] == "array"
    assert properties["layout"]["enum"] == ["flat", "project", "bundle"]
    assert properties["to"]["default"] == "."
    assert "limit_rate" not in properties
    assert "report" not in properties
    assert "query" in properties
    assert tools["azul_get"].schema["required"] == ["uuid"]


def test_what_is_never_offered(tools):
    words = {" ".join(tool.path) for tool in tools.values()}
    assert not words & {
        *(
            "dss login",
            "dss logout",
            "auth login",
            "upload creds",
            "gen3 run",
            "gen3 auth access-token",
            "gen3 auth curl",
        ),
        *("gen3 wss download-url", "crunch run", "crunch files", "crunch loop", "pangea user token", "dss listen"),
    }
    assert {tool.name for tool in tools_of(CATALOG, ["files"])} == {
        *("ls", "cat", "stat", "du", "find", "cp", "mv", "rm", "mkdir", "sync", "verify", "get", "search", "whoami"),
        *("add", "lock", "pull", "report", "status"),
    }


def test_values_are_offered_once_and_other_programs_are_not_run(tools):
    properties = tools["get"].schema["properties"]
    assert properties["reads"]["enum"] == ["fastq", "sra", "bam", "suppl"]
    assert not {"sra", "bam", "convert"} & set(properties)


def test_filters_are_offered_where_files_are_selected(tools):
    for name in ("ls", "find", "cp", "sync", "rm", "azul_download", "drs_download"):
        assert {"include", "exclude", "min_size"} <= set(tools[name].schema["properties"]), name
        assert not {"filter_from", "human", "fail_empty", "sse_c_key_file", "google_project"} & set(
            tools[name].schema["properties"]
        )


def test_a_list_of_tools_describes_a_shared_argument_once_and_in_one_sentence():
    file_tools = tools_of(CATALOG, ["files"])
    listed = {tool.name: schema["properties"] for tool, schema in briefly(file_tools)}
    assert listed["ls"]["exclude"]["description"] == ("Exclude files whose path below the folder matches this pattern.")
    assert listed["get"]["exclude"] == {"type": "array", "items": {"type": "string"}}
    assert all("\n" not in tool.description for tool in file_tools)
    # An assistant's context has all of it from the start.
    reading = offered(file_tools, allow_writes=False)
    size = sum(
        len(json.dumps([tool.description, schema])) for tool, schema in briefly(file_tools) if tool.name in reading
    )
    assert size < 12_000


def test_no_command_reads_only_by_its_table_whose_words_say_that_it_changes_something():
    changes = re.compile(
        r"\b(create|update|delete|rm|add|upload|submit|publish|mv|cp|sync|mkdir|set|put|patch|import|abort|clone|tag)\b"
    )
    named = [node for name in SERVICES[1:] for node in commands(CATALOG.start(name.partition(".")[0]))]
    lines = {" ".join(node.path) for node in named if node.command.get("access") == "read" and "run" in node.command}
    assert len(lines) > 100
    assert {words for words in lines if changes.search(words.partition(" ")[2])} == {
        "dss create-version",  # a time, made on this machine
        "pangea tag list groups",
        "pangea tag list random-samples",
    }


def test_only_operations_that_read_are_offered_without_permission(tools):
    readable = offered(tools.values(), allow_writes=False)
    methods = {tool.name: command_of(tool).command.get("method", "") for tool in readable.values()}
    assert {name for name, method in methods.items() if method not in ("GET", "HEAD", "")} == {"dss_post-search"}
    assert tools["crunch_projects_rm"].asks
    assert tools["gen3_delete"].asks
    assert offered(tools.values(), allow_writes=True) == tools


def test_a_command_under_several_words_is_one_tool(tools):
    assert "gen3_programs_create" in tools
    assert "gen3_programs_update" not in tools
    assert "gen3_programs_rm" not in tools
    assert "dss_bundles_get" not in tools


def test_parts_of_services_are_chosen():
    assert all(tool.path[:2] == ("sb", "files") for tool in tools_of(CATALOG, ["sb.files"]))
    assert all(tool.path[:3] == ("gen3", "api", "indexd") for tool in tools_of(CATALOG, ["gen3.api.indexd"]))
    assert not any("api" in tool.path for tool in tools_of(CATALOG, ["gen3"]))
    assert [tool.name for tool in tools_of(CATALOG, ["azul.files.ls"])] == ["azul_files_ls"]


@pytest.mark.parametrize(
    ("service", "message"),
    [("azull", "Did you mean azul"), ("nothing-like-it", "Known are: files, dss,"), ("sb.flies", "Did you mean files"), ("azul.get.x", "is a command")],
)  # fmt: skip
def test_unknown_services(service, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        tools_of(CATALOG, [service])


VALUES: dict[str, list[Any]] = {
    "string": ["a", "-x", "--help", "a b", "@file", "ü"],
    "integer": [7, 7.0],
    "number": [0.5],
    "boolean": [True],
    "array": [["-a", "@b"], ["[x]"]],
    "object": [{"a": "@b"}],
}


@pytest.mark.parametrize("service", ["files", "azul", "sb", "gen3", "dss", "pangea", "azul.api"])
def test_values_reach_the_command_as_they_were_given(service, tmp_path):
    """Also those that begin with a dash or an @, which represent an option or a file in a typed command line."""
    tried = 0
    for tool in tools_of(CATALOG, [service]):
        command = command_of(tool).command
        optional = {
            **command,
            "parameters": [{**parameter, "required": False} for parameter in command.get("parameters", [])],
        }
        placed = {
            name: ["x"] if tool.schema["properties"][name].get("type") == "array" else "x"
            for name, argument in tool.arguments.items()
            if argument.get("positional") and not argument.keys() & {"convert", "choices", "repeated"}
        }
        for name, argument in tool.arguments.items():
            schema = tool.schema["properties"][name]
            if (
                argument.get("convert")
                or "enum" in str(schema)
                or schema.get("items", {}) not in ({}, {"type": "string"})
            ):
                continue
            for value in VALUES.get(schema.get("type", "any"), ["@file", {"a": 1}]):
                words = command_line(tool, {**placed, name: value, "yes": True}, tmp_path)
                at = next(
                    index for index in range(len(words)) if tuple(words[index : index + len(tool.path)]) == tool.path
                )
                values, _ = parse(optional, words[at + len(tool.path) :], GLOBALS)
                parsed_value = values.get(argument.get("python") or name)
                if argument.get("positional") and values.get("paths") in (
                    ["x", value],
                    [*value, "x"] if isinstance(value, list) else None,
                ):
                    continue  # a target that is optional: the command itself takes the last word as such
                assert parsed_value in (value, Path(str(value).removeprefix("@"))), (
                    tool,
                    name,
                )
                tried += 1
    assert tried > 10


def test_a_switch_is_turned_off_by_its_opposite(tools, tmp_path):
    assert "--no-mirror" in command_line(tools["azul_download"], {"mirror": False}, tmp_path)
    assert "--dry-run" in command_line(tools["azul_download"], {"dry_run": True}, tmp_path)
    assert "--dry-run" not in command_line(tools["azul_download"], {"dry_run": False}, tmp_path)
    for tool in tools.values():
        switches = {
            name
            for name, argument in tool.arguments.items()
            if argument.get("flag") and argument.get("default") is True
        }
        assert switches <= tool.opposites.keys(), tool.name


def test_a_permanent_change_is_confirmed(tools, tmp_path):
    with pytest.raises(UsageError, match="was not confirmed"):
        command_line(tools["sb_files_rm"], {"paths": ["p/a"]}, tmp_path)
    assert "--yes" in command_line(tools["sb_files_rm"], {"paths": ["p/a"], "yes": True}, tmp_path)
    assert "--yes" not in command_line(tools["sb_files_rm"], {"paths": ["p/a"], "dry_run": True}, tmp_path)


OUT = ["/etc/passwd", "~/.ssh/id", "../x", "a/../../x", "@/etc/passwd", "@../x", "a=/etc/passwd", "x,/etc/passwd", " /etc/x",
       "file:///etc/passwd", "FILE:///etc/passwd", "link", "link/x", "a=link/x"]  # fmt: skip


@pytest.mark.parametrize("text", OUT)
def test_paths_out_of_the_folder(tmp_path, text):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    for value in (text, [text], {"a": [text]}, {text: 1}):
        with pytest.raises(UsageError, match=re.escape(f"below the folder {folder}")):
            check_texts("to", value, folder)
    check_texts("to", text, None)  # an operation's value, which only goes into a request


@pytest.mark.parametrize(
    "text",
    ["a", "a/b.txt", ".", "..a", "s3://bucket/../x", "dss://aws/x", "genusSpecies=Homo sapiens", "{ a { ...b } }", "x" * 9000, ""],
)  # fmt: skip
def test_texts_that_stay_in_the_folder(tmp_path, text):
    check_texts("to", text, tmp_path)
    (tmp_path / "inner").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "inner")
    check_texts("to", "link/x", tmp_path)


def test_a_nul_is_refused_everywhere(tmp_path):
    for folder in (tmp_path, None):
        with pytest.raises(UsageError, match="NUL"):
            check_texts("a", {"b": ["c\0"]}, folder)


def test_paths_of_the_service_may_be_absolute(tools, tmp_path):
    line = command_line(tools["gen3_objects_ls"], {"authz": ["/programs/a"]}, tmp_path)
    assert '--authz=["/programs/a"]' in line
    with pytest.raises(UsageError, match="absolute"):
        command_line(tools["gen3_upload"], {"paths": ["/etc/passwd"], "authz": ["/programs/a"]}, tmp_path)


# -- guides


def test_prompts_are_those_whose_tools_are_offered():
    files = {tool.name: tool for tool in tools_of(CATALOG, ["files"])}
    assert [*prompts_of(files)] == ["find-data", "download-data", "explain-error"]
    assert not prompts_of({name: tool for name, tool in files.items() if name in ("ls", "verify")})
    filled = prompt_text("download-data", {"data": "PRJNA1 {folder}", "folder": "reads"}, files)
    assert "Download PRJNA1 {folder} to the folder reads." in filled
    with pytest.raises(UsageError, match="missing argument folder"):
        prompt_text("download-data", {"data": "PRJNA1"}, files)
    with pytest.raises(UsageError, match="Known are: none"):
        prompt_text("download-data", {}, {})


def test_help_is_that_of_the_command_and_its_topics():
    files = {tool.name: tool for tool in tools_of(CATALOG, ["files"])}
    assert "--filter-from FILE" in help_on("ls", files)
    assert "OMICS_<SERVICE>_TOKEN" in help_on("credentials", files)
    with pytest.raises(UsageError, match="Did you mean verify"):
        help_on("verfy", files)


# -- answers

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=40,
)


@given(st.lists(PLAIN, max_size=30), st.integers(1, 200))
def test_pages_of_a_list_are_its_items_in_order(items, size):
    together: list[Any] = []
    slices = ""
    left_before = len(items) + 1
    for page, left in pages_of(items, size):
        assert left <= left_before
        left_before = left
        if isinstance(page, list):
            together += page
            assert len(json.dumps(page, ensure_ascii=False)) <= size + 2 or len(page) == 0
        else:
            slices += page
            assert len(page) <= size
            if len(items) - left > len(together):
                together.append(json.loads(slices))
                slices = ""
    assert together == items
    assert left_before == 0 or not items


@given(
    st.dictionaries(st.text(max_size=4), PLAIN, max_size=4),
    st.lists(PLAIN, min_size=1, max_size=20),
    st.integers(60, 200),
)
def test_an_object_is_cut_in_its_longest_list(others, items, size):
    pages = [page for page, _ in pages_of({**others, "the items": items}, size)]
    whole: dict[str, Any] = {}
    if all(isinstance(page, dict) for page in pages):
        for page in pages:
            for name, value in page.items():
                whole[name] = whole[name] + value if isinstance(value, list) and name in whole else value
        assert whole == {**others, "the items": items}
    else:
        assert any(isinstance(page, str) for page in pages)


def test_a_text_is_cut_between_characters():
    assert list(pages_of("abcde", 2)) == [("ab", True), ("cd", True), ("e", False)]
    assert list(pages_of("", 2)) == []


def test_only_the_latest_rests_are_kept():
    responses = Responses(5, max_rests=2)
    cursors = [responses.first(list(range(10)))["cursor"] for _ in range(3)]
    with pytest.raises(UsageError, match="unknown cursor"):
        responses.more(cursors[0])
    assert responses.more(cursors[1])["result"] == [2, 3]
    assert responses.first(None) == {"result": None}
    assert responses.first([]) == {"result": []}


def test_a_result_is_json_that_every_client_reads():
    text = r'{"a": [NaN, -Infinity, 1e999], "b": "\ud83d\ude00 \ud800"}'
    assert masked(text, {}) == {"a": [None, None, None], "b": "\U0001f600 \ufffd"}


def test_what_a_response_never_shows():
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    url = "https://bucket.example.org/a?X-Amz-Signature=canary-signature"
    text = json.dumps({"api_key": "canary-key", "key_id": "k1", "url": url, "note": f"got {token} and canary-variable"})
    shown = masked(text, {"PANGEA_PASS": "canary-variable", "HOME": "k1"})
    assert shown == {
        "api_key": "***",
        "key_id": "k1",
        "url": "https://bucket.example.org/a?***",
        "note": "got *** and ***",
    }
    assert masked(f"{token}\n", {}) == "***\n"
    assert masked(url, {}) == "https://bucket.example.org/a?***"


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("secret", ['canary"quote', "canary-\\", "canary-\xe9", "canary\ttab"])
def test_a_secret_is_masked_as_json_escapes_it(secret: str, ascii_only: bool):
    text = json.dumps({"note": f"got {secret}!"}, ensure_ascii=ascii_only)
    assert masked(text, {"PANGEA_PASS": secret}) == {"note": "got ***!"}


# -- the index and the command


def test_a_table_states_what_each_command_does_and_names_no_other():
    from omicsdk.cli.index import Entry

    table = SimpleNamespace(
        __name__="table", COMMANDS=(Entry("a b", print), Entry("c", print)), READS=("a",), PRIVATE=("c",)
    )
    assert [entry.access for entry in entries(table)] == ["read", "private"]
    table.COMMANDS = (*table.COMMANDS, Entry("new", print))
    with pytest.raises(IndexFault, match="table: new is in none of READS, WRITES and PRIVATE"):
        list(entries(table))
    table.WRITES = ("new",)
    assert [entry.access for entry in entries(table)] == ["read", "private", "write"]
    table.READS = ("d",)
    with pytest.raises(IndexFault, match="no command is named d"):
        list(entries(table))


def test_without_the_extra(omics, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server.lowlevel", None)
    ran = omics("mcp", installed=True)
    assert ran.code == 2
    assert ran.out == ""
    assert "The extra 'mcp' is not installed, which is needed for omics mcp" in ran.err
    assert "[mcp]" in ran.err


def test_a_folder_that_cannot_be_made(omics, tmp_path):
    pytest.importorskip("mcp")
    (tmp_path / "file").touch()
    ran = omics("mcp", "--folder", os.fspath(tmp_path / "file" / "x"), installed=True)
    assert ran.code == 2
    assert "--folder" in ran.err
