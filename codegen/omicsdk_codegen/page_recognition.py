"""Recognition of paging that a document has no x-omics-pagination for.

What is certain is generated; a wrong guess would lose items silently, so everything else is a suggestion. Each rule
yields candidates with their doubts. The first candidate without doubts is used, else the first is suggested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from .normalise import Normaliser
from .operations import Draft, Recognition
from .page_view import EXTENSIONS, Listing, Value, View, bare, extensions_of, is_object, is_one_page, view_of, words_of
from .paging import SETTING, pages_of
from .shapes import Model, Ref
from .values import Json, Object, join, list_in, object_in

# Parameters with a token of a page. Not those of changes, which lead to what happens later: sync_token, stream_position.
_CURSORS = frozenset(
    {
        "cursor", "page_cursor", "token", "page_token", "pagination_token", "continuation_token", "continuation", "continue",
        "marker", "page_marker", "page_key", "after", "page_after", "after_cursor", "start_cursor", "starting_after",
        "search_after", "skip_token", "skiptoken", "next_token", "next_cursor", "next_page_token", "next_page_cursor",
        "next_marker", "next_key", "page_cursor_after", "cursor_after",
    }
)  # fmt: skip
# Names that only the token of a following page has.
_OWN_NEXT = frozenset({"continue", "continuation", "continuation_token", "pagination_token"})
_LAST_OF_PAGE = frozenset({"end_cursor", "last_cursor", "last_id"})
_AFTER = frozenset({"after", "after_id", "after_cursor", "page_after", "starting_after"})
_OFFSETS = frozenset({"offset", "skip", "start_at", "page_offset"})
_NUMBERS = frozenset({"page", "page_number", "page_num", "page_no", "page_index"})
_LIMITS = frozenset(
    {"limit", "count", "size", "per_page", "page_size", "top", "max_results", "page_limit", "take", "max", "results_per_page"}
)  # fmt: skip
_TOTALS = frozenset(
    {"total", "total_count", "total_items", "total_results", "total_records", "total_elements", "total_hits", "total_size",
     "total_entries", "total_rows"}
)  # fmt: skip
_PAGES = frozenset(
    {"total_pages", "page_count", "num_pages", "last_page", "pages", "number_of_pages", "page_total", "total_page"}
)
_MORE = frozenset({"has_more", "has_next", "has_next_page", "has_more_items", "has_more_pages", "has_more_results", "more",
                   "more_items_in_collection", "is_truncated"})  # fmt: skip
# OData calls it `@odata.nextLink`, whose words are odata_next_link.
_URL_NAME = re.compile(r"(odata_)?next(_page|_results)?_(link|url|uri|href)")
_URL_FORMATS = frozenset({"uri", "url", "uri-reference", "iri", "iri-reference"})
_ASIDE = frozenset({"errors", "warnings", "included", "links", "messages", "error", "_links", "schemas"})
_ITEMS = ("data", "items", "entries", "results", "records", "values", "value", "resources", "content")
# Values of pages that tell nothing about one object.
_ASIDE_OF_LISTS = frozenset(
    {"next", "previous", "prev", "first", "last", "self", "next_page", "previous_page", "prev_page", "next_link", "next_url",
     "previous_url", "prev_url", "next_uri", "previous_uri", "odata_next_link", "odata_context", "object", "type", "kind",
     "has_more", "next_page_url", "prev_page_url"}
)  # fmt: skip
_CHANGES = frozenset({"sync", "changes", "delta", "feed", "poll", "stream", "watch", "updates"})
# Texts that state what a token is for, and what marks the last page.
_OF_NEXT = re.compile(
    r"next (page|set|batch|request|call|results|chunk)|subsequent|following (page|request|call)|more (results|items|pages)|"
    r"next .{0,20}page",
    re.IGNORECASE,
)
_OF_END = re.compile(
    r"\bnull\b|empty|absent|omitted|missing|not (be )?(present|set|returned|included|exist)|\bno (more|next|further|other)|"
    r"last page|\bif (there|any|more|present)\b|when there|(more|additional|further|other) (results|items|pages|data)|"
    r"\bend of\b|\bonly (present|set|returned)",
    re.IGNORECASE,
)
_OF_PAGE = re.compile(r"returned|in this|current page|on the page|per page|this page", re.IGNORECASE)
_COUNTS_PAGES = re.compile(r"\bpages? (number|index|offset)|pages to skip|number of pages|which page", re.IGNORECASE)
_TOKEN_TEXT = re.compile(r"cursor|token|marker|\bid\b|opaque", re.IGNORECASE)
_URL_TEXT = re.compile(r"\b(url|uri|link|href)\b", re.IGNORECASE)
_IS_ID = re.compile(r"\b(object|resource)s?\b.{0,20}\bids?\b|\bids?\b of the (last|object|item)", re.IGNORECASE)
_OF_LINKS = re.compile(r"rel=\\?[\"']?next|\bnext\b|paginat", re.IGNORECASE)


# Keys of settings in the order in which they are shown.
_KEYS = (
    "style", "in", "token", "offset", "page", "first", "next", "header", "more", "total", "pages", "limit", "items",
)  # fmt: skip


@dataclass(frozen=True)
class _Operation:
    draft: Draft
    view: View
    models: Mapping[str, Model]


@dataclass
class _Candidate:
    rule: str
    reason: str
    key: str
    setting: Object
    doubts: list[str] = field(default_factory=list[str])


def recognise(
    draft: Draft, root: Object, types: Normaliser, leave_out: Callable[[str, str, str], None]
) -> Recognition | None:
    """Recognise the paging of an operation.

    Args:
        draft: the operation, with its arguments and responses.
        root: the document.
        types: its types.
        leave_out: called with each extension that cannot be followed: its pointer, its name, and why.

    Returns:
        None if nothing in it looks like pages.
    """
    if draft.operation.method not in ("GET", "POST", "QUERY") or is_one_page(draft.operation.data):
        return None
    view = view_of(draft, types.models)
    if view is None or not view.lists:
        for name in EXTENSIONS & draft.operation.data.keys():
            leave_out(join(draft.operation.key, name), name, "its responses have no list, or are of several types")
        return None
    operation = _Operation(draft, view, types.models)
    listing, vague = _listing(operation)
    taken_away = _other_responses(draft)
    suggested: Recognition | None = None
    for candidate in _candidates(operation, root):
        setting, doubts = candidate.setting, [*candidate.doubts, *taken_away]
        if candidate.rule.startswith("x-"):
            taken_away += candidate.doubts  # a guess that the document's own statement contradicts is uncertain, too
        items_path = setting.get("items")
        # A rule that names the list has no doubt about which one it is.
        if items_path is None:
            doubts += vague
        listed_items = (
            listing if items_path is None else next((list_ for list_ in view.lists if list_.path == items_path), None)
        )
        # Of a list that is deeper than those of the view nothing is known.
        setting = _ordered({**setting, "items": listed_items.items if listed_items is not None else f"{items_path}?"})
        faults: list[str] = []
        pages_of(draft, setting, join(draft.operation.key, SETTING), types.models, faults.append)
        reason = f"uncertain: {'; '.join(doubts)} ({candidate.reason})" if doubts else candidate.reason
        recognition = Recognition(candidate.rule, reason, candidate.key, setting, not doubts)
        if not faults and not doubts:
            return recognition
        # An extension is a statement of the document, so one that cannot be followed is reported; a guess is dropped.
        if faults and candidate.rule.startswith("x-"):
            leave_out(candidate.key, candidate.rule, "; ".join(candidate.doubts or faults))
        elif not faults and suggested is None:
            suggested = recognition
    return suggested


def as_words(setting: Object) -> str:
    """Return a setting as a text."""
    return ", ".join(f"{key} {value if value != '' else 'the response itself'}" for key, value in setting.items())


def _ordered(setting: Object) -> Object:
    return {key: setting[key] for key in _KEYS if key in setting}


def _listing(operation: _Operation) -> tuple[Listing, list[str]]:
    """Return the list of a page, and why it may be another one."""
    lists, path = operation.view.lists, operation.draft.operation.path.rstrip("/")
    lists = [list_ for list_ in lists if list_.path not in _ASIDE] or lists if len(lists) > 1 else lists
    if len(lists) > 1:
        names = (*_ITEMS, words_of(path.rpartition("/")[2]))
        best = next((list_ for list_ in lists if words_of(list_.path) in names), None)
        best = best or next((list_ for list_ in lists if is_object(list_.item)), lists[0])
        return best, [f"the response has several lists ({', '.join(list_.path for list_ in lists)})"]
    doubts: list[str] = []
    if not lists[0].is_plain:
        doubts.append(f"its only list is within an object ({lists[0].path})")
    if lists[0].path in _ASIDE - {"messages"} and not path.endswith(lists[0].path):
        doubts.append(f"its only list is {lists[0].path}")
    return lists[0], doubts


def _other_responses(draft: Draft) -> list[str]:
    """Return why pages would take something away: they are JSON, and nothing else of the operation would be read."""
    if draft.flow is not None or draft.streams:
        return ["its response may be a stream"]
    if any(case.kind not in ("json", "none") or case.media for case in draft.cases):
        return ["pages are read as JSON alone, and it has other responses"]
    return []


def _candidates(operation: _Operation, root: Object) -> Iterator[_Candidate]:
    operation_declared = operation.draft.operation
    for extension in extensions_of(operation_declared, root, operation.view):
        key = join(operation_declared.key, extension.name)
        yield _Candidate(extension.name, "stated by it", key, extension.setting, extension.doubts)
    for rule in (_by_token, _by_url, _by_header, _by_last_id, _by_offset, _by_number):
        yield from rule(operation)


def _candidate(rule: str, style: str, parameter: Value, evidence: str, doubts: list[str], **more: Json) -> _Candidate:
    """A parameter that selects the page, and what a response has for it; what is None is left out."""
    setting: Object = {"style": style, style: parameter.path, "in": "body" if parameter.in_body else None, **more}
    setting = {key: value for key, value in setting.items() if value is not None}
    return _Candidate(rule, evidence, parameter.key, setting, doubts)


def _within_doubts(value: Value, *, is_placed: bool) -> list[str]:
    """Return why a value of a response may have another meaning: where it is, and its type."""
    doubts = [] if is_placed else [f"{value.path} is within an object of another kind"]
    return [*doubts, f"the type of {value.path} is not stated"] if value.kind == "any" else doubts


def _more(view: View) -> Object:
    more = view.first("boolean", names=_MORE)
    return {"more": more.path} if more is not None else {}


def _other_ways(view: View, parameter: Value) -> list[str]:
    """Return the doubt that a parameter selects the way of paging: a page then lacks what the other way needs."""
    counted = _counted(parameter)
    others = [
        value.path
        for value in view.sent
        if _counted(value) not in ("", counted)
        or (counted and value.kind in ("string", "any") and _name(value) in _CURSORS - {"token", "continue"})
    ]
    return [f"it can be paged by {others[0]}, too"] if others else []


# -- tokens


def _by_token(operation: _Operation) -> Iterator[_Candidate]:
    """A token in the response, or in a header of it, that a parameter takes."""
    view = operation.view
    candidates: list[_Candidate] = []
    for value in view.values:
        for parameter in view.sent:
            doubts = _relation(value, parameter, view)
            if doubts is None or value.kind not in ("string", "integer", "number", "any"):
                continue
            more: Object = {"next": value.path, **_more(view)}
            # A flag such as has_more states the last page, and numbers end at a list without items.
            if not _counted(parameter) and not more.get("more"):
                doubts += _endless(operation.draft, value, parameter)
            candidates.append(_token(view, parameter, more, doubts, f"{value.path} of a response", value.key))
    for header in view.headers.values():
        name = header.snake_name.removeprefix("x_")
        for parameter in view.sent:
            sent = _name(parameter)
            if name in (f"next_{sent}", f"next_page_{sent}") and sent in _CURSORS | _NUMBERS | _OFFSETS:
                more = {"header": header.path, **_more(view)}
                candidates.append(_token(view, parameter, more, [], f"the header {header.path}", header.key))
    # Certain ones first; the sort is stable, so that the document's order decides otherwise.
    yield from sorted(candidates, key=lambda candidate: bool(candidate.doubts))


def _token(view: View, parameter: Value, more: Object, doubts: list[str], where: str, key: str) -> _Candidate:
    counted = _counted(parameter)
    sent = f"{'member of the body' if parameter.in_body else 'parameter'} {parameter.path}"
    rule = "the token of the next page" if not counted else "the number of the next page"
    doubts += _other_ways(view, parameter)
    return replace(_candidate(rule, counted or "token", parameter, f"{where} is the {sent}", doubts, **more), key=key)


def _relation(value: Value, parameter: Value, view: View) -> list[str] | None:
    """Return why a response's value may not be the parameter of the next page; None if nothing suggests that it is."""
    name, last, counted = value.snake_name, value.last, bool(_counted(parameter))
    sent = _name(parameter)
    if sent not in _CURSORS | _OFFSETS | _NUMBERS | _AFTER:
        return None
    # Numbers are not sent as other texts, nor texts as numbers: `next_page` may be a URL.
    doubts = [] if _fits(value, parameter) else [f"{value.path} and {parameter.path} differ in type"]
    doubts += _within_doubts(value, is_placed=bool(bare(value)))
    following = re.search(r"(?:^|_)next_(?:results_)?(.+)$", name)
    # `next_cursor` for `cursor`, `next_page_token` for `token`: the name itself relates them.
    if following and following[1] in (sent, f"page_{sent}"):
        # An API key may be called a token.
        is_vague = parameter.last == "token" and not re.search("page|pagin|next|continu", parameter.text, re.IGNORECASE)
        return [*doubts, "the parameter token may be a credential"] if is_vague else doubts
    if following and following[1].rsplit("_", 1)[-1] == sent.rsplit("_", 1)[-1] in ("cursor", "token", "marker"):
        ending = sent.rsplit("_", 1)[-1]
        rivals = [value for value in view.sent if value.snake_name.rsplit("_", 1)[-1] == ending]
        return doubts if len(rivals) == 1 and sent != "token" else [*doubts, "several parameters are tokens"]
    # Services call both a token and a URL `next`: only the description distinguishes them.
    if last in ("next", "next_page") and not counted:
        is_token = _TOKEN_TEXT.search(value.text) and not _is_url(value)
        if value.kind == "string" and not _is_url(value):
            return doubts if is_token else [*doubts, f"{value.path} may be a URL"]
        return None
    if last == "next" and counted:
        return doubts if value.kind in ("integer", "number") else None
    if last == sent and sent in _CURSORS:
        if sent.startswith("next_") or sent in _OWN_NEXT or _OF_NEXT.search(value.text):
            return doubts
        return [*doubts, f"{value.path} may be the token of the same page"]
    is_last = last in _LAST_OF_PAGE or (last == "last" and value.kind == "string" and _TOKEN_TEXT.search(value.text))
    if is_last and sent in _AFTER:
        return doubts if _more(view) else [*doubts, "the document does not state what marks the last page"]
    return None


def _name(parameter: Value) -> str:
    """Return the words of a parameter without those of what it is in."""
    return parameter.last if parameter.in_body else re.sub("^(pagination|paging|page_info)_", "", parameter.snake_name)


def _counted(parameter: Value) -> str:
    """Return the style of a parameter that counts items or pages; empty for any other."""
    if parameter.kind not in ("integer", "number"):
        return ""
    name = _name(parameter)
    return "offset" if name in _OFFSETS else "page" if name in _NUMBERS else ""


def _fits(value: Value, parameter: Value) -> bool:
    numbers = ("integer", "number")
    return "any" in (value.kind, parameter.kind) or (value.kind in numbers) == (parameter.kind in numbers)


def _lists_changes(draft: Draft) -> bool:
    return not _CHANGES.isdisjoint(words_of(f"{draft.operation.path} {draft.operation.wish}").split("_"))


def _endless(draft: Draft, value: Value, parameter: Value) -> list[str]:
    """Return the doubt that a token never ends: those of changes lead to what happens later."""
    if _lists_changes(draft):
        return ["a list of changes may have no last page"]
    texts = f"{value.text} {parameter.text}"
    return (
        ["the document does not state what marks the last page"] if value.always and not _OF_END.search(texts) else []
    )


# -- URLs


def _by_url(operation: _Operation) -> Iterator[_Candidate]:
    """The URL of the next page in the response."""
    view = operation.view
    for value in view.values:
        names = value.path.split(".")
        is_link = len(names) > 1 and names[-2].lstrip("_") in ("links", "link") and value.last == "next"
        is_href = value.last in ("href", "url", "link") and len(names) > 1 and names[-2] in ("next", "next_page")
        named = bool(_URL_NAME.fullmatch(value.last))
        if value.kind not in ("string", "any") or not (
            named or is_link or is_href or value.last in ("next", "next_page")
        ):
            continue
        doubts = _within_doubts(value, is_placed=bool(bare(value)) or names[0] in ("_links", "links"))
        if not (named or is_link or is_href or _is_url(value)):
            doubts.append(f"{value.path} may be no URL")
        if _lists_changes(operation.draft):
            doubts.append("a list of changes may have no last page")
        doubts += _other_object(operation)
        base = ".".join([*names[:-1], "base"])
        if any(value.path == base for value in view.values):
            doubts.append(f"it may be relative to {base}")
        setting: Object = {"style": "continuation", "next": value.path, **_more(view)}
        yield _Candidate("the URL of the next page", f"{value.path} of a response", value.key, setting, doubts)


def _is_url(value: Value) -> bool:
    schema = value.schema
    samples = [schema.get("example"), schema.get("default"), *list_in(schema, "examples")]
    return (
        schema.get("format") in _URL_FORMATS
        or any(isinstance(sample, str) and re.match(r"https?://|/|\?", sample) for sample in samples)
        or (bool(_URL_TEXT.search(value.text)) and not _TOKEN_TEXT.search(value.text))
    )


def _by_header(operation: _Operation) -> Iterator[_Candidate]:
    """A Link header (RFC 8288)."""
    view = operation.view
    header = view.headers.get("link")
    if header is None:
        token = next((value for value in view.sent if _name(value) in _CURSORS - {"token", "after"}), None)
        if token is not None and not view.values:
            doubts = ["the document does not state where the next token is, often in a Link header"]
            yield _Candidate("a token", f"the parameter {token.path}", token.key, {"style": "link"}, doubts)
        return
    link_text = _link_description(operation.draft)
    takes_page = any(_name(value) in _NUMBERS | _OFFSETS | _CURSORS for value in view.sent)
    is_stated = _OF_LINKS.search(link_text) or (takes_page and not header.text)
    doubts = [] if is_stated else ["the document does not state what its links are"]
    doubts += _other_object(operation)
    yield _Candidate("the Link header", "responses have a Link header", header.key, {"style": "link"}, doubts)


def _link_description(draft: Draft) -> str:
    """Return what the document states of Link headers: description and examples."""
    descriptions = [
        header
        for response in object_in(draft.operation.data, "responses").values()
        for name, header in object_in(response, "headers").items()
        if name.lower() == "link"
    ]
    return json.dumps(descriptions, ensure_ascii=False)


def _other_object(operation: _Operation) -> list[str]:
    """Return the doubt that a URL leads to another object, such as the next chapter, and not to further items of a list."""
    view, (listing, _) = operation.view, _listing(operation)
    last = words_of(re.sub(r"\{[^}]*\}|\.json$", "", operation.draft.operation.path).rstrip("/").rpartition("/")[2])
    names = words_of(listing.path.rpartition(".")[2])
    is_list = (
        names in ("", *_ITEMS, last)
        or any(_name(value) in _LIMITS | _NUMBERS | _OFFSETS | _CURSORS for value in view.sent)
        or any(bare(value) in _TOTALS | {"count"} for value in view.values)
        or all(value.snake_name != value.last or value.last in _ASIDE_OF_LISTS for value in view.values)
    )
    return [] if is_list else [f"it may lead to another object with {listing.path}"]


# -- what else is counted or marked


def _by_last_id(operation: _Operation) -> Iterator[_Candidate]:
    """The id of the last item."""
    view, models = operation.view, operation.models
    names = {"starting_after", "after", "after_id"}
    parameter = next((value for value in view.sent if value.last in names and value.kind in ("string", "any")), None)
    if parameter is None:
        return
    listing, _ = _listing(operation)
    fields = models[listing.item.key].fields if isinstance(listing.item, Ref) else ()
    if not any(field.wire == "id" for field in fields):
        return
    more = _more(view)
    path = ".".join(filter(None, (listing.path, "-1", "id")))
    # An `after` may be a date, and `starting_after` a token that pages state.
    states_token = any(value.last in ("last", "first", "next", "cursor") for value in view.values)
    is_sure = parameter.last == "starting_after" and more and _IS_ID.search(parameter.text) and not states_token
    doubts = (
        _other_ways(view, parameter) if is_sure else [f"{parameter.path} may be another value than the last item's id"]
    )
    evidence = f"{parameter.path} and {more.get('more', 'items with an id')}"
    yield _candidate("the id of the last item", "token", parameter, evidence, doubts, next=path, **more)


def _by_offset(operation: _Operation) -> Iterator[_Candidate]:
    """An offset, beside the number of all items."""
    view = operation.view
    parameter = next((value for value in view.sent if _counted(value) == "offset"), None)
    # SCIM's startIndex counts from 1, beside totalResults (RFC 7644, 3.4.2.4).
    is_scim = parameter is None
    if parameter is None:
        parameter = next(
            (value for value in view.sent if value.snake_name == "start_index" and value.kind in ("integer", "number")),
            None,
        )
        if parameter is None or not any(value.path == "totalResults" for value in view.values):
            return
    total = view.first("integer", "number", names=_TOTALS)
    more = _more(view)
    doubts: list[str] = []
    if total is None and not more:
        doubts.append("the number of all items is not stated")
    elif total is not None and _OF_PAGE.search(total.text):
        doubts.append(f"{total.path} may be the number of items of the page")
    if not any(value.snake_name in _LIMITS for value in view.sent):
        doubts.append("it has no parameter with the length of a page")
    start = parameter.schema.get("default", parameter.schema.get("minimum", 1 if is_scim else 0))
    if start != (1 if is_scim else 0):
        doubts.append(f"{parameter.path} begins with {start}")
    if _COUNTS_PAGES.search(parameter.text):
        doubts.append(f"{parameter.path} may count pages")
    more |= {"total": total.path if total is not None else None, "first": 1 if is_scim else None}
    evidence = f"{parameter.path} beside {more['total'] or more.get('more', 'a list')}"
    yield _candidate("an offset", "offset", parameter, evidence, doubts + _other_ways(view, parameter), **more)


def _by_number(operation: _Operation) -> Iterator[_Candidate]:
    """A page's number, beside the number of all pages or the mark of the last one."""
    view = operation.view
    parameter = next((value for value in view.sent if _counted(value) == "page"), None)
    if parameter is None:
        return
    pages, more = view.first("integer", "number", names=_PAGES), _more(view)
    doubts: list[str] = []
    if pages is None and not more:
        doubts.append("the number of all pages is not stated")
    first = parameter.schema.get("default", parameter.schema.get("minimum"))
    # A wrong first page loses or repeats items, so it is never assumed.
    if first not in (0, 1) or isinstance(first, bool):
        doubts.append("the number of the first page is not stated")
        first = None
    if pages is not None and _OF_PAGE.search(pages.text):
        doubts.append(f"{pages.path} may be the number of items of the page")
    if pages is not None and pages.last == "pages" and not any(value.snake_name in _LIMITS for value in view.sent):
        doubts.append(f"{pages.path} may be those of a book")
    if first == 0 and pages is not None and pages.last == "last_page":
        doubts.append(f"{pages.path} may be the number of the last page")
    more |= {"pages": pages.path if pages is not None else None, "first": 0 if first == 0 else None}
    evidence = f"{parameter.path} beside {more['pages'] or more.get('more', 'a list')}"
    yield _candidate("a page's number", "page", parameter, evidence, doubts + _other_ways(view, parameter), **more)
