"""What Pangea has, as commands: organizations, groups, samples, results and tags are listed, created, joined and deleted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.values import agreed, text_of
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.omit import OMIT, Omit
from omicsdk.pangea.batches import Batch, each
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.login import PasswordLogin, token_of

if TYPE_CHECKING:
    from omicsdk_api.pangea.models.organization import Organization
    from omicsdk_api.pangea.models.project import Project
    from omicsdk_api.pangea.models.s3_bucket import S3Bucket
    from omicsdk_api.pangea.models.sample import Sample
    from omicsdk_api.pangea.models.sample_analysis_result import SampleAnalysisResult
    from omicsdk_api.pangea.models.sample_group import SampleGroup

    from omicsdk.cli.console import Console
    from omicsdk.core.model import Model
    from omicsdk.pangea.ncbi import Entrez


@dataclass(frozen=True, slots=True)
class Names:
    """Samples by name.

    Attributes:
        sample_names: Names of samples.
        sample_manifest: File with further names of samples, one a line; - is stdin.
    """

    sample_names: Sequence[str] | None = None
    sample_manifest: str | None = None

    def given(self) -> list[str]:
        """The names, each once."""
        return names_given(self.sample_names, self.sample_manifest, "--sample-manifest")


def names_given(words: Iterable[str] | None, file: str | None, option: str) -> list[str]:
    """Names that were typed and those of a file, each once, in their order.

    Args:
        words: What was typed.
        file: The file, a name a line; - is stdin, None is none.
        option: What named the file, such as --sample-manifest.

    Raises:
        UsageError: The file can't be read.
    """
    given = [*(words or ()), *(text_of(file, option).splitlines() if file is not None else ())]
    return list(dict.fromkeys(name.strip() for name in given if name.strip()))


# -- accounts


def version() -> str:
    """Print the version of this program."""
    from omicsdk import __version__

    return __version__


def change_password(client: Pangea, new_password: str, *, console: Console) -> None:
    """Change your password.

    The present one is that of -p or PANGEA_PASS.

    Args:
        new_password: The new password; - reads it from stdin, so that no process list shows it.
        console: Where messages go.
    """
    new = sys.stdin.readline().rstrip("\r\n") if new_password == "-" else new_password  # noqa: S105 - stands for stdin
    if not new:
        raise UsageError("the new password is empty", remedy="Give one.")
    console.message(f"changed password for user: {client.change_password(new)}")


def token(client: Pangea) -> str:
    """Log in and print your token.

    Commands that find it in OMICS_PANGEA_TOKEN need no password. It is valid until `omics pangea api logout` is called with it:
    keep it secret.
    """
    return token_of(client)


# -- lists


def list_organizations(client: Pangea) -> Iterator[Organization]:
    """List the organizations."""
    return client.list_organizations.iterate()


def list_groups(client: Pangea, org_name: str | None = None) -> Iterator[SampleGroup]:
    """List the sample groups that you may see.

    Args:
        org_name: Name of the organization; by default all of them.
    """
    return client.list_sample_groups.iterate(organization_id=_organization(client, org_name))


def list_projects(client: Pangea, org_name: str | None = None) -> Iterator[Project]:
    """List the projects.

    Args:
        org_name: Name of the organization; by default all of them.
    """
    return client.list_projects.iterate(organization_id=_organization(client, org_name))


def list_buckets(client: Pangea, org_name: str | None = None) -> Iterator[S3Bucket]:
    """List the buckets of your organizations.

    Args:
        org_name: Name of the organization; by default all of them.
    """
    return client.list_s3_buckets.iterate(organization_id=_organization(client, org_name))


def list_results(client: Pangea, org_name: str, grp_name: str, sample_name: str | None = None) -> Iterator[Model]:
    """List the analysis results of a sample, or of a group itself.

    Args:
        org_name: Name of the organization.
        grp_name: Name of the sample group.
        sample_name: Name of the sample; by default results of the group itself.
    """
    if sample_name is None:
        group = client.find_sample_group(org_name, grp_name)
        return client.list_sample_group_analysis_results.iterate(sample_group_id=group.uuid)
    sample = client.find_sample(org_name, grp_name, sample_name)
    return client.list_sample_analysis_results.iterate(sample_id=sample.uuid)


def list_tagged_groups(client: Pangea, tag_name: str) -> Iterator[SampleGroup]:
    """List the groups of a tag.

    Args:
        tag_name: Name of the tag.
    """
    return client.list_tag_sample_groups.iterate(tag_pk=client.find_tag(tag_name).uuid)


def list_random_samples(client: Pangea, tag_name: str, *, num_samples: int = 100) -> Sequence[Sample]:
    """List samples of a tag, drawn at random.

    Args:
        tag_name: Name of the tag.
        num_samples: List at most N.
    """
    return client.get_tag_random_samples(tag_pk=client.find_tag(tag_name).uuid, n=num_samples).results


def _organization(client: Pangea, name: str | None) -> str | Omit:
    return OMIT if name is None else client.find_organization(name).uuid


# -- creation


def create_organization(client: Pangea, org_name: str) -> Organization:
    """Create an organization; you become its first member.

    Args:
        org_name: Its name; no other organization may have it.
    """
    return client.create_organization(name=org_name)


def create_group(
    client: Pangea, org_name: str, grp_name: str, *, private: bool = False, library: bool = True
) -> SampleGroup:
    """Create a sample group.

    The server's search shows private groups to every user.

    Args:
        org_name: Name of the organization.
        grp_name: Its name; no other group of any organization may have it.
        private: Only members of the organization may see it.
        library: It owns samples; otherwise it lists samples of libraries.
    """
    owner = client.find_organization(org_name).uuid
    made = client.create_sample_group(name=grp_name, organization=owner, is_public=not private, is_library=library)
    if made.is_public is private:
        raise OmicsError(
            f"The group {made.name!r} ({made.uuid}) was created {'public' if private else 'private'}",
            remedy=f"Change it: omics pangea groups update {made.uuid} --is-public={str(not private).lower()}.",
        )
    return made


def create_samples(
    client: Pangea,
    org_name: str,
    library_name: str,
    sample_names: Sequence[str] | None = None,
    *,
    sample_name_list: str | None = None,
) -> Batch[Sample]:
    """Create samples in a library; those that exist are skipped.

    Prints all of the samples.

    Args:
        org_name: Name of the organization.
        library_name: Name of the library, the sample group that owns the samples.
        sample_names: Names of samples; commas separate several.
        sample_name_list: File with further names, one a line; - is stdin.
    """
    typed = names_given(sample_names, sample_name_list, "--sample-name-list")
    names = names_given((name for word in typed for name in word.split(",")), None, "")
    if not names:
        raise UsageError("no samples are given", remedy="Name some, or give --sample-name-list FILE.")
    return client.ensure_samples(org_name, library_name, names)


def create_result(client: Pangea, names: Sequence[str], *, replicate: str | None = None) -> SampleAnalysisResult:
    """Create an analysis result of a sample.

    Args:
        names: ORGANIZATION LIBRARY SAMPLE MODULE; or SAMPLE_UUID MODULE.
        replicate: Distinguishes it from other results of the module; by default the server draws one.
    """
    if len(names) not in (2, 4):
        raise UsageError(
            f"NAMES: expected 2 or 4 words, got {len(names)}",
            remedy="Give ORGANIZATION LIBRARY SAMPLE MODULE, or SAMPLE_UUID MODULE.",
        )
    *owner, module = names
    sample = client.find_sample(*owner).uuid if len(owner) == 3 else client.get_sample(uuid=owner[0]).uuid
    return client.create_sample_analysis_result(
        module_name=module, sample=sample, replicate=OMIT if replicate is None else replicate
    )


# -- groups and tags


class Membership(NamedTuple):
    """Samples that were added to a group.

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
    """Add samples of a group to another group; those that it has are skipped.

    Args:
        source_org_name: Organization of the group that has them.
        source_grp_name: The group that has them.
        destination_org_name: Organization of the group that they are added to.
        destination_grp_name: The group that they are added to.
        of: The samples.
    """
    names = of.given()
    if not names:
        raise UsageError("no samples are given", remedy="Name some, or give --sample-manifest FILE.")
    group = client.find_sample_group(destination_org_name, destination_grp_name)
    samples = client.add_samples_to_group(source_org_name, source_grp_name, group.organization, group.uuid, names)
    return Membership(group, samples)


def tag_group(client: Pangea, org_name: str, group_name: str, tag_names: Sequence[str]) -> SampleGroup:
    """Tag a group.

    Args:
        org_name: Name of the organization.
        group_name: Name of the sample group.
        tag_names: Names of tags.
    """
    tags = [client.find_tag(name).uuid for name in tag_names]
    group = client.find_sample_group(org_name, group_name)
    for tag in tags:
        client.tag_sample_group.raw(tag_pk=tag, sample_group_uuid=group.uuid)
    return group


# -- deletion


class Deletion(NamedTuple):
    """What was deleted, or would be.

    Attributes:
        kind: What they are, in the singular.
        things: Name and UUID of each.
        is_dry_run: Whether nothing was deleted.
    """

    kind: str
    things: Batch[tuple[str, str]]
    is_dry_run: bool


def delete_samples(client: Pangea, uuids: Sequence[str], *, dry_run: bool = False, console: Console) -> Deletion | None:
    """Delete samples with their analysis results permanently.

    Args:
        uuids: UUIDs of the samples.
        dry_run: Only print what would be deleted.
        console: Where the user is asked.
    """
    return _deleted("sample", client.get_sample, client.delete_sample, uuids, dry_run, console)


def delete_groups(client: Pangea, uuids: Sequence[str], *, dry_run: bool = False, console: Console) -> Deletion | None:
    """Delete sample groups, and the samples that they own, permanently.

    Args:
        uuids: UUIDs of the groups.
        dry_run: Only print what would be deleted.
        console: Where the user is asked.
    """
    return _deleted("sample group", client.get_sample_group, client.delete_sample_group, uuids, dry_run, console)


def delete_sample_results(
    client: Pangea, uuids: Sequence[str], *, dry_run: bool = False, console: Console
) -> Deletion | None:
    """Delete analysis results of samples with their fields permanently.

    Args:
        uuids: UUIDs of the results.
        dry_run: Only print what would be deleted.
        console: Where the user is asked.
    """
    get, delete = client.get_sample_analysis_result, client.delete_sample_analysis_result
    return _deleted("sample result", get, delete, uuids, dry_run, console)


def delete_group_results(
    client: Pangea, uuids: Sequence[str], *, dry_run: bool = False, console: Console
) -> Deletion | None:
    """Delete analysis results of sample groups with their fields permanently.

    Args:
        uuids: UUIDs of the results.
        dry_run: Only print what would be deleted.
        console: Where the user is asked.
    """
    get, delete = client.get_sample_group_analysis_result, client.delete_sample_group_analysis_result
    return _deleted("sample group result", get, delete, uuids, dry_run, console)


def _deleted(
    kind: str,
    get: Callable[..., Any],
    delete: Callable[..., None],
    uuids: Sequence[str],
    dry_run: bool,
    console: Console,
) -> Deletion | None:
    # The server knows UUIDs in lower case only.
    wanted = list(dict.fromkeys(uuid.lower() for uuid in uuids))

    def named(uuid: str) -> tuple[str, str]:
        found = get(uuid=uuid)
        return (found.name if hasattr(found, "name") else f"{found.module_name} {found.replicate}"), uuid

    def gone(thing: tuple[str, str]) -> tuple[str, str]:
        delete(uuid=thing[1])
        return thing

    things, errors = each(wanted, named, lambda uuid: f"{kind} {uuid}")
    done = "that would be deleted"
    if not dry_run:
        done, shown = "deleted", ", ".join(f"the {kind} {name} ({uuid})" for name, uuid in things[:3])
        more = f" and {len(things) - 3} more" if len(things) > 3 else ""
        if things and not agreed(f"Delete {shown}{more}? This cannot be undone.", console):
            return None
        things, refused = each(things, gone, lambda thing: f"the {kind} {thing[0]} ({thing[1]})")
        errors += refused
    return Deletion(kind, Batch(done, f"{kind}s", things, 0, errors), dry_run)


# -- NCBI


def link_bioproject(client: Pangea, org_name: str, bioproj_accession: str, *, console: Console) -> SampleGroup:
    """Make a library of an NCBI BioProject.

    Its samples get the runs of the Sequence Read Archive. What exists is skipped.

    Args:
        org_name: Name of the organization.
        bioproj_accession: The project's accession, such as PRJNA257197.
        console: Where messages go.
    """
    console.message(f"linking {bioproj_accession}; NCBI accepts few requests a second")
    with _entrez(client) as entrez:
        return client.link_bioproject(org_name, bioproj_accession, entrez=entrez)


def show_bioproject(
    client: Pangea, accession: str, *, limit: int | None = None, sleep: float = 1, console: Console
) -> dict[str, Any]:
    """Print the facts of a BioProject, with its samples and their experiments.

    Args:
        accession: The project's accession.
        limit: List at most N samples (all when omitted); the exit code is 3 where there are more.
        sleep: Not needed: NCBI's limit of requests is always kept.
        console: Where messages go.
    """
    from omicsdk.pangea.ncbi import BioProject

    del sleep
    samples: list[dict[str, Any]] = []
    with _entrez(client) as entrez:
        project = BioProject(accession, entrez)
        metadata = project.metadata()
        for sample in console.limited(project.biosamples(), limit, "samples"):
            sample.fetch()
            experiments = [one.fetch().accession for one in sample.sra()]
            samples.append({"accession": sample.accession, "experiments": experiments})
            console.message(f"{sample.accession}: {len(experiments)} experiments")
    return {"accession": project.accession, "metadata": metadata, "samples": samples}


def list_runs(client: Pangea, accession: str, *, sleep: float = 1) -> list[dict[str, Any]]:
    """Print the runs of an experiment of the Sequence Read Archive, as CSV.

    Args:
        accession: The experiment's accession, such as SRX674277.
    """
    from omicsdk.pangea.ncbi import SRARecord

    del sleep
    with _entrez(client) as entrez:
        record = SRARecord(accession, entrez=entrez)
        runs = record.runs()
    facts = {"experiment": record.accession}
    return [{**run["full_record"], **facts, "md5": run["md5"], "url": run["url"]} for run in runs]


def _entrez(client: Pangea) -> Entrez:
    """The client of NCBI, which may contact the user that is logged in about requests."""
    from omicsdk.pangea.ncbi import Entrez

    login = client.credentials
    return Entrez(email=login.email if isinstance(login, PasswordLogin) else "")
