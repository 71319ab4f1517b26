"""Operations on the platform itself: where its parts are, how many requests are left, feedback."""

from omicsdk.sandbox.sb.requests.gate import token_of
from omicsdk.sandbox.sb.state import Sb, href, new_uuid, when
from omicsdk.sandbox.service import Call, Reply

_PARTS = {
    "rate_limit_url": ("rate_limit",),
    "user_url": ("user",),
    "users_url": ("users",),
    "billing_url": ("billing",),
    "projects_url": ("projects",),
    "files_url": ("files",),
    "tasks_url": ("tasks",),
    "apps_url": ("apps",),
    "action_url": ("action",),
    "upload_url": ("upload",),
    "storage_url": ("storage",),
}
_INSTANCES = 100


def get_endpoints(sb: Sb, call: Call) -> Reply:  # noqa: ARG001 - as every handler
    """GET /."""
    return Reply({name: href(call, *steps) for name, steps in _PARTS.items()})


def get_rate_limit(sb: Sb, call: Call) -> Reply:
    """GET /rate_limit."""
    rate = sb.meter.rate(token_of(call.headers))
    assert rate is not None, "the request itself was counted"
    instances = {"limit": _INSTANCES, "remaining": _INSTANCES, "reset": rate.reset}
    requests = {"limit": rate.limit, "remaining": rate.remaining, "reset": rate.reset}
    return Reply({"rate": requests, "instance_limit": instances, "instance": instances})


def send_feedback(sb: Sb, call: Call) -> Reply:
    """POST /action/notifications/feedback."""
    told = {"from": sb.user(call), "at": when(sb.now()), **call.body}
    sb.documents.put("feedback", new_uuid(), told)
    return Reply(status=204)
