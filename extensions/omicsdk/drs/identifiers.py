"""Identifiers of GA4GH DRS objects: read from text, without requests.

There are two kinds of URIs (GA4GH DRS 1.5, "DRS URIs"). `drs://drs.example.org/314159` names the server and the object
there; `drs://dg.4503:0d8b4c...` is compact: its prefix has to be translated into a server first. Gen3 also writes
compact ones without `drs://` and with a slash after the prefix, as its GUIDs are (`dg.4503/0d8b4c...`), and GUIDs may
have no prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from omicsdk.core.consistency import Identifier
from omicsdk.core.errors import UsageError
from omicsdk.drs.hosts import registered

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
        raise NotADrsId(f"{stripped} is not an identifier of a DRS object: it begins with {scheme}://")
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
