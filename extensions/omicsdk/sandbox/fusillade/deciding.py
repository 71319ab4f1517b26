"""The operation that other services ask for decisions."""

from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.service import Call, Reply


def post_v1_policies_evaluate(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/policies/evaluate."""
    [resource] = call.body["resource"]
    decision = fusillade.decide(call.body["principal"], call.body["action"], resource)
    return Reply({"result": decision.result, "reason": decision.reason})
