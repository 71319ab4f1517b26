"""Commands that belong to no service."""

from __future__ import annotations

from omicsdk.cli.commands import codegen, sandbox
from omicsdk.cli.commands.doctor import doctor
from omicsdk.cli.commands.documented import nothing_cached
from omicsdk.cli.commands.values import above_0, port
from omicsdk.cli.demo import demo
from omicsdk.cli.index import Entry
from omicsdk.cli.main import show_help
from omicsdk.compat.__main__ import run

SERVICE = ""

COMMANDS = (
    Entry(
        "codegen",
        codegen.generate,
        positional=("spec",),
        switches=("fetch", "missing_as_any", "check", "strict"),
        repeated=("overlay", "only", "allow_url"),
        metavars={
            "name": "NAME",
            "out": "FOLDER",
            "overlay": "FILE",
            "only": "TAG",
            "root": "FOLDER",
            "refs": "FOLDER",
        },
        examples=("openapi.yaml --name myservice --out myservice-client",),
    ),
    Entry(
        "codegen diff",
        codegen.diff,
        positional=("old", "new"),
        switches=("fetch", "missing_as_any", "json", "fail_on_breaking"),
        repeated=("old_overlay", "new_overlay", "only", "allow_url"),
        metavars={"old_overlay": "FILE", "new_overlay": "FILE", "only": "TAG", "root": "FOLDER", "refs": "FOLDER"},
        examples=("old.yaml new.yaml --fail-on-breaking",),
    ),
    Entry(
        "codegen explain",
        codegen.explain,
        positional=("spec", "operation"),
        switches=("fetch", "missing_as_any", "json"),
        repeated=("overlay", "only", "allow_url"),
        metavars={"overlay": "FILE", "only": "TAG", "root": "FOLDER", "refs": "FOLDER"},
        examples=("openapi.yaml 'GET /runs'",),
    ),
    Entry(
        "compat run",
        run,
        positional=("program",),
        metavars={"program": "SCRIPT|-m MODULE [ARGUMENT]"},
        verbatim=True,
        quick=True,
        examples=("script.py --replica aws", "-m pytest tests"),
    ),
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
        like=(sandbox.seed,),
        examples=("state.tar --url http://127.0.0.1:8080",),
    ),
    Entry(
        "sandbox load",
        sandbox.load,
        positional=("file",),
        switches=("replace",),
        examples=("state.tar --dir my-sandbox",),
    ),
    Entry("sandbox status", sandbox.status, like=(sandbox.seed,), examples=("", "--url http://127.0.0.1:8080")),
    Entry("demo", demo, examples=("", "--keep demo-folder")),
    Entry(
        "doctor",
        doctor,
        positional=("services",),
        switches=("json",),
        checks={"timeout": above_0},
        examples=("", "dss sb", "--json > report.json"),
    ),
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
