"""Whether a response is about what was requested, and whether a listing agrees with itself.

A gateway that ignores a filter, a cache that returns another object or a page that is lost must not move, overwrite or
delete anything. Equality is declared once for each kind of identifier, as an `Identifier`; a `ListingCheck` follows the
entries of a listing as they arrive.

Of a response that is streamed, the headers are compared before its body is read. Its body is not compared here, since
whoever reads it is the first to have it:

- Content of files: the transfer engine compares each response with the requested range, the stated size, the ETag or
  date of earlier ones, and the whole with checksums. Storage states no identifier of the file in its responses, so that
  another file of the same size is found by a checksum only.
- Records that are exported to a file: `gen3.records.exports` compares the node and project that they state.
- Sequences of refget by their digest, blocks of htsget by their format.
- Results of searches and manifests of Azul have no identifier of what was requested; nothing is removed by them.
- Items of streams of documents that users generate clients from: their services declare no rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.core.errors import DecodeError, OmicsError, shortened
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.json_coding import DECODED, charset_in, decoded, paused_for
from omicsdk.core.type_guards import is_number, number_in

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.pages import PagedCall
    from omicsdk.core.request import OperationFacts, Request

T = TypeVar("T")
Item = TypeVar("Item")


class ResponseMismatch(OmicsError):
    """A response is about something else than was requested.

    Args:
        operation: What was requested, such as "list_files of sb://me/project".
        kind: The kind of identifier that differs, such as "name" or "project".
        requested: The requested one.
        returned: The returned one.
    """

    default_remedy = (
        "Nothing was changed by it. Check the service's URL, and for a proxy or gateway that alters requests."
    )

    def __init__(self, operation: str, kind: str, requested: object, returned: object) -> None:
        pair = (shortened(repr(value), 200) for value in (requested, returned))
        super().__init__(f"{operation}: requested the {kind} {' but the service returned '.join(pair)}")
        self.operation = operation
        self.kind = kind
        self.requested = requested
        self.returned = returned


class InconsistentListing(OmicsError):
    """A listing contradicts itself: entries are repeated or missing, or its total changed.

    It may have changed while it was read, so that reading it again helps; nothing is deleted by it.

    Args:
        operation: The listing.
        problem: What contradicts what.
    """

    default_remedy = "Nothing was changed by it. Try again: entries may have been added or removed meanwhile."

    def __init__(self, operation: str, problem: str) -> None:
        super().__init__(f"{operation}: {problem}")
        self.operation = operation


class Identifier(NamedTuple):
    """A kind of identifier, and when two of them mean the same.

    Attributes:
        kind: What messages call it, such as "project".
        canonical: Returns the same text for identifiers that mean the same; by default they are compared as they are.
        or_else: Whether two canonical ones that differ mean the same all the same, such as one with a prefix and one without.
    """

    kind: str
    canonical: Callable[[str], str] = str
    or_else: Callable[[str, str], bool] | None = None

    def same(self, requested: str, returned: object) -> bool:
        """Return whether a returned value means what was requested; one that is no text does not."""
        if not isinstance(returned, str):
            return False
        expected, actual = self.canonical(requested), self.canonical(returned)
        return expected == actual or (self.or_else is not None and self.or_else(expected, actual))

    def check(self, requested: str, returned: object, operation: str) -> None:
        """Refuse a response about something else.

        Args:
            requested: The requested identifier.
            returned: The identifier in the response; None if it has none.
            operation: What was requested, for the error.

        Raises:
            ResponseMismatch: They do not mean the same.
        """
        if not self.same(requested, returned):
            raise ResponseMismatch(operation, self.kind, requested, returned)


NAME = Identifier("name")


def _bare(uuid: str) -> str:
    return uuid.replace("-", "").lower()


UUID = Identifier("UUID", _bare)


class Rule(NamedTuple):
    """An argument of requests that responses state, too.

    Attributes:
        argument: The parameter: the last one of the path (several with slashes between are one identifier), or one of
            the query.
        identifier: When both mean the same.
        places: Where a response states it, as dotted paths in which one `*` may mean all members of a list. Of several that it
            states in one object, one has to mean the same; what it does not state is not compared.
        operations: The only operations that it applies to; by default all but POST.
        separator: What is between several identifiers in the path; empty if there is one.
        headers: Headers in which a response states it, also one whose body is streamed, and a redirect that is returned.
    """

    argument: str
    identifier: Identifier
    places: Sequence[str] = ()
    operations: frozenset[str] = frozenset()
    separator: str = ""
    headers: Sequence[str] = ()


class Rules:
    """The rules of one service, by which its clients compare each response with its request.

    Args:
        rules: The rules.
    """

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    def check(self, facts: OperationFacts, request: Request, response: httpx.Response) -> None:
        """Refuse a response about something else.

        Args:
            facts: The operation.
            request: Its request.
            response: The response.

        Raises:
            ResponseMismatch: A rule is violated.
        """
        of_request = [*self.applicable(facts, request.url)]
        self._compare_headers(of_request, response.headers, facts.name)
        applicable = [pair for pair in of_request if pair[0].places]
        # An error response has its own form, and states no arguments of the request.
        if not applicable or not response.is_success or not response.content:
            return
        from omicsdk.core.page_items import values_at  # of pages' models, which lists of buckets do without

        with paused_for(len(response.content)):
            try:
                page: Any = decoded(response.content, charset_in(response.headers.get("content-type", "")))
            except ValueError:  # text, or what the operation itself refuses
                return
            stated_values = [[*map(partial(values_at, page), rule.places)] for rule, _ in applicable]
            for (rule, requested), values in zip(applicable, stated_values, strict=True):
                # Each once: most entries of a listing state the same.
                for alternatives in dict.fromkeys(zip(*values, strict=True)):
                    self._compare(rule, requested, alternatives, facts.name)
            # Its reader would decode the body once more.
            response.extensions[DECODED] = page
            del page  # as in `Response.json`

    def check_headers(self, facts: OperationFacts, request: Request, headers: Mapping[str, str]) -> None:
        """Refuse a response whose headers are about something else, before its body is read.

        Args:
            facts: The operation.
            request: Its request.
            headers: The response's headers.

        Raises:
            ResponseMismatch: A rule is violated.
        """
        self._compare_headers(self.applicable(facts, request.url), headers, facts.name)

    def _compare_headers(
        self, applicable: Iterable[tuple[Rule, Sequence[str]]], headers: Mapping[str, str], operation: str
    ) -> None:
        for rule, requested in applicable:
            self._compare(rule, requested, map(headers.get, rule.headers), operation)

    @staticmethod
    def _compare(rule: Rule, requested: Sequence[str], values: Iterable[str | None], operation: str) -> None:
        """Refuse alternatives of which none means the same as one of the requested values."""
        returned = [text for text in values if text is not None]
        if returned and not any(rule.identifier.same(expected, value) for expected in requested for value in returned):
            raise ResponseMismatch(operation, rule.identifier.kind, ", ".join(requested), returned[0])

    def applicable(self, facts: OperationFacts, url: str) -> Iterator[tuple[Rule, Sequence[str]]]:
        """Yield the rules for a request, each with the values of its argument.

        Args:
            facts: The operation.
            url: The request's URL.
        """
        from urllib.parse import parse_qs, urlsplit

        parts = urlsplit(url)
        query = parse_qs(parts.query)
        path = facts.path.partition("#")[0].rstrip("/")
        for rule in self.rules:
            # A POST creates or searches: what it returns need not have its arguments.
            if facts.name not in rule.operations if rule.operations else facts.method == "POST":
                continue
            placeholder = "/".join(f"{{{name}}}" for name in rule.argument.split("/"))
            if rule.argument in query:
                yield rule, query[rule.argument]
            elif path.endswith(f"/{placeholder}") or (rule.operations and placeholder in path):
                value = _path_value(path, parts.path, placeholder)
                yield rule, value.split(rule.separator) if rule.separator else [value]


def _path_value(template: str, path: str, placeholder: str) -> str:
    """Return what is in a request's path in place of a part of its template, decoded; the path may be below a base URL's."""
    from urllib.parse import unquote

    before, after = (re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(part)) for part in template.split(placeholder, 1))
    match = re.search(rf"{before}(?P<value>.+?){after}/?\Z", path)
    return unquote(match["value"]) if match is not None else ""


def checked_list(call: PagedCall[..., Any, Item, Any], total: str, key: str, **arguments: Any) -> Iterator[Item]:
    """Yield the entries of a list of several pages.

    Args:
        call: The operation.
        total: The attribute of its pages that states the number of all entries.
        key: The attribute that identifies an entry.
        **arguments: Of the operation.

    Raises:
        InconsistentListing: After the last entry: entries were repeated or missing.
    """
    check = ListingCheck(call.facts.name)
    for page in call.pages(**arguments):
        check.total(getattr(page, total))
        for item in call.items(page) or ():
            check.entry(getattr(item, key))
            yield item
    check.finish()


def whole_list(call: PagedCall[..., Any, Item, Any], total: str, key: str, **arguments: Any) -> list[Item]:
    """Read a list that has to be complete, since something is created, deleted or overwritten by it.

    Arguments are those of `checked_list`.

    Raises:
        InconsistentListing: Entries are repeated or missing, even when it is read again.
    """
    return read_again_if_inconsistent(lambda: checked_list(call, total, key, **arguments))


# Entries after which a listing in ascending order is expected to go on so, and they are not remembered any more.
_REMEMBERED = 10_000


class ListingCheck:
    """The consistency of one listing, followed while its pages arrive.

    Args:
        operation: The listing, for errors.
        ascends: Whether entries are texts that come in ascending order, as a rule. As long as they do, a repeated one is
            found by that, without memory of all others.
    """

    def __init__(self, operation: str, *, ascends: bool = False) -> None:
        self._operation = operation
        self._last = "" if ascends else None
        self._count = 0
        # Hashes of 8 bytes instead of the keys: two equal ones of a million entries are a chance of one in 10^7, and would
        # only have the listing read again.
        self._seen: set[int] = set()
        self._total: int | None = None
        self._problem = ""

    @property
    def count(self) -> int:
        """The number of different entries so far."""
        return self._count

    def entry(self, key: Hashable) -> bool:
        """Note an entry; the first repeated one makes the listing inconsistent. Return whether it is new."""
        if self._last is not None and isinstance(key, str):
            if key > self._last:
                self._last = key
                self._count += 1
                if self._count <= _REMEMBERED:
                    self._seen.add(hash(key))
                return True
            # Later keys are not remembered: a repeated entry looks like one that is only out of order.
            if self._count > _REMEMBERED:
                self._note(f"the entry {shortened(repr(key), 200)} is listed more than once, or out of order")
                return key != self._last
            self._last = None
        try:
            number, before = hash(key), len(self._seen)
        except TypeError:  # a list or an object came where the document has a text
            raise DecodeError(self._operation, "an entry's identifier", key, expected="a text") from None
        self._seen.add(number)
        is_new = len(self._seen) > before
        self._count += is_new
        if not is_new:
            self._note(f"the entry {shortened(repr(key), 200)} is listed more than once")
        return is_new

    def page(self, count: int, declared: object) -> None:
        """Note how many entries a page has; fewer than the page states make the listing inconsistent."""

        number = declared_number(declared, "the number of entries", self._operation)
        if number is not None and count < number:
            self._note(f"a page states {number} entries, but has {count}")

    def total(self, declared: object) -> None:
        """Note the total that a page states; one that differs from an earlier page's makes the listing inconsistent."""

        number = declared_number(declared, "the total", self._operation)
        if number is None:
            return
        # Noted, not raised: the caller gets the entries first, and decides what a contradiction means for it.
        if self._total is not None and number != self._total:
            self._note(f"the stated total changed from {self._total} to {number}")
        self._total = number

    def finish(self, *, exact: bool = True) -> None:
        """Raise what was noted, after the last page.

        Args:
            exact: Whether the stated total counts the entries that were noted; otherwise it is a lower bound.

        Raises:
            InconsistentListing: The listing contradicts itself.
        """
        wrong = self._total is not None and (self.count != self._total if exact else self.count < self._total)
        if wrong:
            self._note(f"the stated total is {self._total}, but {self.count} entries are listed")
        if self._problem:
            raise InconsistentListing(self._operation, self._problem)

    def _note(self, problem: str) -> None:
        self._problem = self._problem or problem


def up_to_contradiction(entries: Iterable[T], problems: list[InconsistentListing]) -> Iterator[T]:
    """Yield what a listing has before it contradicts itself.

    Args:
        entries: The listing.
        problems: Is appended that the listing contradicts itself.
    """
    try:
        yield from entries
    except InconsistentListing as error:
        problems.append(error)


def despite_contradictions(entries: Iterable[T], doubts: list[InconsistentListing]) -> Iterator[T]:
    """Yield what a listing has, for what removes nothing by it.

    Args:
        entries: The listing.
        doubts: Is appended that the listing contradicts itself, with the remedy of a partial result.
    """
    try:
        yield from entries
    except InconsistentListing as error:
        error.remedy = "What it lists was used, but more may exist: run the same command again."
        doubts.append(error)


def read_again_if_doubtful(read: Callable[[list[InconsistentListing]], T]) -> tuple[T, list[InconsistentListing]]:
    """Do something by listings that is only partial if one contradicts itself; a second time if one does.

    Args:
        read: Does it, and appends how listings contradict themselves, as `despite_contradictions`.

    Returns:
        The last result, and what was appended then.
    """
    doubts: list[InconsistentListing] = []
    result = read(doubts)
    if doubts:
        doubts = []
        result = read(doubts)
    return result, doubts


def read_again_if_inconsistent(read: Callable[[], Iterable[T]]) -> list[T]:
    """Read a listing whole; a second time if it contradicts itself, since it may have changed meanwhile.

    Args:
        read: Reads it from its first page.

    Raises:
        InconsistentListing: It contradicts itself both times.
    """
    try:
        return list(read())
    except InconsistentListing:
        return list(read())


def declared_number(value: object, field: str, operation: str, *, text: bool = False) -> int | None:
    """Return a size or count as a response states it; None if it states none.

    Args:
        value: What the response has in its place.
        field: The place, for the error.
        operation: The operation, for the error.
        text: Whether digits in a text are legal there, as in a header.

    Raises:
        DecodeError: It is something else than a whole number from 0 to 2**63 - 1.
    """
    # 12.0 is 12 in JSON; above 2**53 digits are lost.
    if isinstance(value, float) and value.is_integer() and abs(value) <= 1 << 53:
        value = int(value)
    number = number_in(value) if text or is_number(value) else None
    if number is None and value is not None:
        raise DecodeError(operation, field, value, expected="a whole number from 0 to 2**63 - 1")
    return number
