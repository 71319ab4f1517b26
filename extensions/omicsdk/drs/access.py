"""Which way to an object's bytes is tried first: decided, not asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from omicsdk.drs.objects import AccessMethod

#: What a URL that the server gives can be fetched by, the likeliest first. Others (ftp, gsiftp, globus, htsget) can't.
FETCHED = ("https", "http", "s3", "gs", "az", "azure")


def in_order(methods: Iterable[AccessMethod], preferred: Sequence[str] = ()) -> list[AccessMethod]:
    """The ways that can be gone, in the order in which they are tried.

    Those that are at hand stand before those that have to be fetched from an archive, preferred ones before others, stated
    https URLs before those that have to be asked for, and what is alike stays in the server's order.

    Args:
        methods: What the server lists.
        preferred: Kinds, clouds or regions that are wanted most, the first one more than the second, such as `gs` or
            `us-east-1`.
    """
    wanted = [word.lower() for word in preferred]

    def rank(method: AccessMethod) -> tuple[bool, int, bool, int]:
        said = (method.kind, method.cloud, method.region.lower())
        liking = next((at for at, word in enumerate(wanted) if word in said), len(wanted))
        kind = FETCHED.index(method.kind) if method.kind in FETCHED else len(FETCHED)
        return not method.available, liking, not method.is_direct, kind

    usable = [each for each in methods if each.is_direct or (each.access_id and each.kind in FETCHED)]
    seen: set[tuple[str, str]] = set()
    found: list[AccessMethod] = []
    for each in sorted(usable, key=rank):
        # A server may list one way for each copy and answer the same for all: Gen3's access_id is the protocol.
        key = ("", each.access_id) if each.access_id and not each.is_direct else (each.url, "")
        if key not in seen:
            seen.add(key)
            found.append(each)
    return found


def unusable(methods: Iterable[AccessMethod]) -> str:
    """Says why no way can be gone, for an error."""
    kinds = sorted({each.kind or "without a type" for each in methods})
    return f"its server lists only {', '.join(kinds)}" if kinds else "its server lists no way to its bytes"
