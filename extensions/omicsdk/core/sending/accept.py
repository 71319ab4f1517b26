"""Accept headers for servers that do not read lists of media types: narrower headers after a 406, and what may come then.

RFC 9110 lets a client state several types. Servers that compare the header as one text refuse each list with 406:
seqrepo-rest-service, for example, and clients that state one type never notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from omicsdk.core.credentials import origin_of

ANY = "*/*"


@dataclass
class AcceptMemory:
    """What origins accepted after a 406. Thread-safe: each entry is set at once.

    Attributes:
        refused: Origins that refuse lists.
        accepted: The header that an origin accepted, by origin and the header that it refused.
    """

    refused: set[str] = field(default_factory=set[str])
    accepted: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def header_for(self, url: str, accept: str) -> str:
        """Return the header to send first.

        Args:
            url: The URL of the request.
            accept: Its Accept header.
        """
        origin = origin_of(url)
        return self.accepted.get((origin, accept), first_type(accept) if origin in self.refused else accept)

    def keep(self, url: str, accept: str, accepted: str) -> None:
        """Remember that the server refused a header and accepted a narrower one."""
        origin = origin_of(url)
        self.accepted[origin, accept] = accepted
        self.refused.add(origin)


def first_type(accept: str) -> str:
    """Return the first media type of an Accept header alone, without parameters."""
    return accept.partition(",")[0].partition(";")[0].strip() or ANY


def narrower(accept: str, refused: str) -> str | None:
    """Return the header to send after a 406; None after the last.

    Args:
        accept: The request's header.
        refused: The header that was refused: this one, or a narrower one.
    """
    forms = list(dict.fromkeys((accept, first_type(accept), ANY)))
    return next(iter(forms[forms.index(refused) + 1 :]), None)


def is_accepted(accept: str, headers: Mapping[str, str]) -> bool:
    """Return whether a response is of a type that was requested; one without a type may be.

    Args:
        accept: The request's Accept header.
        headers: The response's headers, read as `content-type`.
    """
    content_type = first_type(headers.get("content-type") or ANY).lower()
    main, _, sub = content_type.partition("/")
    types = [first_type(part).lower() for part in accept.split(",")]
    # A suffix states the structure (RFC 6839): application/json may come as application/vnd.example+json.
    return content_type == ANY or any(
        type_ in (ANY, f"{main}/*", content_type, f"{main}/{sub.rpartition('+')[2]}") for type_ in types
    )
