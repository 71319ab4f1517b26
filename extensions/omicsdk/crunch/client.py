"""`Crunch` and `AsyncCrunch`: the generated client of a crunch site, and workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk_api.crunch import AsyncCrunchApi, CrunchApi

from omicsdk.core.consistency import Identifier, Rule, Rules
from omicsdk.core.credentials import ApiKey
from omicsdk.core.errors import ConfigError
from omicsdk.core.platform import (
    AsyncPlatform,
    Discovery,
    Listing,
    Opening,
    Platform,
    Workflow,
    late_modules,
    variables,
)
from omicsdk.crunch.requests import explained_steps

if TYPE_CHECKING:
    from omicsdk.crunch import attributes, datasets, requests, runs, statuses
else:
    attributes, datasets, requests, runs, statuses = late_modules(
        "omicsdk.crunch", "attributes datasets requests runs statuses"
    )

# Environment variable: the site's base URL.
URL_VARIABLE = "CRUNCH_URL"
# Environment variable: the token of a user of the site.
TOKEN_VARIABLE = "CRUNCH_TOKEN"  # noqa: S105 - the name of a variable


def token_credentials(token: str) -> ApiKey:
    """Credentials of a user's token, sent as `Authorization: Token ...`.

    Args:
        token: The token, without "Token".

    Raises:
        ConfigError: The token is empty or contains whitespace.
    """
    try:
        return ApiKey(token, header="Authorization", prefix="Token ")
    except ConfigError as error:
        error.remedy = f"{error.remedy} It comes from {TOKEN_VARIABLE}, or from credentials (--access-token)."
        raise


_DISCOVERY = Discovery(
    platform="crunch",
    environment=variables(URL_VARIABLE, TOKEN_VARIABLE, token_credentials),
    token=token_credentials,
    remedy=(
        f"Run `omics login crunch`. Or set {URL_VARIABLE}, or pass base_url (--base-url): the URL of the site, beginning with "
        f"https://. Set {TOKEN_VARIABLE}, or pass credentials (--access-token): an administrator of the site issues tokens."
    ),
    requires_credentials=True,
)


# Some databases of sites ignore case.
SLUG = Identifier("slug", str.casefold)


# Columns of a table of projects, datasets or files, the most important first.
COLUMNS = ("slug", "name", "size", "parent", "modified", "workflow")


class _Workflows:
    """The workflows of both clients, and how they send requests and compare responses with them."""

    _discovery = _DISCOVERY
    _steps = explained_steps
    _checks = Rules(
        Rule("slug", SLUG, ["slug"]), Rule("slug", SLUG, ["project"], frozenset({"get_next_dataset_of_project"}))
    )

    whoami = Workflow(datasets.whoami)
    ls = Listing(datasets.ls, COLUMNS)
    open = Opening(datasets.open)
    download = Workflow(datasets.download)
    upload = Workflow(datasets.upload)
    verify = Workflow(datasets.verify)
    run = Workflow(runs.run)
    next_dataset = Workflow(runs.next_dataset)
    report_status = Workflow(statuses.report_status)
    add_attributes = Workflow(attributes.add_attributes)
    raw_request = Workflow(requests.raw_request)


class Crunch(_Workflows, Platform, CrunchApi):
    """A crunch site. Operations that add something are sent once; nothing can be taken back.

    Arguments are those of `omicsdk.core.platform.Platform`. The base URL is found in CRUNCH_URL, and the token of a user of the
    site in CRUNCH_TOKEN.
    """


class AsyncCrunch(_Workflows, AsyncPlatform, AsyncCrunchApi):
    """A crunch site for asyncio and trio; arguments are those of `omicsdk.core.platform.AsyncPlatform`, see `Crunch`."""

    _blocking_class = Crunch
