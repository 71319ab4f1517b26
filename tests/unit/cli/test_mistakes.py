"""Errors for misspelled words, and help on topics."""

import re
import shlex
from pathlib import Path

import pytest
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.mistakes import did_you_mean
from omicsdk.cli.parser import parse
from omicsdk.cli.program import CommandNode
from omicsdk.cli.topics import ARCHIVES, TOPICS, archive
from omicsdk.fs.registry import STORES


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["dsss"], "Did you mean dss?"),
        (["DSS"], "Did you mean dss?"),
        (["dotcor"], "Did you mean doctor?"),
        (["download-manifest"], "Did you mean omics dss download-manifest?"),
        (["dss", "download-manifst"], "Did you mean download-manifest?"),
        (["sb", "fiels", "ls"], "Did you mean files?"),
        (["sb", "files", "uplaod"], "Did you mean upload?"),
        (["dss", "download", "--bundle-uid", "x"], "Did you mean --bundle-uuid?"),
        (["dss", "download", "--bundle_uuid", "x"], "Did you mean --bundle-uuid?"),
        (["--outptu", "json", "dss"], "Did you mean --output?"),
        (["--output", "jsno", "config", "list"], "Did you mean json?"),
        (["completion", "bsh"], "Did you mean bash?"),
        (["completion", "ZSH"], "Did you mean zsh?"),
        (["doctor", "gen"], "Did you mean gen3?"),
        (["dss", "download", "--bundle-uuid", "x", "--replica", "asw"], "Did you mean aws?"),
        (["help", "credential"], "Did you mean credentials?"),
        (["help", "Exit-Codes"], "Did you mean exit-codes?"),
        (["help", "topic"], "Did you mean topics?"),
        (["help", "dsss"], "Did you mean dss?"),
        (["help", "nothing"], "See: omics --help, or omics help topics"),
        (["topics"], "Did you mean omics help topics?"),
        (["dowload"], "Did you mean omics get or omics dss download"),
        (["ls-remote"], "Did you mean omics ls?"),
        (["version"], "Did you mean omics --version"),
        (["head", "a.csv"], "Did you mean omics cat?"),
        (["search"], "search: WORDS is required."),
        (["get", "x", "--to"], "--to: expected one argument. See: omics get --help"),
        (["get", "x", "--to", "-y"], "Use a value that begins with a dash with an equals sign"),
        (["get", "Lake et al", "--to", "x"], "for words, search first: omics search 'Lake et al'."),
        (["get", "PREJB1", "--to", "x"], "Name a list of files, an accession, a URI or a URL. See"),
        (["remove", "x"], "To undo omics add, delete its table in omics.toml. omics rm removes files permanently."),
        (["login", "gdc", "--token-file", "x"], "Did you mean --credentials-file?"),
        (["gdc", "download"], "Did you mean omics help gdc?"),
        (["sb", "get-current-user"], "Did you mean omics sb api get-current-user?"),
        (["sb", "projects", "list"], "Did you mean omics sb projects ls?"),
        (["sb", "upload", "a.bam"], "Did you mean omics sb files upload?"),
        (["sb", "whoami"], "Did you mean omics whoami?"),
        (["gen3", "upload-multiple"], "Did you mean omics gen3 upload?"),
        (["upload", "a.bam", "s3://bucket/"], "Did you mean omics cp?"),
        (["s3", "sync", "a", "b"], "Did you mean omics cp?"),
        (["cp", "a", "--to", "b"], "The target is the last argument."),
        (["get", "--output-dir", "x"], "Did you mean --to?"),
        (["rm", "-R", "x"], "Did you mean --recursive?"),
        (["cp", "-y", "a", "b"], "Did you mean --yes?"),
        (["rm", "-v", "a"], "Did you mean --debug?"),
        (["get", "--json", "a"], "Did you mean --output json?"),
        (["sync", "-c", "a", "b"], "Did you mean --compare checksum?"),
        (["sb", "files", "download", "sb://a/b", "-d", "x"], "Did you mean --download-dir?"),
        (["cp", "--files-from", "list", "a/"], "omics get LIST --to FOLDER"),
        (["mv", "-r", "a", "b"], "Folders are moved without an option."),
        (["du", "-s", "a"], "Folders are summed without an option."),
        (["gen3", "configure"], "Did you mean omics login gen3 --credentials-file FILE?"),
        (["get", "--sse-c-key-file", "a"], "It is an option of omics "),
        (["drs", "get", "--exclude", "a"], "It is an option of omics "),
        (["cp", "--overwrite", "a", "b"], "Existing files are replaced without an option; --no-clobber skips them."),
        (["get", "a", "—-to", "b"], "—-to: — is no dash of options. Write --to."),
        (["help", "phs000178"], "phs000178 is not at an archive that omics downloads from. It is of dbGaP"),
        (["help", "dbgap"], "It is of dbGaP: apply there"),
        (["get", "--tu", "a"], "Did you mean --to?"),
        (["sb", "projects", "create", "--name", "X"], "unknown option --name. Did you mean NAME?"),
        (["dss", "download", "--name", "X"], "unknown option --name. See: omics dss download --help"),
    ],
)
def test_what_was_meant_is_named(omics, words, meant):
    ran = omics(*words, installed=True)
    assert (ran.code, ran.out) == (2, "")
    assert meant in ran.err


@pytest.mark.parametrize("word", ["x", "qqqqqq", "", "install", "--exclude"])
def test_nothing_is_made_up(word):
    assert did_you_mean(word, ["download", "upload", "init", "--output", "--include"]) == ""


@pytest.mark.parametrize("name", [*TOPICS, *ARCHIVES, "topics"])
def test_a_topic_has_help(omics, name):
    ran = omics("help", name, installed=True)
    assert (ran.code, ran.err) == (0, "")
    title = {**TOPICS, **ARCHIVES, "topics": ("Topics",)}[name][0]
    assert " ".join(ran.out.split()).startswith(title)
    assert all(len(line) <= 80 or line.startswith("    ") for line in ran.out.splitlines())


@pytest.mark.parametrize("word", ["gdc", "TCGA", "sra", "hca", "anvil", "PRIDE"])
def test_an_archive_alone_shows_its_help(omics, word):
    assert omics(word, installed=True) == omics("help", archive(word), installed=True)


def test_examples_of_archives_can_be_typed():
    lines = [line for _, text in ARCHIVES.values() for line in text.splitlines() if line.startswith("    ")]
    assert len(lines) > 10
    for line in lines:
        _, *words = shlex.split(line)
        node = None
        while not isinstance(node, CommandNode):
            node = Catalog().follow(node, words)
        if "--help" not in words:
            parse(node.command, words, GLOBALS)


def test_the_topic_of_exit_codes_has_those_of_the_manual(omics):
    page = (Path(__file__).parents[3] / "docs" / "building" / "error_page.py").read_text(encoding="utf-8")
    text = " ".join(omics("help", "exit-codes").out.split())
    assert re.findall(r"- (\d+):", text) == re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert "limit left items out" in page
    assert "--limit left items out" in text


def test_topics_are_found_from_the_help(omics):
    assert "omics help topics" in omics("--help", installed=True).out
    listed = omics("help", "topics").out
    assert all(f"- {name}: " in listed for name in TOPICS)
    assert omics("help", "excel").out == omics("help", "lists").out
    assert omics("help", "resume").out == omics("help", "downloads").out
    assert omics("help", "uris").out == omics("help", "files").out
    assert "unknown" in omics("help", "credntials").err


def test_the_topic_of_files_has_a_form_of_each_scheme(omics):
    forms = set(re.findall(r"^- (\w+)://", omics("help", "files").out, re.MULTILINE))
    assert forms == set(STORES) - {"file", "http", "https"}


def test_the_place_of_other_tools_is_suggested_where_a_command_has_one(omics):
    assert "Did you mean --to?" in omics("get", "SRR1553607", "-o", "reads").err
    assert "Did you mean --output?" in omics("ls", ".", "-o", "json").err


@pytest.mark.parametrize(
    "words", [("ls", "PRJEB1"), ("stat", "PRJEB1"), ("cp", "PRJEB1", "x"), ("verify", "PRJEB1", "x")]
)
def test_an_accession_in_the_place_of_a_path_points_to_get(omics, words):
    assert "It names data of an archive: omics get PRJEB1 --to FOLDER" in omics(*words, installed=True).err


def test_a_command_of_the_group_above_is_suggested(omics):
    assert "Did you mean omics azul get?" in omics("azul", "projects", "get", "X", installed=True).err


def test_files_of_several_folders_are_listed_by_their_paths_and_found_ones_aligned_left(omics, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("one/a.txt", "other/long name.txt"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("x")
    listed = omics("ls", "one", "other", tty=True).out.splitlines()
    assert [line.split("  ")[-1] for line in listed] == ["one/a.txt", "other/long name.txt"]
    assert omics("find", "one", "other", tty=True).out.splitlines() == ["one/a.txt", "other/long name.txt"]
