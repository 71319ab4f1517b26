"""The operation that other services ask for decisions."""

from omicsdk.sandbox.fusillade.state import Fusillade, is_name
from omicsdk.sandbox.problems import bad_arguments
from omicsdk.sandbox.service import Call, Reply


def post_v1_policies_evaluate(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/policies/evaluate."""
    [resource], principal = call.body["resource"], call.body["principal"]
    if not is_name(principal):
        raise bad_arguments(f"{principal[:80]!r} can't be the name of a user")
    decision = fusillade.decide(principal, call.body["action"], resource)
    return Reply({"result": decision.result, "reason": decision.reason})
