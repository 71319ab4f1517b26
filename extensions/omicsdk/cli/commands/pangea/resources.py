"""Commands that list, create, tag and delete Pangea's organizations, groups, samples and results.

Renderers print a documented line for each object, or the same as data.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.transfers import print_failures
from omicsdk.cli.commands.values import agreed, text_of
from omicsdk.cli.listing import Rows
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.checked_json import check_fields
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.json_text import written
from omicsdk.core.model import Model
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.platform import deleting
from omicsdk.pangea.batches import Batch, for_each
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.login import token_of

if TYPE_CHECKING:
    from omicsdk_api.pangea.models.sample import Sample
    from omicsdk_api.pangea.models.sample_group import SampleGroup


@dataclass(frozen=True, slots=True)
class Names:
    """Samples by name.

    Attributes:
        sample_names: Names of samples.
        sample_manifest: File with further names of samples, one per line; - is stdin.
    """

    sample_names: Sequence[str] | None = None
    _: KW_ONLY
    sample_manifest: str | None = None

    def names(self) -> list[str]:
        """Return the names without duplicates."""
        return unique_names(self.sample_names, self.sample_manifest, "names of samples")


def unique_names(typed_names: Iterable[str] | None, file: str | None = None, what: str = "") -> list[str]:
    """Return the typed names and those of a file in order, without duplicates.

    Args:
        typed_names: The typed names.
        file: The file, with a name per line; - is stdin, None is none.
        what: Name of the file's content in errors.

    Raises:
        UsageError: The file cannot be read.
    """
    raw_names = [*(typed_names or ()), *(text_of(file, what).splitlines() if file is not None else ())]
    return list(dict.fromkeys(name.strip() for name in raw_names if name.strip()))


def check_words(names: Sequence[str], *forms: str) -> None:
    """Check the number of arguments of a command with several forms.

    Args:
        names: The typed arguments.
        forms: The forms, as text.

    Raises:
        UsageError: No form has that number of words.
    """
    counts = [len(form.split()) for form in forms]
    if len(names) not in counts:
        expected = " or ".join(map(str, counts))
        raise UsageError(f"NAMES: expected {expected} words, got {len(names)}", remedy=f"Use {', or '.join(forms)}.")


# -- accounts


def version() -> str:
    """Print the version of this program."""
    from omicsdk import __version__

    return __version__


def change_password(client: Pangea, new_password: str, *, console: Console) -> None:
    """Change your password.

    The present password is read from -p or PANGEA_PASS.

    Args:
        new_password: The new password; - reads it from stdin, which keeps it out of process lists.
        console: Prints messages.
    """
    new = sys.stdin.readline().rstrip("\r\n") if new_password == "-" else new_password  # noqa: S105 - means stdin
    if not new:
        raise UsageError("the new password is empty", remedy="Use a new password.")
    console.message(f"changed password for user: {client.change_password(new)}")


def token(client: Pangea) -> str:
    """Log in and print your token.

    With it in OMICS_PANGEA_TOKEN, commands need no password. It is valid until `omics pangea api logout` is called with
    it: keep it secret.
    """
    return token_of(client)


# -- lists


def list_organizations(client: Pangea) -> Iterator[Model]:
    """List the organizations."""
    return client.list_organizations.iterate()


def list_groups(client: Pangea, org_name: str | None = None) -> Iterator[SampleGroup]:
    """List the sample groups that you can access.

    Args:
        org_name: Name of the organization; all when omitted.
    """
    return client.list_sample_groups.iterate(organization_id=_organization(client, org_name))


def list_projects(client: Pangea, org_name: str | None = None) -> Iterator[Model]:
    """List the projects.

    Args:
        org_name: Name of the organization; all when omitted.
    """
    return client.list_projects.iterate(organization_id=_organization(client, org_name))


def list_buckets(client: Pangea, org_name: str | None = None) -> Iterator[Model]:
    """List the buckets of your organizations.

    Args:
        org_name: Name of the organization; all when omitted.
    """
    return client.list_s3_buckets.iterate(organization_id=_organization(client, org_name))


def list_results(client: Pangea, org_name: str, grp_name: str, sample_name: str | None = None) -> Iterator[Model]:
    """List the analysis results of a sample, or of a group.

    Args:
        org_name: Name of the organization.
        grp_name: Name of the sample group.
        sample_name: Name of the sample; when omitted, results of the group are listed.
    """
    if sample_name is None:
        group = client.find_sample_group(org_name, grp_name)
        return client.list_sample_group_analysis_results.iterate(sample_group_id=group.uuid)
    sample = client.find_sample(org_name, grp_name, sample_name)
    return client.list_sample_analysis_results.iterate(sample_id=sample.uuid)


def list_tagged_groups(client: Pangea, tag_name: str) -> Iterator[SampleGroup]:
    """List the groups with a tag.

    Args:
        tag_name: Name of the tag.
    """
    return client.list_tag_sample_groups.iterate(tag_pk=client.find_tag(tag_name).uuid)


def list_random_samples(client: Pangea, tag_name: str, *, num_samples: int = 100) -> Sequence[Sample]:
    """List random samples with a tag.

    Args:
        num_samples: List at most N.
    """
    drawn = client.get_tag_random_samples(tag_pk=client.find_tag(tag_name).uuid, n=num_samples)
    check_fields("get_tag_random_samples", drawn, "results")
    return drawn.results


def _organization(client: Pangea, name: str | None) -> str | Omit:
    return OMIT if name is None else client.find_organization(name).uuid


# -- creation


def create_organization(client: Pangea, org_name: str) -> Model:
    """Create an organization; you become its first member.

    Args:
        org_name: Name of the organization, which must be unique.
    """
    return client.create_organization(name=org_name)


def create_group(
    client: Pangea, org_name: str, grp_name: str, *, private: bool = False, library: bool = True
) -> SampleGroup:
    """Create a sample group.

    The server's search shows private groups to every user.

    Args:
        grp_name: Name of the sample group, unique among all groups.
        private: Restrict access to members of the organization.
        library: Create a library, which owns samples; other groups list samples of libraries.
    """
    owner = client.find_organization(org_name).uuid
    group = client.create_sample_group(name=grp_name, organization=owner, is_public=not private, is_library=library)
    if group.is_public is private:
        raise OmicsError(
            f"The group {group.name!r} ({group.uuid}) was created {'public' if private else 'private'}",
            remedy=f"Change it: omics pangea groups update {group.uuid} --is-public={str(not private).lower()}.",
        )
    return group


def create_samples(client: Pangea, org_name: str, library_name: str, of: Names) -> Batch[Sample]:
    """Create samples in a library; existing ones are skipped.

    Prints all of the samples. An argument or line may contain several names, separated by commas.

    Args:
        library_name: Name of the library, the sample group that owns the samples.
        of: The samples.
    """
    names = unique_names(name for text in of.names() for name in text.split(","))
    if not names:
        raise UsageError("no samples are given", remedy="Use names of samples, or --sample-name-list FILE.")
    return client.ensure_samples(org_name, library_name, names)


def create_result(client: Pangea, names: Sequence[str], *, replicate: str | None = None) -> Model:
    """Create an analysis result of a sample.

    Args:
        names: ORGANIZATION LIBRARY SAMPLE MODULE; or SAMPLE_UUID MODULE.
        replicate: Name that distinguishes it from other results of the module; by default the server generates one.
    """
    check_words(names, "SAMPLE_UUID MODULE", "ORGANIZATION LIBRARY SAMPLE MODULE")
    *owner, module = names
    sample = client.find_sample(*owner).uuid if len(owner) == 3 else client.get_sample(uuid=owner[0]).uuid
    return client.create_sample_analysis_result(
        module_name=module, sample=sample, replicate=OMIT if replicate is None else replicate
    )


# -- groups and tags


class Membership(NamedTuple):
    """Samples added to a group.

    Attributes:
        group: The group.
        samples: The samples.
    """

    group: SampleGroup
    samples: Batch[Sample]


def add_samples(
    client: Pangea,
    source_org_name: str,
    source_grp_name: str,
    destination_org_name: str,
    destination_grp_name: str,
    of: Names,
) -> Membership:
    """Add samples of a group to another group; existing ones are skipped.

    Args:
        source_org_name: Organization of the source group.
        source_grp_name: Source group.
        destination_org_name: Organization of the destination group.
        destination_grp_name: Destination group.
        of: The samples.
    """
    names = of.names()
    if not names:
        raise UsageError("no samples are given", remedy="Use names of samples, or --sample-manifest FILE.")
    group = client.find_sample_group(destination_org_name, destination_grp_name)
    samples = client.add_samples_to_group(source_org_name, source_grp_name, group.organization, group.uuid, names)
    return Membership(group, samples)


def tag_group(client: Pangea, org_name: str, group_name: str, tag_names: Sequence[str], *, console: Console) -> None:
    """Tag a group.

    Args:
        group_name: Name of the sample group.
        tag_names: Names of tags.
        console: Prints messages.
    """
    tags = [client.find_tag(name).uuid for name in tag_names]
    group = client.find_sample_group(org_name, group_name)
    for tag in tags:
        client.tag_sample_group.raw(tag_pk=tag, sample_group_uuid=group.uuid)
    console.message(f"tagged {group.name} with {', '.join(tag_names)}")


# -- deletion


@dataclass(frozen=True, slots=True)
class Deleting:
    """Objects to delete.

    Attributes:
        uuids: UUIDs of the objects to delete.
        dry_run: Only print what would be deleted.
    """

    uuids: Sequence[str]
    _: KW_ONLY
    dry_run: bool = False


def delete_samples(client: Pangea, what: Deleting, *, console: Console) -> Batch[Any] | None:
    """Delete samples with their analysis results permanently."""
    return _deleted("sample", client.get_sample, client.delete_sample, what, console)


def delete_groups(client: Pangea, what: Deleting, *, console: Console) -> Batch[Any] | None:
    """Permanently delete sample groups and the samples that they own."""
    return _deleted("sample group", client.get_sample_group, client.delete_sample_group, what, console)


def delete_sample_results(client: Pangea, what: Deleting, *, console: Console) -> Batch[Any] | None:
    """Delete analysis results of samples with their fields permanently."""
    get, delete = client.get_sample_analysis_result, client.delete_sample_analysis_result
    return _deleted("sample result", get, delete, what, console)


def delete_group_results(client: Pangea, what: Deleting, *, console: Console) -> Batch[Any] | None:
    """Delete analysis results of sample groups with their fields permanently."""
    get, delete = client.get_sample_group_analysis_result, client.delete_sample_group_analysis_result
    return _deleted("sample group result", get, delete, what, console)


def _deleted(
    kind: str, get: Callable[..., Any], delete: Callable[..., None], what: Deleting, console: Console
) -> Batch[Any] | None:
    """Delete objects after confirmation; return None if it was denied."""

    def delete_model(model: Any) -> Any:
        with deleting():
            delete(uuid=model.uuid)
        return model

    uuids = list(dict.fromkeys(uuid.lower() for uuid in what.uuids))  # as the server writes them
    models, errors = for_each(uuids, lambda uuid: get(uuid=uuid), lambda uuid: f"{kind} {uuid}")
    if what.dry_run:
        return Batch("that would be deleted", f"{kind}s", models, 0, errors)
    named = [f"the {kind} {_name(model)} ({model.uuid})" for model in models]
    names_text = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    if models and not agreed(f"Deleting {names_text} cannot be undone. Continue?", console):
        return None
    deleted, refused = for_each(models, delete_model, lambda model: f"the {kind} {_name(model)} ({model.uuid})")
    return Batch("deleted", f"{kind}s", deleted, 0, [*errors, *refused])


# -- NCBI


def show_bioproject(client: Pangea, accession: str, *, limit: int | None = None, console: Console) -> dict[str, Any]:
    """Print a BioProject with its samples and their experiments.

    Args:
        accession: The project's accession.
        limit: List at most N samples (all when omitted); the exit code is 3 if there are more.
        console: Prints messages.
    """
    from omicsdk.pangea.ncbi import BioProject, entrez_of

    samples: list[dict[str, Any]] = []
    with entrez_of(client) as entrez:
        project = BioProject(accession, entrez)
        metadata = project.metadata()
        for sample in console.limited(project.biosamples(), limit, "samples"):
            sample.fetch()
            experiments = [experiment.fetch().accession for experiment in sample.sra()]
            samples.append({"accession": sample.accession, "experiments": experiments})
            console.message(f"{sample.accession}: {len(experiments)} experiments")
    return {"accession": project.accession, "metadata": metadata, "samples": samples}


def list_runs(client: Pangea, accession: str) -> list[dict[str, Any]]:
    """Print the runs of an experiment of the Sequence Read Archive, as CSV.

    Args:
        accession: The experiment's accession, such as SRX674277.
    """
    from omicsdk.pangea.ncbi import SRARecord, entrez_of

    with entrez_of(client) as entrez:
        record = SRARecord(accession, entrez=entrez)
        runs = record.runs()
    facts = {"experiment": record.accession}
    return [{**run["full_record"], **facts, "md5": run["md5"], "url": run["url"]} for run in runs]


# -- output

_RUN: Sequence[str] = ("experiment", "filename", "size", "md5", "url")


def line(instance: object) -> str:
    """Return the documented line of an object, which calls analysis results samples."""
    model: Any = instance
    kind = type(instance).__name__
    title = "Sample" if "AnalysisResult" in kind else {"Tag": "Contrib::Tag"}.get(kind, kind)
    return f"<Pangea::{title} {_name(instance)} {model.uuid} />"


def _name(model: Any) -> str:
    return model.name if hasattr(model, "name") else f"{model.module_name} {model.replicate}"


def printed(text: str, data: object, call: Call, *, on_stderr: bool = False) -> TextAndData:
    """Return documented lines, or data if an output format is chosen; --outfile receives the lines.

    Args:
        text: The lines.
        data: The same as JSON data.
        call: The command.
        on_stderr: Whether stderr already has the lines; then terminals get nothing and pipes the data.
    """
    file: str = call.options.get("outfile") or "-"
    if file == "-":
        return TextAndData("", data, terminal_only=True) if on_stderr else TextAndData(text, data)
    with in_place_of(file) as target:
        target.write(f"{text}\n".encode() if text and not text.endswith("\n") else text.encode())
    return TextAndData("", data)


def facts(result: Model, _: Call) -> dict[str, Any]:
    """Render an object with all its members."""
    return result.to_dict()


def as_json(result: Model | Mapping[str, Any], call: Call) -> TextAndData:
    """Render an object in the documented form of JSON."""
    data = result.to_dict() if isinstance(result, Model) else result
    return printed(written(data, indent=4, sort_keys=True), data, call)


def created_model(result: Model, call: Call) -> TextAndData:
    """Render a created object."""
    call.console.message(f"Created: {line(result)}")
    return printed(line(result), result.to_dict(), call, on_stderr=True)


def model_rows(result: Iterable[Model], call: Call) -> Rows | TextAndData:
    """Render a list, up to --limit."""
    models = call.console.limited(result, call.options.get("limit"))
    if (call.options.get("outfile") or "-") != "-":  # the file has all lines, or is not written
        return _lines(list(models), call)
    return Rows(lambda _: (model.to_dict() for model in models), lines=lambda: map(line, models))


def batch(result: Batch[Any], call: Call) -> TextAndData:
    """Render the result for each of several objects."""
    print_done(result, call.console)
    return _lines(result.items, call)


def membership(result: Membership, call: Call) -> TextAndData:
    """Render samples added to a group."""
    print_done(result.samples, call.console)
    added = [{"name": sample.name, "uuid": sample.uuid} for sample in result.samples.items]
    return printed(f"Added {len(added)} to {result.group.name}", {"group": result.group.uuid, "added": added}, call)


def library(result: SampleGroup, call: Call) -> TextAndData:
    """Render the library created from a BioProject."""
    call.console.message(f"linked {call.arguments['accession']} to the library {result.name}")
    return printed(line(result), {"name": result.name, "uuid": result.uuid}, call)


def deletions(result: Batch[Any] | None, call: Call) -> TextAndData | None:
    """Render a deletion or its dry run; nothing if it was denied."""
    if result is None:
        return None
    kind, verb = result.kind.removesuffix("s"), "would delete" if call.arguments.get("dry_run") else "deleted"
    rows = [{verb: kind, "name": _name(model), "uuid": model.uuid} for model in result.items]
    for row in rows[:3]:
        call.console.message(f"{verb} {kind} {row['uuid']} ({row['name']})")
    if len(rows) != 1 or result.errors:
        print_done(result, call.console)
    return printed("\n".join(f"{verb} {kind} {row['uuid']}" for row in rows), rows, call, on_stderr=True)


def runs_table(result: Sequence[Mapping[str, Any]], call: Call) -> TextAndData:
    """Render runs of the Sequence Read Archive as CSV."""
    text = io.StringIO()
    table = csv.DictWriter(text, _RUN, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(result)
    return printed(text.getvalue().removesuffix("\n"), list(result), call)


def _lines(models: Sequence[Model], call: Call) -> TextAndData:
    return printed("\n".join(map(line, models)), [model.to_dict() for model in models], call)


def print_done(result: Batch[Any], console: Console, more: str = "", *, is_stopped: bool = False) -> None:
    """Print failures and a summary; the exit code is 3 if some failed.

    Args:
        result: The result.
        console: Prints them.
        more: Further text of the summary.
        is_stopped: Whether others were stopped before their end.

    Raises:
        OmicsError: All failed: the only error, or one for all.
    """
    if not (result.items or is_stopped):
        result.raise_if_failed()
    print_failures(result.errors, console, len(result.items) + len(result.errors))
    console.message(f"{result}{more}")
