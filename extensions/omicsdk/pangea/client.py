"""`Pangea` and `AsyncPangea`: the generated client of a Pangea server, and workflows."""

from __future__ import annotations

import os

from omicsdk_api.pangea import AsyncPangeaApi, PangeaApi

from omicsdk.core.consistency import UUID, Identifier, Rule, Rules
from omicsdk.core.platform import (
    AsyncPlatform,
    Discovery,
    Listing,
    Opening,
    Platform,
    Search,
    SourceResult,
    Workflow,
    late_modules,
)
from omicsdk.core.retry import Retry
from omicsdk.pangea.login import (
    API,
    DEFAULT_URL,
    ENDPOINT_VARIABLE,
    PASSWORD_VARIABLE,
    TOKEN_VARIABLE,
    USER_VARIABLE,
    PasswordLogin,
    change_password,
    login_in,
    login_steps,
    token_credentials,
)

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.pangea import downloads, listings, ncbi, reads, samples, uploads
else:
    downloads, listings, ncbi, reads, samples, uploads = late_modules(
        "omicsdk.pangea", "downloads listings ncbi reads samples uploads"
    )

# Statuses that are retried. 500 is not among them: the server answers it to many an invalid request.
RETRIED = frozenset({408, 429, 502, 503, 504})


def _environment(search: Search) -> SourceResult:
    """PANGEA_ENDPOINT, and PANGEA_USER with PANGEA_PASS."""
    url = search.environ.get(ENDPOINT_VARIABLE, "").strip() or None
    login = None if search.credentials is not None else login_in(search.environ)
    return SourceResult(
        url, login, ENDPOINT_VARIABLE, f"{USER_VARIABLE} and {PASSWORD_VARIABLE}" if login is not None else ""
    )


_DISCOVERY = Discovery(
    platform="pangea",
    environment=_environment,
    default_url=DEFAULT_URL,
    normal_url=lambda url: url.rstrip("/").removesuffix(API),
    token=token_credentials,
    remedy="Pass base_url, or set PANGEA_ENDPOINT: the URL of the server, beginning with https://.",
)


# Routes by names ignore case, and take UUIDs, too.
_NAME = Identifier("name", str.casefold)


_MANIFESTS = ("get_sample_manifest", "get_sample_group_manifest", "get_sample_metadata")


def _forms(kind: str) -> list[str]:
    return [f"{verb}_{kind}" for verb in ("get", "patch", "put")]


# Columns of a table of organizations, groups, samples or results, the most important first.
COLUMNS = ("module_name", "replicate", "name", "uuid", "created_at", "is_public", "is_private", "is_library")


class _Workflows:
    """The workflows of both clients, and how they send requests and compare responses with them."""

    _discovery = _DISCOVERY
    _retry = Retry(statuses=RETRIED)
    _steps = login_steps
    _checks = Rules(
        Rule("uuid", UUID, ["uuid"]),
        Rule("uuid", UUID, ["results.*.uuid"]),
        Rule("id", UUID, ["uuid"], frozenset({*_MANIFESTS, *_forms("s3_bucket"), *_forms("s3_api_key")})),
        Rule("id", Identifier("user"), ["id"], frozenset(_forms("account"))),
        Rule("user_id", Identifier("user"), ["id"], frozenset({"get_user_by_id"})),
        *(
            Rule(f"{owner}_id", UUID, [f"results.*.{owner}"])
            for owner in ("analysis_result", "sample", "sample_group", "library", "organization")
        ),
        *(
            Rule(argument, _NAME, ["name", "uuid"], frozenset({f"get_{kind}_by_name"}))
            for argument, kind in (
                *(("org", "organization"), ("grp", "sample_group"), ("sample", "sample")),
                *(("name", "pipeline"), ("name", "tag")),
            )
        ),
        *(
            Rule(argument, _NAME, [field, "uuid"], frozenset({f"get_{owner}_analysis_result{part}_by_name"}))
            for owner in ("sample", "sample_group")
            for argument, field, part in (("module_name", "module_name", ""), ("field", "name", "_field"))
        ),
    )

    whoami = Workflow(listings.whoami)
    change_password = Workflow(change_password)
    ls = Listing(listings.ls, COLUMNS)
    find_organization = Workflow(listings.find_organization)
    find_sample_group = Workflow(listings.find_sample_group)
    find_sample = Workflow(listings.find_sample)
    find_sample_result = Workflow(listings.find_sample_result)
    find_tag = Workflow(listings.find_tag)
    ensure_tag = Workflow(listings.ensure_tag)
    samples_of = Listing(listings.samples_of, COLUMNS)
    open = Opening(downloads.open)
    download = Workflow(downloads.download)
    result_urls = Workflow(downloads.result_urls)
    verify = Workflow(downloads.verify)
    upload = Workflow(uploads.upload)
    upload_field = Workflow(uploads.upload_field)
    ensure_tags = Workflow(listings.ensure_tags)
    ensure_samples = Workflow(samples.ensure_samples)
    add_samples_to_group = Workflow(samples.add_samples_to_group)
    tag_samples = Workflow(samples.tag_samples)
    save_metadata = Workflow(samples.save_metadata)
    create_library_samples = Workflow(samples.create_library_samples)
    upload_reads = Workflow(reads.upload_reads)
    metadata_frame = Workflow(samples.metadata_frame)
    save_metadata_frame = Workflow(samples.save_metadata_frame)
    link_bioproject = Workflow(ncbi.link_bioproject)


class Pangea(_Workflows, Platform, PangeaApi):
    """A Pangea server. Without credentials only what is public can be read.

    Arguments are those of `omicsdk.core.platform.Platform`. Credentials are a token as text, or a `PasswordLogin`; by default
    those of OMICS_PANGEA_TOKEN, or of PANGEA_USER and PANGEA_PASS.
    """


def logged_in(
    base_url: str | None, token: Credentials | str | None = None, email: str | None = None, password: str | None = None
) -> Pangea:
    """Return a client with what options state of a login; the environment has the rest, and is for its own server.

    Args:
        base_url: The server; None to find it.
        token: A token.
        email: The e-mail address.
        password: The password.

    Raises:
        AuthError: Half of the login is missing.
    """
    if email and password:
        return Pangea(base_url, credentials=PasswordLogin(email, password))
    if not (email or password):
        return Pangea(base_url, credentials=token)
    variables = {name: value for name, value in ((USER_VARIABLE, email), (PASSWORD_VARIABLE, password)) if value}
    # A token of the environment would take precedence over the login.
    return Pangea(base_url, environ={**os.environ, TOKEN_VARIABLE: "", **variables})


class AsyncPangea(_Workflows, AsyncPlatform, AsyncPangeaApi):
    """A Pangea server for asyncio and trio; arguments are those of `omicsdk.core.platform.AsyncPlatform`, see `Pangea`."""

    _blocking_class = Pangea
