"""Commands that belong to no service."""

from __future__ import annotations

from omicsdk.cli.commands import sandbox
from omicsdk.cli.commands.documented import nothing_cached
from omicsdk.cli.commands.numbers import port
from omicsdk.cli.index import Entry
from omicsdk.cli.main import show_help

SERVICE = ""

COMMANDS = (
    Entry(
        "sandbox up",
        sandbox.up,
        checks={"port": port, "s3_port": port},
        switches=("run_tools",),
        repeated=("allow_host",),
        examples=("", "--port 8080 --dir my-sandbox"),
    ),
    Entry(
        "sandbox seed",
        sandbox.seed,
        positional=("folder",),
        examples=(
            "bundle-1/ bundle-2/ --dir my-sandbox",
            "study/ --service gen3 --url http://127.0.0.1:8080",
            "--exchanges recording.jsonl --dir my-sandbox",
        ),
    ),
    Entry(
        "sandbox save",
        sandbox.save,
        positional=("file",),
        examples=("state.tar --url http://127.0.0.1:8080",),
    ),
    Entry(
        "sandbox load",
        sandbox.load,
        positional=("file",),
        switches=("replace",),
        examples=("state.tar --dir my-sandbox",),
    ),
    Entry("sandbox status", sandbox.status, examples=("", "--url http://127.0.0.1:8080")),
    Entry("clear-hca-cache", nothing_cached, quick=True, examples=("",)),
    Entry(
        "help",
        show_help,
        positional=("command",),
        hidden=("node", "catalog", "where"),
        quick=True,
        examples=("dss get-bundle", "topics"),
    ),
)
