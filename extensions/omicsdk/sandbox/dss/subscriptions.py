"""Operations of subscriptions to what happens to bundles."""

import uuid as uuids

from omicsdk.sandbox.dss.notifications import check_subscription, is_elasticsearch
from omicsdk.sandbox.dss.state import SUBSCRIPTION, Dss, writable
from omicsdk.sandbox.dss.store import JsonObject, Subscription, format_version
from omicsdk.sandbox.problems import Problem, not_found
from omicsdk.sandbox.service import Call, Reply

MAX_SUBSCRIPTIONS = 100


def get_subscriptions(dss: Dss, call: Call) -> Reply:
    """GET /subscriptions."""
    subscriptions = dss.subscriptions.all(
        owner=call.sender.email, replica=call.arguments["replica"], kind=call.arguments["subscription_type"]
    )
    return Reply({"subscriptions": [_shown(each.body) for each in subscriptions]})


def put_subscription(dss: Dss, call: Call) -> Reply:
    """PUT /subscriptions."""
    writable(dss)
    check_subscription(call.body)
    owner, replica = call.sender.email, call.arguments["replica"]
    body: JsonObject = {**call.body, "uuid": str(uuids.uuid4()), "owner": owner, "replica": replica}
    if secret := body.pop("hmac_secret_key", None):
        body["hmac_secret_key"] = True
        dss.context.secrets.hold(SUBSCRIPTION, body["uuid"], secret)
    with dss.transaction():
        if dss.subscriptions.count(owner=owner) >= MAX_SUBSCRIPTIONS:
            raise Problem(406, "not_acceptable", f"Users cannot exceed {MAX_SUBSCRIPTIONS} subscriptions!")
        kind = "elasticsearch" if is_elasticsearch(body) else "jmespath"
        dss.subscriptions.add(Subscription(body["uuid"], replica, owner, kind, body))
    return Reply(_shown(body), 201)


def get_subscription(dss: Dss, call: Call) -> Reply:
    """GET /subscriptions/{uuid}."""
    return Reply(_shown(_find(dss, call)))


def delete_subscription(dss: Dss, call: Call) -> Reply:
    """DELETE /subscriptions/{uuid}."""
    writable(dss)
    subscription = _find(dss, call)
    dss.subscriptions.remove(uuid=subscription["uuid"])
    dss.deliveries.cancel(subscription["uuid"])
    dss.context.secrets.release(SUBSCRIPTION, subscription["uuid"])
    return Reply({"timeDeleted": format_version(dss.now())})


def _find(dss: Dss, call: Call) -> JsonObject:
    arguments = call.arguments
    uuid, replica, kind = arguments["uuid"].lower(), arguments["replica"], arguments["subscription_type"]
    subscription = dss.subscriptions.first(uuid=uuid, replica=replica, kind=kind)
    if subscription is None:
        raise not_found("Cannot find subscription!")
    if subscription.owner != call.sender.email:
        raise Problem(403, "Forbidden", "Your credentials can't access this subscription!")
    return subscription.body


def _shown(subscription: JsonObject) -> JsonObject:
    return {name: value for name, value in subscription.items() if name != "hmac_secret_key"}
