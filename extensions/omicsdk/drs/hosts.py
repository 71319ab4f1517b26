"""Known servers: their prefixes and logins. OMICS_DRS_HOSTS overrides a prefix that has moved since."""

from __future__ import annotations

from typing import Literal, NamedTuple

Login = Literal["gen3", "google", "sb"]
"""Whose login a server takes: that of a Gen3 commons, of Google, or of Seven Bridges."""


class KnownHost(NamedTuple):
    """A server, or all servers of a domain.

    Attributes:
        host: Its name; `*.DOMAIN` for all below a domain.
        title: Its name for users.
        login: The kind of login that it accepts.
        prefixes: Its prefixes, written as its registry writes them.
        passports: Whether it takes GA4GH passports.
        api: The platform whose tokens it takes, where that is another URL.
    """

    host: str
    title: str
    login: Login
    prefixes: tuple[str, ...] = ()
    passports: bool = False
    api: str = ""


KNOWN_HOSTS: tuple[KnownHost, ...] = (
    # Prefixes of Gen3 and Terra: the table "Prod" in the README of DataBiosphere/terra-drs-hub, which resolves them for Terra.
    # Its prefixes of test systems (dg.712c, dg.test0) are left out. dg.ANV0 was a Gen3 commons of AnVIL before.
    KnownHost("gen3.biodatacatalyst.nhlbi.nih.gov", "NHLBI BioData Catalyst", "gen3", ("dg.4503",), passports=True),
    KnownHost("nci-crdc.datacommons.io", "NCI Cancer Research Data Commons", "gen3", ("dg.4DFC",), passports=True),
    KnownHost("data.kidsfirstdrc.org", "Kids First", "gen3", ("dg.F82A1A",)),
    KnownHost("data.terra.bio", "Terra Data Repo: AnVIL and others", "google", ("drs.anv0", "dg.ANV0")),
    # DRS servers of Seven Bridges: each platform's entry in the GA4GH implementation registry (com.sb.cavatica.drs,
    # com.sb.cgc.drs, com.sb.bdc.drs). Their objects are named by host; published tables of the CGC's also write sb:ID.
    KnownHost("cavatica-ga4gh-api.sbgenomics.com", "CAVATICA", "sb", api="https://cavatica-api.sbgenomics.com/v2"),
    KnownHost(
        "cgc-ga4gh-api.sbgenomics.com", "Cancer Genomics Cloud", "sb", ("sb",), api="https://cgc-api.sbgenomics.com/v2"
    ),
    KnownHost(
        "ga4gh-api.sb.biodatacatalyst.nhlbi.nih.gov",
        "BioData Catalyst by Seven Bridges",
        "sb",
        api="https://api.sb.biodatacatalyst.nhlbi.nih.gov/v2",
    ),
    # Other systems of these projects, all of which are Gen3 commons.
    KnownHost("*.theanvil.io", "AnVIL's former commons", "gen3"),
    KnownHost("*.datacommons.io", "Gen3 data commons", "gen3"),
    KnownHost("*.kidsfirstdrc.org", "Kids First's other systems", "gen3"),
    KnownHost("*.biodatacatalyst.nhlbi.nih.gov", "BioData Catalyst's other systems", "gen3"),
)

PREFIXES = {prefix.lower(): (prefix, host.host) for host in KNOWN_HOSTS for prefix in host.prefixes}
"""By prefix in lower case: the prefix as it is registered, and its host."""


def registered(prefix: str) -> str:
    """A prefix as its registry writes it: they are compared without case, and servers store them with it.

    Args:
        prefix: The prefix as it was given.
    """
    return PREFIXES.get(prefix.lower(), (prefix, ""))[0]


def known_host(host: str) -> KnownHost | None:
    """Return what is known of a server; None for an unknown one.

    Args:
        host: Its name.
    """
    name = host.lower()
    return next((host for host in KNOWN_HOSTS if name == host.host or _is_below(name, host.host)), None)


def _is_below(name: str, pattern: str) -> bool:
    return pattern.startswith("*.") and name.endswith(pattern[1:])


def login_remedy(host: str) -> str:
    """Return how to log in to a known server; empty for others.

    Args:
        host: Its name.
    """
    entry = known_host(host)
    if entry is None:
        return ""
    if entry.login == "google":
        from omicsdk.core.oauth.google import TOKEN_VARIABLE, VARIABLE

        return (
            f"{host} takes a Google account that is registered with Terra. Run: gcloud auth application-default login. "
            f"Or set {VARIABLE} to the key file of a service account, or {TOKEN_VARIABLE}."
        )
    if entry.login == "sb":
        return f"{host} takes a developer token of its platform. Run: omics login sb --base-url {entry.api}"
    passports = " Or pass --passport FILE." if entry.passports else ""
    return (
        f"Download credentials.json from your profile page at https://{host}, and run: omics login gen3 "
        f"--credentials-file credentials.json. An account may lack access to this file.{passports}"
    )
