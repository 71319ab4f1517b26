"""Manifests, counts and links: what a group or a sample has, in one answer. Private results are in them, too."""

from collections import Counter
from collections.abc import Sequence

from omicsdk.sandbox.pangea.requests.flat import found
from omicsdk.sandbox.pangea.requests.views import Views, shown
from omicsdk.sandbox.pangea.results.fields import ManifestResults
from omicsdk.sandbox.pangea.results.kinds import OF_GROUP, OF_SAMPLE, ResultKind
from omicsdk.sandbox.pangea.samples.groups import readable_group
from omicsdk.sandbox.pangea.samples.membership import samples_in
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.rest_framework.refusals import forbidden
from omicsdk.sandbox.service import Call, Reply


def get_sample_group_manifest(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/manifest."""
    person = pangea.access.asker(call, in_query=True)
    group = readable_group(pangea, person, call.arguments["id"])
    views, of_samples = Views(pangea.store), ManifestResults(pangea, OF_SAMPLE)
    samples = [
        {**views.sample_alone(each), "analysis_results": of_samples.of(each["uuid"])}
        for each in samples_in(pangea, group)
    ]
    results = ManifestResults(pangea, OF_GROUP).of(group["uuid"])
    return Reply({**views.group(group), "samples": samples, "analysis_results": results})


def get_sample_manifest(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{id}/manifest."""
    sample = readable_sample(pangea, pangea.access.asker(call, in_query=True), call.arguments["id"])
    results = ManifestResults(pangea, OF_SAMPLE).of(sample["uuid"])
    return Reply({**Views(pangea.store).sample(sample), "analysis_results": results})


def get_sample_group_module_counts(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/module_counts: in how many samples each module has results."""
    person = pangea.access.asker(call, in_query=True)
    samples = samples_in(pangea, readable_group(pangea, person, call.arguments["id"]))
    return Reply(module_counts(pangea, "n_samples", OF_SAMPLE, samples))


def module_counts(pangea: Pangea, total: str, kind: ResultKind, things: Sequence[Thing]) -> dict[str, int]:
    """How many things there are, and how many of them have a result of which module.

    Args:
        pangea: The platform.
        total: What the number of all is called.
        kind: What results are of.
        things: The samples or groups; one that is there twice counts twice.
    """
    results = [pangea.store.all(kind.kind, parent=each["uuid"]) for each in things]
    modules = Counter(module for several in results for module in dict.fromkeys(each["name"] for each in several))
    return {total: len(things), **modules}


def get_sample_group_sample_links(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/sample_links: names and UUIDs, with metadata where `?metadata=` says anything."""
    person = pangea.access.asker(call)
    samples = samples_in(pangea, readable_group(pangea, person, call.arguments["id"]))
    names = ("uuid", "name", "metadata") if dict(call.query).get("metadata") else ("uuid", "name")
    return Reply({"count": len(samples), "links": [shown(each, names) for each in samples]})


def readable_sample(pangea: Pangea, person: Person | None, uuid: str) -> Thing:
    """A sample whose contents somebody may read.

    Raises:
        Refused: 404 or 403; there is none, or its library is private to others.
    """
    sample = found(pangea.store, "sample", uuid)
    if not pangea.access.may_see_sample(person, sample):
        raise forbidden("Insufficient permissions to get group manifest.")
    return sample
