"""What an assistant's program shows or attaches on request: help as resources, and prompts. Neither is in the context before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from omicsdk.cli.help import WIDEST, command_help
from omicsdk.cli.mcp.tools import Tool
from omicsdk.cli.mistakes import did_you_mean
from omicsdk.cli.topics import ARCHIVES, TOPICS, topic_help
from omicsdk.core.errors import UsageError

# The tool that returns the whole help of another one, for programs that read no resources.
HELP = "help"
# What the URIs of resources begin with; the name of a topic or a tool follows.
RESOURCES = "omics://help/"


class Guide(NamedTuple):
    """A prompt.

    Attributes:
        about: One line for the user who selects it.
        arguments: What the user fills in, by name, with a description.
        tools: The tools that it names; without one of them it is not offered.
        text: The request, with the arguments in braces.
    """

    about: str
    arguments: Mapping[str, str]
    tools: tuple[str, ...]
    text: str


_PROMPTS: Mapping[str, Guide] = {
    "find-data": Guide(
        "Find public data sets",
        {"topic": "Tissue, disease, assay or organism"},
        ("search", "get"),
        "Find public data sets about: {topic}. Call search with a few words, and with its filters if there are too many rows. "
        "Show the best matches in a table: portal, id, title, organism, files, size, access. For those that can be downloaded, state "
        "the size that get reports with dry_run. Download nothing.",
    ),
    "download-data": Guide(
        "Download data, and verify the files",
        {"data": "Accession, DOI, URI, URL, or a list in the folder", "folder": "Folder for the files"},
        ("get", "verify"),
        "Download {data} to the folder {folder}. First call get with dry_run, and state the number of files and their size; ask before "
        "downloading more than 10 GB. Then call get without it. If some files failed, call get again: complete files are skipped. "
        "Report for the files whether they were verified by checksum or by size only.",
    ),
    "explain-error": Guide(
        "Explain an error of omics, and fix it",
        {"error": "The message, or the command that failed"},
        ("status", "whoami"),
        "Explain this error of omics and how to fix it: {error}. Call status for services that do not respond, and whoami for logins "
        "that are missing or expired. The help topics credentials, settings and exit-codes have further information.",
    ),
}


def prompts_of(tools: Mapping[str, Tool]) -> dict[str, Guide]:
    """Return the prompts whose tools are offered, by name.

    Args:
        tools: The tools that are offered, by name.
    """
    return {name: prompt for name, prompt in _PROMPTS.items() if tools.keys() >= {*prompt.tools}}


def prompt_text(name: str, arguments: Mapping[str, str], tools: Mapping[str, Tool]) -> str:
    """Return a prompt with its arguments filled in.

    Args:
        name: The prompt.
        arguments: Its arguments.
        tools: The tools that are offered, by name.

    Raises:
        UsageError: The prompt is unknown, or an argument is missing.
    """
    prompts = prompts_of(tools)
    if name not in prompts:
        raise UsageError(f"unknown prompt {name!r}", remedy=f"Known are: {', '.join(prompts) or 'none'}.")
    if missing := [argument for argument in prompts[name].arguments if not arguments.get(argument)]:
        raise UsageError(f"{name}: missing argument {missing[0]}", remedy="Fill it in.")
    return prompts[name].text.format_map(arguments)


def help_on(name: str, tools: Mapping[str, Tool]) -> str:
    """Return the help of a tool, or on a topic.

    Args:
        name: The tool, or the topic.
        tools: The tools that are offered, by name.

    Raises:
        UsageError: Neither exists.
    """
    if name in tools:
        return command_help(tools[name].target, WIDEST)
    if text := topic_help(name, WIDEST):
        return text
    near = did_you_mean(name, [*tools, *TOPICS, *ARCHIVES])
    raise UsageError(f"no tool or topic is named {name!r}", remedy=near or f"Topics are: {', '.join(TOPICS)}.")
