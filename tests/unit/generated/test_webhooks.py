"""Messages that a service sends are parsed by functions of the generated package: its webhooks and callbacks."""

import sys
from types import ModuleType
from typing import Any

import pytest
from omicsdk.core import DecodeError
from omicsdk_api.dss.models import Notification
from omicsdk_api.dss.webhooks import parse_notification
from webhook_document import package as package
from webhook_document import webhooks as webhooks


def test_each_webhook_and_callback_has_a_function(webhooks: Any) -> None:
    names: list[str] = dir(webhooks)
    assert {name for name in names if name.startswith("parse_")} == {
        *("parse_new_run", "parse_runs", "parse_items", "parse_either_post", "parse_either_put"),
        *("parse_ended", "parse_start_progress", "parse_restart_progress"),
    }


@pytest.mark.parametrize(
    "body", [b'{"id": "a", "size": 3, "new": 1}', '{"id": "a", "size": 3, "new": 1}', {"id": "a", "size": 3, "new": 1}]
)
def test_a_body_becomes_a_model(webhooks: Any, body: Any) -> None:
    run = webhooks.parse_new_run(body)
    assert (type(run).__name__, run.id, run.size) == ("Run", "a", 3)
    assert run.to_dict() == {"id": "a", "size": 3, "new": 1}


def test_bodies_of_other_kinds(webhooks: Any, package: ModuleType) -> None:
    assert [run.id for run in webhooks.parse_runs(b'[{"id": "a"}, {"id": "b"}]')] == ["a", "b"]
    assert [run.id for run in webhooks.parse_runs([{"id": "a"}])] == ["a"]
    assert webhooks.parse_items({"items": [{"id": "c"}]}).items[0].id == "c"
    assert webhooks.parse_either_post('"text"') == "text"
    assert webhooks.parse_either_post(b'{"id": "d"}').id == "d"
    assert webhooks.parse_either_put(b"null") is None
    __import__(f"{package.__name__}.models")
    assert {"Run", "ItemsBody", "ItemsItemsItem"} <= set(dir(sys.modules[f"{package.__name__}.models"]))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "webhook new_run: the body is '{', not JSON"),
        (b"", "webhook new_run: the body is '', not JSON"),
        (b"\xff\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "webhook new_run: the body is [], not an object"),
        ({}, "webhook new_run: the body's field 'id' is None, not a required field"),
        ({"id": "a", "size": "3"}, "webhook new_run: the body's field 'size' is '3', not integer"),
    ],
)
def test_a_body_that_does_not_fit(webhooks: Any, body: Any, says: str) -> None:
    with pytest.raises(DecodeError) as caught:
        webhooks.parse_new_run(body)
    assert says in str(caught.value)
    assert str(caught.value).endswith("Check its sender, or read it with strict=False.")


def test_a_body_is_taken_as_it_is_if_one_wants(webhooks: Any) -> None:
    assert webhooks.parse_new_run({"size": "3"}, strict=False).size == "3"
    for wrong in (b"{", b"[]", "3"):
        with pytest.raises(DecodeError, match="webhook new_run"):
            webhooks.parse_new_run(wrong, strict=False)


def test_a_notification_of_the_data_store() -> None:
    sent: dict[str, Any] = {
        "transaction_id": "t",
        "subscription_id": "s",
        "event_type": "CREATE",
        "match": {"bundle_uuid": "u", "bundle_version": "v"},
        "attachments": {"_errors": {}},
        "jmespath_query": None,
    }
    notification = parse_notification(sent)
    assert isinstance(notification, Notification)
    assert (notification.match.bundle_uuid, notification.event_type) == ("u", "CREATE")
    assert notification.to_dict() == sent
