"""Code for a crunch site that a type checker must reject; marks as in auth.py."""

from pathlib import Path

from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.compat.crunch.client.run import Run
from omicsdk.crunch import Crunch, Stage, State, WorkflowType


def adding(connection: Connection) -> None:
    connection.add_project()  # error: Argument missing for parameter "project"
    connection.add_project("name", slug="s")  # error: No parameter named "slug"
    connection.add_dataset("project")  # error: Argument missing for parameter "dataset"
    connection.add_integer_attribute("item", "key", "7")  # error: cannot be assigned to parameter "value"
    connection.add_date_attribute("item", "key", 2020)  # error: cannot be assigned to parameter "value"
    connection.add_lat_long_attribute("item", "key", 1.5)  # error: Argument missing for parameter "longitude"
    connection.add_boolean_attribute("item", "key", "yes")  # error: cannot be assigned to parameter "value"
    connection.add_item("parent", item=None)  # error: cannot be assigned to parameter "item"
    connection.get_json_response(5)  # error: cannot be assigned to parameter "relative_url"
    connection.send_status(1, 1, State.START)  # error: cannot be assigned to parameter "stage"
    connection.send_status(1, Stage.SETUP, 1)  # error: cannot be assigned to parameter "state"
    connection.add_text_attribute  # error: Cannot access attribute "add_text_attribute"


def refused(error: CrunchAPIException) -> int:
    return error.response.status_code  # error: "status_code" is not a known attribute of "None"


def connecting() -> None:
    Connection("https://crunch.example.org", verbose="yes")  # error: cannot be assigned to parameter "verbose"
    Crunch(credentials=5)  # error: cannot be assigned to parameter "credentials"
    Crunch("https://crunch.example.org", "token")  # error: Expected 1 positional argument


def running(connection: Connection) -> None:
    Run(connection, "slug", {}, Path())  # error: Argument missing for parameter "workflow_type"
    Run(connection, "slug", {}, Path(), "bash")  # error: cannot be assigned to parameter "workflow_type"
    Run(connection, "slug", {}, Path(), WorkflowType.script, core="1")  # error: No parameter named "core"


def typed(crunch: Crunch) -> None:
    crunch.get_project()  # error: Argument missing for parameter "slug"
    crunch.add_float_attribute(item="i", key="k", value="1.5")  # error: cannot be assigned to parameter "value"
    crunch.list_dataset  # error: Cannot access attribute "list_dataset"
