"""The table of docs/design/sandbox.md: what of each platform the engine answers, as a sandbox explains it."""

from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.engine import Explanation


def sandbox_operations() -> str:
    """Return the table of the platforms."""
    with Sandbox() as sandbox:
        services = sandbox.explain()
    lines = ["| service | handlers | by the engine, from state | by the engine, by example |", "|---|---:|---|---|"]
    return "\n".join([*lines, *(_line(name, services[name]) for name in sorted(services)), _total(services)])


def _line(service: str, explanations: list[Explanation]) -> str:
    names = {
        kind: [explanation.operation for explanation in explanations if explanation.kind == kind]
        for kind in ("state", "example")
    }
    handled = sum(explanation.kind == "handler" for explanation in explanations)
    return f"| {service} | {handled} | {' '.join(sorted(names['state']))} | {' '.join(sorted(names['example']))} |"


def _total(services: dict[str, list[Explanation]]) -> str:
    kinds = [explanation.kind for explanations in services.values() for explanation in explanations]
    return (
        f"| all | {kinds.count('handler')} | {kinds.count('state')} operations | {kinds.count('example')} operations |"
    )
