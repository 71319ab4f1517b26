"""`Transform` gives what is sent for an argument."""

from datetime import datetime
from typing import Any

import pytest
from omicsdk.compat.sevenbridges import File, Project, SbgError, User
from omicsdk.compat.sevenbridges.meta.transformer import Transform


def test_ids_of_resources_and_text() -> None:
    assert Transform.to_project(Project(id="me/p")) == Transform.to_project("me/p") == "me/p"
    assert Transform.to_user(User(username="bob")) == "bob"
    assert Transform.to_resource(File(id="f")) == "f"


@pytest.mark.parametrize("value", [None, "", b"", [], {}, type, 5, File(id="f"), Project()])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(SbgError):
        Transform.to_project(value)


def test_values_that_are_not_ids() -> None:
    assert Transform.to_datestring(datetime(2017, 1, 10, 14, 4, 23, 838)) == "2017-01-10T14:04:23"
    assert Transform.to_datestring("2017") == Transform.to_location("2017") == "2017"
    assert Transform.to_tags(["a"]) == ["a"]
    for refused in (
        lambda: Transform.to_tags(["a,b"]),
        lambda: Transform.to_tags("a"),
        lambda: Transform.to_location([]),
    ):
        with pytest.raises(SbgError):
            refused()
