"""Runs of datasets by Snakefiles, without conda."""

from noted import Noted
from party import Party

GOOD = """rule all:
    input: "made.txt"

rule make:
    input: "in.txt"
    output: "made.txt"
    shell: "cp {input} {output}"
"""
FAILING = """rule all:
    input: "third.txt"

rule first:
    input: "in.txt"
    output: "first.txt"
    shell: "cp {input} {output}"

rule second:
    input: "first.txt"
    output: "second.txt"
    shell: "cp {input} {output}"

rule third:
    input: "second.txt"
    output: "third.txt"
    shell: "echo broken >&2; exit 3"
"""


def _run(party: Party, note: Noted, name: str, workflow: str) -> None:
    slug = party.dataset(party.project(f"Project {name}", workflow), name, {"in.txt": "abc\n"})
    note("failed", bool(party.run(slug, name, kind="snakemake")()))
    note("statuses", [status[:2] for status in party.statuses(slug)])
    note("why", party.statuses(slug)[-1][2])
    note("Snakefile", party.worked(name)[".crunch/Snakefile"])
    note("stored", sorted(path for path in party.stored(name) if not path.startswith((".crunch", ".snakemake"))))


def snakefile(party: Party, note: Noted) -> None:
    _run(party, note, "snakefile", GOOD)


def failing_rule(party: Party, note: Noted) -> None:
    _run(party, note, "failing-rule", FAILING)


GROUPS = (snakefile, failing_rule)
