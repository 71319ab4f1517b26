"""Paging that documents state in their own ways: what is recognised, what is only suggested, and why."""

from typing import Any

import pytest
from omicsdk_codegen.declarations import declared_operations
from omicsdk_codegen.document import Document
from omicsdk_codegen.drafts import Drafter
from omicsdk_codegen.faults import Fault, Report
from omicsdk_codegen.normalise import Normaliser
from omicsdk_codegen.operations import Draft
from omicsdk_codegen.source import Places

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
FLAG: dict[str, Any] = {"type": "boolean"}
URL: dict[str, Any] = {"type": "string", "format": "uri"}
ITEM: dict[str, Any] = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
LIST: dict[str, Any] = {"type": "array", "items": ITEM}


def obj(**properties: Any) -> dict[str, Any]:
    """An object all of whose members are required, but those that may be null."""
    required = [
        name
        for name, schema in properties.items()
        if not schema.get("nullable") and "null" not in schema.get("type", "")
    ]
    return {"type": "object", "properties": properties, "required": required}


def null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


class Drafted:
    """An operation of a small document."""

    def __init__(
        self,
        page: dict[str, Any],
        parameters: dict[str, dict[str, Any]] | None = None,
        *,
        body: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        path: str = "/samples",
        root: dict[str, Any] | None = None,
        content: dict[str, Any] | None = None,
        **members: Any,
    ) -> None:
        sent = [
            {
                "name": name,
                "in": "query",
                "schema": schema,
                **({"description": schema["description"]} if "description" in schema else {}),
            }
            for name, schema in (parameters or {}).items()
        ]
        response = {
            "description": "",
            "headers": headers or {},
            "content": {"application/json": {"schema": page}, **(content or {})},
        }
        operation: dict[str, Any] = {"parameters": sent, "responses": {"200": response}, **members}
        if body is not None:
            operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
        data: Any = {"paths": {path: {"get" if body is None else "post": operation}}, **(root or {})}
        document = Document(data, "document.yaml", Places())
        self.report, self.faults = Report(), list[Fault]()
        drafter = Drafter(document, Normaliser(document, self.report), self.report, self.faults)
        self.draft: Draft = drafter.draft(next(declared_operations(data)), "list_samples")
        self.recognition = self.draft.recognition

    def shown(self) -> str:
        """The setting that is certain, or why a suggestion is not."""
        if self.recognition is None:
            return "nothing"
        words = " ".join(f"{key}={value}" for key, value in self.recognition.setting.items())
        assert self.recognition.certain == (self.draft.pages is not None)
        return words if self.recognition.certain else f"? {words} {self.recognition.reason}"


NEXT = null({"type": "string", "description": "Absent from the last page."})


@pytest.mark.parametrize(
    ("page", "parameters", "shown"),
    [
        # A token of the response that a parameter takes.
        (obj(items=LIST, next_cursor=NEXT), {"cursor": TEXT}, "style=token token=cursor next=next_cursor items=items"),
        (obj(files=LIST, nextPageToken=NEXT), {"pageToken": TEXT}, "style=token token=pageToken next=nextPageToken items=files"),
        (obj(items=LIST, NextToken=NEXT), {"NextToken": TEXT}, "style=token token=NextToken next=NextToken items=items"),
        (obj(items=LIST, metadata=obj(**{"continue": NEXT})), {"continue": TEXT}, "style=token token=continue next=metadata.continue items=items"),
        (obj(entries=LIST, next_marker=NEXT), {"marker": TEXT}, "style=token token=marker next=next_marker items=entries"),
        (obj(results=LIST, paging=null(obj(next=null(obj(after=TEXT))))), {"after": TEXT}, "style=token token=after next=paging.next.after items=results"),
        (obj(channels=LIST, response_metadata=obj(next_cursor=NEXT)), {"cursor": TEXT}, "style=token token=cursor next=response_metadata.next_cursor items=channels"),
        (obj(data=LIST, next_page=null(obj(offset=TEXT, path=TEXT))), {"offset": TEXT}, "style=token token=offset next=next_page.offset items=data"),
        (obj(data=LIST, last_id=TEXT, has_more=FLAG), {"after": TEXT}, "style=token token=after next=last_id more=has_more items=data"),
        (obj(data=LIST, meta=obj(next_token=NEXT)), {"pagination_token": TEXT}, "style=token token=pagination_token next=meta.next_token items=data"),
        ({"type": "object", "properties": {"items": LIST, "nextPageToken": TEXT}}, {"pageToken": TEXT}, "style=token token=pageToken next=nextPageToken items=items?"),
        (obj(objects=LIST, cursor={**NEXT, "description": "Use it in a subsequent request."}), {"cursor": TEXT}, "style=token token=cursor next=cursor items=objects"),
        (obj(data=LIST, last={**TEXT, "description": "The cursor of the last item."}, more=FLAG), {"starting_after": TEXT}, "style=token token=starting_after next=last more=more items=data"),
        (obj(items=LIST, next_page=null({**TEXT, "description": "Cursor of the next page."})), {"cursor": TEXT}, "style=token token=cursor next=next_page items=items"),
        (obj(results=LIST, next_cursor=null(TEXT), has_more=FLAG), {"start_cursor": TEXT}, "style=token token=start_cursor next=next_cursor more=has_more items=results"),
        # Numbers of pages and offsets.
        (obj(data=LIST, meta=obj(pagination=obj(pageCount=NUMBER, total=NUMBER))), {"pagination[page]": {**NUMBER, "default": 1}}, "style=page page=pagination[page] pages=meta.pagination.pageCount items=data"),
        (obj(results=LIST, pagination=obj(next={"type": "number"}, current=NUMBER)), {"page": NUMBER}, "style=page page=page next=pagination.next items=results"),
        (obj(results=LIST, next_offset=null(NUMBER)), {"offset": NUMBER}, "style=offset offset=offset next=next_offset items=results"),
        (obj(results=LIST, total_count=NUMBER), {"offset": NUMBER, "limit": NUMBER}, "style=offset offset=offset total=total_count items=results"),
        (obj(issues=LIST, startAt=NUMBER, maxResults=NUMBER, total=NUMBER), {"startAt": NUMBER, "maxResults": NUMBER}, "style=offset offset=startAt total=total items=issues"),
        (obj(users=LIST, more=FLAG, total=null(NUMBER)), {"offset": NUMBER, "limit": NUMBER}, "style=offset offset=offset more=more total=total items=users"),
        (obj(Resources=LIST, totalResults=NUMBER, itemsPerPage=NUMBER), {"startIndex": NUMBER, "count": NUMBER}, "style=offset offset=startIndex first=1 total=totalResults items=Resources"),
        (obj(data=LIST, meta=obj(total_pages=NUMBER)), {"page": {**NUMBER, "default": 1}, "per_page": NUMBER}, "style=page page=page pages=meta.total_pages items=data"),
        (obj(content=LIST, totalPages=NUMBER), {"page": {**NUMBER, "default": 0}, "size": NUMBER}, "style=page page=page first=0 pages=totalPages items=content"),
        (obj(data=LIST, has_next=FLAG), {"page": {**NUMBER, "minimum": 1}}, "style=page page=page more=has_next items=data"),
        # URLs.
        (obj(count=NUMBER, next=null(URL), previous=null(URL), results=LIST), {"limit": NUMBER, "offset": NUMBER}, "style=continuation next=next items=results"),
        (obj(value=LIST, nextLink=NEXT), {}, "style=continuation next=nextLink items=value"),
        (obj(value=LIST, **{"@odata.nextLink": NEXT}), {}, "style=continuation next=@odata.nextLink items=value"),
        (obj(items=LIST, _links=obj(next=obj(href=TEXT))), {}, "style=continuation next=_links.next.href items=items"),
        (obj(data=LIST, links=obj(next=NEXT)), {}, "style=continuation next=links.next items=data"),
        (obj(tickets=LIST, next_page=null({**TEXT, "example": "https://a.example/tickets?page=2"})), {"page": NUMBER}, "style=continuation next=next_page items=tickets"),
        # The id of the last item.
        (obj(data=LIST, has_more=FLAG), {"starting_after": {**TEXT, "description": "An object ID that defines your place."}}, "style=token token=starting_after next=data.-1.id more=has_more items=data"),
        # Lists in objects, and beside what is no item.
        (obj(data=obj(items=LIST, next_cursor=NEXT)), {"cursor": TEXT}, "style=token token=cursor next=data.next_cursor items=data.items"),
        (obj(schemas={"type": "array", "items": TEXT}, Resources=LIST, totalResults=NUMBER), {"startIndex": NUMBER, "count": NUMBER}, "style=offset offset=startIndex first=1 total=totalResults items=Resources"),
        (obj(data=LIST, errors={"type": "array", "items": TEXT}, next_cursor=NEXT), {"cursor": TEXT}, "style=token token=cursor next=next_cursor items=data"),
    ],
)  # fmt: skip
def test_what_is_certain_is_recognised(page: dict[str, Any], parameters: dict[str, Any], shown: str) -> None:
    drafted = Drafted(page, parameters)
    assert drafted.shown() == shown
    assert not drafted.faults
    assert [(note.kind, note.certain) for note in drafted.report.notes] == [("recognition", True)]


@pytest.mark.parametrize(
    ("page", "parameters", "doubt"),
    [
        (obj(samples=LIST, files=LIST, next_cursor=NEXT), {"cursor": TEXT}, "several lists (samples, files)"),
        (obj(items=LIST, next_cursor=TEXT), {"cursor": TEXT}, "does not state what marks the last page"),
        (obj(items=LIST, cursor=NEXT), {"cursor": TEXT}, "cursor may be the token of the same page"),
        (obj(items=LIST, next_token=NEXT), {"token": TEXT}, "the parameter token may be a credential"),
        (obj(items=LIST, next_cursor=NEXT), {"cursor": NUMBER}, "differ in type"),
        (obj(items=LIST, next_cursor={}), {"cursor": TEXT}, "the type of next_cursor is not stated"),
        (obj(items=LIST, next_marker=NEXT), {"marker": TEXT, "offset": NUMBER}, "it can be paged by offset, too"),
        (obj(items=LIST, total=NUMBER), {"cursor": TEXT, "offset": NUMBER, "limit": NUMBER}, "it can be paged by cursor, too"),
        (obj(items=LIST, next=NEXT), {"cursor": TEXT}, "next may be a URL"),
        (obj(items=LIST, next=NEXT), {}, "next may be no URL"),
        (obj(items=LIST), {"offset": NUMBER, "limit": NUMBER}, "the number of all items is not stated"),
        (obj(items=LIST, total={**NUMBER, "description": "Items in this page."}), {"offset": NUMBER, "limit": NUMBER}, "the number of items of the page"),
        (obj(items=LIST, total=NUMBER), {"offset": NUMBER}, "no parameter with the length of a page"),
        (obj(items=LIST, total=NUMBER), {"offset": {**NUMBER, "description": "Page number."}, "limit": NUMBER}, "offset may count pages"),
        (obj(items=LIST, total=NUMBER), {"offset": {**NUMBER, "default": 1}, "limit": NUMBER}, "offset begins with 1"),
        (obj(items=LIST, total_pages=NUMBER), {"page": NUMBER}, "the number of the first page is not stated"),
        (obj(items=LIST, total=NUMBER), {"page": {**NUMBER, "default": 1}}, "the number of all pages is not stated"),
        (LIST, {"cursor": TEXT}, "the document does not state where the next token is, often in a Link header"),
        (LIST, {"after": TEXT, "limit": NUMBER}, "after may be another value than the last item's id"),
        (obj(data=LIST, has_more=FLAG, last=TEXT), {"starting_after": {**TEXT, "description": "An object ID."}}, "may be another value"),
        (obj(data=LIST, last_id=TEXT), {"after": TEXT}, "does not state what marks the last page"),
        (obj(links=LIST, next_cursor=NEXT), {"cursor": TEXT}, "its only list is links"),
        (obj(results=LIST, _links=obj(base=TEXT, next=NEXT)), {}, "it may be relative to _links.base"),
        (obj(title=TEXT, tags={"type": "array", "items": TEXT}, next=null(URL)), {}, "it may lead to another object with tags"),
        (obj(title=TEXT, notes=LIST, pages=NUMBER), {"page": {**NUMBER, "default": 1}}, "pages may be those of a book"),
        (obj(odd=obj(items=LIST, next_cursor=NEXT)), {"cursor": TEXT}, "within an object"),
    ],
)  # fmt: skip
def test_what_is_uncertain_is_suggested_with_its_doubt(
    page: dict[str, Any], parameters: dict[str, Any], doubt: str
) -> None:
    drafted = Drafted(page, parameters)
    shown = drafted.shown()
    assert shown.startswith("? "), shown
    assert doubt in shown
    assert [(note.kind, note.certain) for note in drafted.report.notes if note.kind != "untyped"] == [
        ("suggestion", False)
    ]
    assert drafted.recognition is not None
    accepted = Drafted(page, parameters, **{"x-omics-pagination": drafted.recognition.setting})
    assert accepted.draft.pages is not None, "what is suggested can be stated"
    assert not accepted.faults


@pytest.mark.parametrize(
    ("page", "parameters", "members"),
    [
        (obj(items=LIST), {"q": TEXT}, {}),
        (obj(name=TEXT), {"cursor": TEXT}, {}),
        (ITEM, {"page": NUMBER, "total_pages": NUMBER}, {}),
        (obj(items=LIST, next_sync_token=NEXT), {"sync_token": TEXT}, {}),
        (obj(entries=LIST, next_stream_position=NUMBER), {"stream_position": TEXT}, {}),
        (obj(items=LIST, previous=null(URL)), {}, {}),
        (obj(value=LIST, nextLink=NEXT), {}, {"x-ms-pageable": {"nextLinkName": None}}),
        (obj(items=LIST, next_cursor=NEXT), {"cursor": TEXT}, {"x-omics-pagination": False}),
    ],
)
def test_what_is_no_paging_is_nothing(
    page: dict[str, Any], parameters: dict[str, Any], members: dict[str, Any]
) -> None:
    drafted = Drafted(page, parameters, **members)
    assert drafted.shown() == "nothing"
    assert drafted.draft.pages is None
    assert not drafted.report.notes
    assert not drafted.faults


def test_a_list_of_changes_has_no_last_page() -> None:
    drafted = Drafted(obj(items=LIST, next_cursor=NEXT), {"cursor": TEXT}, path="/changes")
    assert "a list of changes may have no last page" in drafted.shown()


def test_nothing_is_taken_away_by_recognition() -> None:
    page = obj(items=LIST, next_cursor=NEXT)
    drafted = Drafted(page, {"cursor": TEXT}, content={"text/csv": {"schema": TEXT}})
    assert "it has other responses" in drafted.shown()
    drafted = Drafted(page, {"cursor": TEXT}, content={"application/jsonl": {"schema": ITEM}})
    assert "its response may be a stream" in drafted.shown()
    page, pageable = obj(value=LIST, nextLink=NEXT), {"nextLinkName": "nextLink", "operationName": "List_Next"}
    assert "those of another operation" in Drafted(page, **{"x-ms-pageable": pageable}).shown()


def test_a_search_is_paged_by_its_body() -> None:
    page = obj(data=LIST, pages=obj(next=null(obj(starting_after=TEXT))))
    body = obj(query=TEXT, pagination=obj(per_page=NUMBER, starting_after=TEXT))
    drafted = Drafted(page, body=body)
    assert (
        drafted.shown()
        == "style=token in=body token=pagination.starting_after next=pages.next.starting_after items=data"
    )
    drafted = Drafted(obj(hits=LIST, total=NUMBER), body=obj(offset=NUMBER, limit=NUMBER))
    assert drafted.shown() == "style=offset in=body offset=offset total=total items=hits"


@pytest.mark.parametrize(
    ("header", "parameters", "shown"),
    [
        ({"schema": TEXT, "description": 'Pages: <...>; rel="next".'}, {}, "style=link items="),
        ({"schema": {**TEXT, "example": '<https://a.example?page=2>; rel="next"'}}, {}, "style=link items="),
        ({"schema": TEXT}, {"page": NUMBER}, "style=link items="),
        ({"schema": TEXT, "example": '<https://a.example?page=2>; rel="next"'}, {}, "style=link items="),
        ({"schema": TEXT}, {}, "? style=link items= uncertain: the document does not state what its links are"),
        (
            {"schema": TEXT, "description": "The manual."},
            {"page": NUMBER},
            "? style=link items= uncertain: the document does not",
        ),
    ],
)
def test_link_headers(header: dict[str, Any], parameters: dict[str, Any], shown: str) -> None:
    assert Drafted(LIST, parameters, headers={"Link": header}).shown().startswith(shown)


def test_the_header_with_the_next_token() -> None:
    drafted = Drafted(LIST, {"page": NUMBER}, headers={"X-Next-Page": {"schema": TEXT}})
    assert drafted.shown() == "style=page page=page header=X-Next-Page items="
    drafted = Drafted(LIST, {"cursor": TEXT}, headers={"X-Next-Cursor": {"schema": TEXT}})
    assert drafted.shown() == "style=token token=cursor header=X-Next-Cursor items="


SPEAKEASY = "x-speakeasy-pagination"
FERN = "x-fern-pagination"
PAGE = obj(data=obj(rows=LIST), meta=obj(pages=NUMBER, cursor=TEXT, url=TEXT, more=FLAG))
SENT = {"n": NUMBER, "skip_rows": NUMBER, "at": TEXT}


def speakeasy(kind: str, inputs: dict[str, str], place: str = "parameters", **outputs: str) -> dict[str, Any]:
    sources = [{"name": name, "in": place, "type": kind} for kind, name in inputs.items()]
    return {SPEAKEASY: {"type": kind, "inputs": sources, "outputs": outputs}}


ROWS = "$.data.rows"


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        (speakeasy("offsetLimit", {"page": "n"}, results=ROWS, numPages="$.meta.pages"), "style=page page=n pages=meta.pages items=data.rows"),
        (speakeasy("offsetLimit", {"offset": "skip_rows", "limit": "n"}, results=ROWS), "style=offset offset=skip_rows limit=n items=data.rows"),
        (speakeasy("cursor", {"cursor": "at"}, results=ROWS, nextCursor="$.meta.cursor"), "style=token token=at next=meta.cursor items=data.rows"),
        (speakeasy("cursor", {"cursor": "at"}, results=ROWS, nextCursor="$.data.rows[(@.length-1)].id"), "style=token token=at next=data.rows.-1.id items=data.rows"),
        (speakeasy("cursor", {"cursor": "at"}, results=ROWS, nextCursor="$['meta']['cursor']"), "style=token token=at next=meta.cursor items=data.rows"),
        (speakeasy("url", {}, results=ROWS, nextUrl="$.meta.url"), "style=continuation next=meta.url items=data.rows"),
        (speakeasy("url", {}, nextUrl="$.meta.url"), "style=continuation next=meta.url items=data.rows"),
        (speakeasy("cursor", {"cursor": "gone"}, results=ROWS, nextCursor="$.meta.cursor"), "nothing"),
        (speakeasy("spiral", {}), "nothing"),
        ({FERN: {"cursor": "$request.at", "next_cursor": "$response.meta.cursor", "results": "$response.data.rows"}}, "style=token token=at next=meta.cursor items=data.rows"),
        ({FERN: {"offset": "$request.n", "results": "$response.data.rows", "has-next-page": "$response.meta.more"}}, "style=page page=n more=meta.more items=data.rows"),
        ({FERN: {"offset": "$request.skip_rows", "step": "$request.n", "results": "$response.data.rows"}}, "style=offset offset=skip_rows limit=n items=data.rows"),
        ({FERN: {"next_uri": "$response.meta.url", "results": "$response.data.rows"}}, "style=continuation next=meta.url items=data.rows"),
        ({FERN: {"type": "custom", "results": "$response.data.rows"}}, "nothing"),
        ({"x-ms-pageable": {"nextLinkName": "nextLink", "itemName": "data.rows"}}, "style=continuation next=nextLink items=data.rows"),
        ({"x-ms-pageable": {"nextLinkName": "nextLink"}}, "nothing"),  # no list is called value
    ],
)  # fmt: skip
def test_extensions_of_other_generators(members: dict[str, Any], shown: str) -> None:
    assert Drafted(PAGE, SENT, **members).shown() == shown


def test_an_extension_that_cannot_be_followed_is_reported() -> None:
    extension = speakeasy("cursor", {"cursor": "gone"}, results=ROWS, nextCursor="$.meta.cursor")
    assert [(note.kind, note.before, note.after) for note in Drafted(PAGE, SENT, **extension).report.notes] == [
        ("omission", SPEAKEASY, "not followed: the operation has no query parameter 'gone'")
    ]


def test_an_extension_without_a_list_is_reported() -> None:
    drafted = Drafted(obj(name=TEXT), SENT, **speakeasy("url", {}, nextUrl="$.next"))
    assert [(note.kind, note.before) for note in drafted.report.notes] == [("omission", SPEAKEASY)]


def test_extensions_place_cursors_in_bodies_and_common_settings_at_the_top() -> None:
    drafted = Drafted(
        PAGE,
        body=obj(at=TEXT),
        **speakeasy("cursor", {"cursor": "at"}, "requestBody", results=ROWS, nextCursor="$.meta.cursor"),
    )
    assert drafted.shown() == "style=token in=body token=at next=meta.cursor items=data.rows"
    common = {"cursor": "$request.at", "next_cursor": "$response.meta.cursor", "results": "$response.data.rows"}
    drafted = Drafted(PAGE, SENT, root={FERN: common}, **{FERN: True})
    assert drafted.shown() == "style=token token=at next=meta.cursor items=data.rows"
    assert drafted.recognition is not None
    assert (drafted.recognition.rule, drafted.recognition.key) == (FERN, "/paths/~1samples/get/x-fern-pagination")


def test_an_input_without_a_type_has_that_of_its_name() -> None:
    extension = {
        SPEAKEASY: {
            "type": "cursor",
            "inputs": [{"name": "cursor", "in": "query"}],
            "outputs": {"nextCursor": "$.meta.cursor", "results": ROWS},
        }
    }
    assert (
        Drafted(PAGE, {"cursor": TEXT}, **extension).shown()
        == "style=token token=cursor next=meta.cursor items=data.rows"
    )


def test_an_extension_begins_with_the_pages_that_the_document_states() -> None:
    extension = speakeasy("offsetLimit", {"page": "n"}, results=ROWS)
    assert (
        Drafted(PAGE, {"n": {**NUMBER, "default": 0}}, **extension).shown()
        == "style=page page=n first=0 items=data.rows"
    )


def test_a_note_names_the_evidence() -> None:
    (note,) = Drafted(obj(items=LIST, next_cursor=NEXT), {"cursor": TEXT}).report.notes
    assert (note.kind, note.before) == ("recognition", "GET /samples by the token of the next page")
    assert note.after == (
        "paged: style token, token cursor, next next_cursor, items items; next_cursor of a response is the parameter cursor (document.yaml)"
    )
