"""What is to be processed next, and how the processing goes."""

from omicsdk.sandbox.crunch.attributes import whole
from omicsdk.sandbox.crunch.items import PAGE
from omicsdk.sandbox.crunch.state import Crunch
from omicsdk.sandbox.crunch.tree import AMOUNTS, DATASET, PROJECT, TEXTS
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, choice, number_reference, text, validated
from omicsdk.sandbox.rest_framework.refusals import Refused, not_found, page
from omicsdk.sandbox.service import Call, Reply

_LONGEST = 255
_CHOICES = {"1": 1, "2": 2, "3": 3}


def get_next_dataset(crunch: Crunch, call: Call) -> Reply:
    """The first dataset of all that nobody has begun."""
    crunch.people.need(call)
    return _next(crunch, None)


def get_next_dataset_of_project(crunch: Crunch, call: Call) -> Reply:
    """The first dataset of a project that nobody has begun."""
    crunch.people.need(call)
    project = crunch.tree.find(call.arguments["slug"], PROJECT)
    if project is None:
        raise not_found()
    return _next(crunch, project.id)


def _next(crunch: Crunch, of: int | None) -> Reply:
    found = crunch.tree.next_dataset(of)
    if found is None:
        return Reply({"project": "", "dataset": ""})
    project = crunch.tree.slug(found.parent)
    if project is None:
        # As on the site, which fails until somebody deletes or locks the dataset.
        raise Refused(500, f"The next dataset is {found.slug}, and its project was deleted.")
    return Reply({"project": project, "dataset": found.slug})


def list_statuses(crunch: Crunch, call: Call) -> Reply:
    """Pages of statuses, the oldest first."""
    crunch.people.need(call)
    return page(call, crunch.statuses.count(), crunch.statuses.listed, PAGE)


def send_status(crunch: Crunch, call: Call) -> Reply:
    """Keeps a status; its dataset is locked from then on."""
    person = crunch.people.need(call, "status")
    sent = fields_of(call)
    with crunch.grounds.database.transaction():
        values = validated(_fields(crunch), sent)
        dataset = values["dataset"].id
        status = crunch.statuses.add(dataset, person.id, values["stage"], values["state"], values)
        crunch.tree.lock(dataset)
    return Reply(status, 201)


def _fields(crunch: Crunch) -> dict[str, Field]:
    amount = Field(whole(), null=True, blank_is_null=True)
    user = number_reference(crunch.people.by_id)
    return {
        "dataset": Field(
            number_reference(lambda number: crunch.tree.things.first(id=number, kind=DATASET)),
            required=True,
            blank_is_null=True,
        ),
        # It can be sent, and is checked, but who asks is what counts.
        "site_user": Field(user, null=True, blank_is_null=True),
        "stage": Field(choice(_CHOICES), required=True),
        "state": Field(choice(_CHOICES), required=True),
        "note": Field(text(blank=True)),
        **dict.fromkeys(TEXTS, Field(text(_LONGEST, blank=True))),
        **dict.fromkeys(AMOUNTS, amount),
    }
