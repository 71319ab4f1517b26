"""Identifiers of GA4GH DRS objects, read from text, without requests; and the servers of their prefixes: those that are known, with their
logins, and those that registries state (dataguids.org, identifiers.org and n2t.net).

There are two kinds of URIs (GA4GH DRS 1.5, "DRS URIs"). `drs://drs.example.org/314159` names the server and the object
there; `drs://dg.4503:0d8b4c...` is compact: its prefix has to be translated into a server first. Gen3 also writes
compact ones without `drs://` and with a slash after the prefix, as its GUIDs are (`dg.4503/0d8b4c...`), and GUIDs may
have no prefix. OMICS_DRS_HOSTS overrides a prefix that has moved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast
from urllib.parse import unquote

from omicsdk.core.consistency import Identifier
from omicsdk.core.errors import UsageError
from omicsdk.core.page_items import found_at
from omicsdk.core.redaction import mask_url
from omicsdk.core.type_guards import is_array, only_objects

SCHEME = "drs://"

#: A prefix of dataguids.org, which Gen3 commons use: no host is called so.
_DATAGUIDS = re.compile(r"dg\.[A-Za-z0-9][A-Za-z0-9_-]*\Z")
#: A prefix of identifiers.org: a namespace, perhaps after a provider's code (GA4GH DRS 1.5, "Compact Identifier-Based URIs").
_PREFIX = re.compile(r"(?:[A-Za-z0-9_.-]+/)?[A-Za-z0-9_.-]+\Z")
_HOST = re.compile(
    r"(?:(?i:localhost)|\[[0-9A-Fa-f:.]+\]|(?=.{1,253}\Z|.{1,253}:)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+)\Z"
)
_UNSPEAKABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")


_GUID = re.compile(r"(?:.*[/:])?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z", re.DOTALL)


def is_guid(text: str) -> bool:
    """Whether a text is a GUID of Gen3: a UUID, perhaps after a prefix."""
    return _GUID.match(text) is not None


def without_prefix(guid: str, other: str) -> bool:
    """Whether one of two GUIDs is the other one without its prefix."""
    short, long = sorted((guid, other), key=len)
    return is_guid(short) and long.endswith((f"/{short}", f":{short}"))


def _plain(text: str) -> str:
    """An identifier without the server of its URI, and a compact one as Gen3 writes it."""
    _, mark, rest = text.partition("://")
    if mark:
        host, slash, path = rest.partition("/")
        text = unquote(path) if slash and not _DATAGUIDS.match(host) else rest
    return text.replace(":", "/", 1).lower() if is_guid(text) else text


OBJECT = Identifier("object", _plain, without_prefix)
"""Servers state an object's identifier with its prefix where it was requested without, or as a URI, and the reverse."""


class NotADrsId(UsageError):
    """A text that is not an identifier of a DRS object."""

    default_remedy = "Write drs://HOST/ID, drs://PREFIX:ID, PREFIX/ID, or the ID alone."


@dataclass(frozen=True, slots=True)
class DrsId:
    """An identifier of a DRS object.

    Attributes:
        text: The identifier as given.
        host: The server, with its port where one is named; empty if it is not known yet.
        prefix: The prefix of a compact identifier, such as `dg.4503`, written as its registry writes it where it is
            known; empty for others.
        accession: The object's identifier on its server, decoded; for a compact identifier the part after the prefix.
        others: Identifiers to be tried if the server does not have that one.
    """

    text: str
    host: str
    prefix: str
    accession: str
    others: tuple[str, ...] = ()

    @property
    def candidates(self) -> tuple[str, ...]:
        """Under what the server may have the object, to be tried in this order.

        Gen3's servers know compact identifiers with a slash, or by the accession alone if the commons does not prefix
        its GUIDs (seen in responses of indexd 6.3.0). Servers of other prefixes have the accession, as the standard's URL
        patterns state, or the identifier with the colon.
        """
        if not self.prefix:
            return (self.accession, *self.others)
        with_colon = f"{self.prefix}:{self.accession}"
        if not _DATAGUIDS.match(self.prefix):
            return self.accession, with_colon
        if self.accession.startswith(f"{self.prefix}/"):  # written twice: drs://dg.4503:dg.4503/...
            return self.accession, self.accession.partition("/")[2]
        return f"{self.prefix}/{self.accession}", self.accession, with_colon

    @property
    def name(self) -> str:
        """The identifier as Gen3 writes it: a GUID with its prefix."""
        return self.candidates[0]

    def __str__(self) -> str:
        return self.text


def parse_drs_id(text: str) -> DrsId:
    """Parse an identifier.

    Args:
        text: `drs://HOST/ID`, `drs://PREFIX:ID`, `PREFIX/ID`, `PREFIX:ID` of dataguids.org, or an identifier alone.
            Surrounding spaces are ignored. In URIs with a host the identifier is percent-encoded, as the standard asks
            for; in those with a prefix of dataguids.org it may be.

    Raises:
        NotADrsId: It is invalid; the message states why.
    """
    stripped = text.strip()
    if not stripped:
        raise NotADrsId("The identifier of the DRS object is empty")
    if match := _UNSPEAKABLE.search(stripped):
        raise NotADrsId(f"{stripped!a} is not an identifier of a DRS object: it has the character {match.group()!a}")
    scheme, mark, _ = stripped.partition("://")
    if not mark:
        return _bare(stripped)
    if scheme.lower() != "drs":
        # It may be a presigned URL, which tables have beside identifiers.
        raise NotADrsId(f"{mask_url(stripped)} is not an identifier of a DRS object: it begins with {scheme}://")
    return _uri(stripped, stripped[len(SCHEME) :])


def _bare(text: str) -> DrsId:
    for mark in "/:":
        start, separator, rest = text.partition(mark)
        if separator and rest and _DATAGUIDS.match(start):
            return DrsId(text, "", registered(start), rest)
    return DrsId(text, "", "", text)


def _uri(text: str, rest: str) -> DrsId:
    rest = rest.partition("?")[0].partition("#")[0]
    start, slash, after = rest.partition("/")
    if slash and _DATAGUIDS.match(start):
        return _with_accession(text, "", start, unquote(after))
    host, colon, port = start.rpartition(":")
    if slash and colon and port.isdecimal() and _HOST.match(host):
        return _with_accession(text, start.lower(), "", unquote(after))
    if slash and _HOST.match(start):
        return _with_accession(text, start.lower(), "", unquote(after))
    prefix, colon, accession = rest.partition(":")
    if colon and _PREFIX.match(prefix):
        # Tables of Gen3 commons encode the slash of a GUID. Accessions of other prefixes are used as they are (GA4GH DRS 1.5).
        return _with_accession(text, "", prefix, unquote(accession) if _DATAGUIDS.match(prefix) else accession)
    if not slash and not colon:
        raise NotADrsId(f"{text} is not an identifier of a DRS object: it names no object, only {start or 'nothing'}")
    raise NotADrsId(f"{text} is not an identifier of a DRS object: {start} is neither a host nor a prefix")


def _with_accession(text: str, host: str, prefix: str, accession: str) -> DrsId:
    if not accession.strip("/"):
        raise NotADrsId(f"{text} is not an identifier of a DRS object: nothing follows {host or prefix}")
    return DrsId(text, host, registered(prefix), accession)


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


_SOURCE_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?\Z")
_OBJECTS = "/ga4gh/drs/v1/objects/"


def host_of(url: object) -> str | None:
    """Return the host that a source states, without scheme, path and `/index`; None if it is invalid.

    Args:
        url: The source's text, such as `https://data.example.org/index/`.
    """
    if not isinstance(url, str):
        return None
    _, mark, rest = url.strip().partition("://")
    host = (rest if mark else url.strip()).partition("/")[0]
    return host.lower() if _SOURCE_HOST.match(host) else None


def hosts_by_prefix(dist: object) -> dict[str, str]:
    """Return the hosts by prefix from the resolver's list.

    A neighbour has hints, which are regular expressions such as `.*dg\\.4503.*`. They are read as the texts that they
    match and never executed: the author of the list chose them.

    Args:
        dist: The list, decoded: objects with `name`, `host`, `hints` and `type`. Only those of type indexd count.
    """
    hosts: dict[str, str] = {}
    for neighbour in only_objects(dist):
        if neighbour.get("type") != "indexd":
            continue
        host, hints = host_of(neighbour.get("host")), neighbour.get("hints")
        for hint in hints if host and is_array(hints) else ():
            if isinstance(hint, str) and (prefix := _literal(hint)):
                hosts.setdefault(prefix, cast("str", host))
    return hosts


def _literal(hint: str) -> str:
    text = hint.removeprefix("^").removesuffix("$")
    text = text.removeprefix(".*").removesuffix(".*").removeprefix("(").removesuffix(")")
    plain = text.replace("\\", "").rstrip("/:")
    return plain if re.fullmatch(r"[A-Za-z0-9._-]+", plain) else ""


def host_in_pattern(pattern: object) -> str | None:
    """Return the DRS server of a registry's URL pattern; None for other patterns, which are those of web pages.

    Args:
        pattern: The pattern, such as `https://drs.example.org/ga4gh/drs/v1/objects/{$id}`.
    """
    if not isinstance(pattern, str) or not pattern.startswith("https://") or _OBJECTS not in pattern:
        return None
    rest = pattern.removeprefix("https://")
    return host_of(pattern) if rest.partition("/")[2].startswith(_OBJECTS[1:]) else None


def namespace_of(payload: object) -> str | None:
    """Return the number of a namespace, from the links of its record at identifiers.org; None if it has none.

    Args:
        payload: The decoded record.
    """
    href: object = found_at(payload, "_links.namespace.href") or found_at(payload, "_links.self.href")
    number = href.partition("{")[0].rstrip("/").rpartition("/")[2] if isinstance(href, str) else ""
    return number if number.isdecimal() else None


def host_of_resources(payload: object, provider: str = "") -> str | None:
    """Return the DRS server of a namespace, from its resources at identifiers.org; None if it has none.

    Args:
        payload: The decoded response.
        provider: The provider's code in front of the prefix, of `drs://PROVIDER/PREFIX:ID`; empty for any provider.
    """
    hosts = (
        host_in_pattern(resource.get("urlPattern"))
        for resource in only_objects(found_at(payload, "_embedded.resources"))
        if not resource.get("deprecated") and provider in ("", resource.get("providerCode"))
    )
    return next(filter(None, hosts), None)
