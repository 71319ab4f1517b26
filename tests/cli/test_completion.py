"""Completion scripts: what they offer, tried in bash; the other shells' by what stands in them."""

import json
import shutil
import subprocess

import pytest
from omicsdk.cli.completion import places, script

SHELLS = ["bash", "zsh", "fish", "powershell"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_the_script(catalog, shell):
    text = script(shell, catalog)
    for place in places(catalog.root()):
        assert place.path in text
        for argument in place.options:
            assert argument["name"].replace("_", "-") in text


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_it(omics, shell):
    ran = omics("completion", shell, installed=True)
    assert ran.code == 0
    assert f"omics completion {shell}" in ran.out
    assert "download-manifest" in ran.out


def test_an_unknown_shell_is_usage(omics):
    ran = omics("completion", "cmd")
    assert ran.code == 2
    assert "bash, zsh, fish, powershell" in ran.err


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash isn't installed")


def completed(text: str, *words: str) -> list[str]:
    """What bash would offer after words, the last of which is being typed."""
    quoted = " ".join(f"'{word}'" for word in words)
    line = f"COMP_WORDS=(omics {quoted}); COMP_CWORD={len(words)}; _omics; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    ran = subprocess.run(["bash", "--norc", "-c", f"{text}\n{line}"], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return ran.stdout.split()


@needs_bash
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("wid",), {"widgets"}),
        (("widgets", "get-w"), {"get-widget", "get-widgets"}),
        (("--output", "jsonl", "widgets", "put"), {"put-widget"}),
        (("--output", ""), {"json", "jsonl", "table", "tsv"}),
        (("widgets", "get-widget", "--re"), {"--replica"}),
        (("widgets", "get-widget", "--replica", ""), {"aws", "gcp"}),
        (("widgets", "get-widget", "--presignedurls", "t"), {"true"}),
        (("widgets", "get-widget", "--uuid", "x"), set()),
        (("store", "api", "sh"), {"shelves"}),
        (("store", "api", "shelves", "head"), {"head-widget"}),
        (("completion", "z"), {"zsh"}),
    ],
)
def test_bash_offers_what_fits(catalog, words, offered):
    assert set(completed(script("bash", catalog), *words)) == offered


@needs_bash
def test_no_text_of_a_document_becomes_code(generated, catalog):
    file = generated / "widgets" / "commands.json"
    commands = json.loads(file.read_text())
    commands[0]["parameters"][0]["choices"] = ["$(touch${IFS}owned)", "`touch${IFS}owned`", "';touch owned;'", "fine"]
    commands[0]["parameters"][0]["help"] = "' ; touch owned ; '"
    file.write_text(json.dumps(commands))
    text = script("bash", catalog) + f"\ncd {generated}"
    assert completed(text, "widgets", "get-widgets", "--per-page", "") == ["fine"]
    assert not (generated / "owned").exists()
