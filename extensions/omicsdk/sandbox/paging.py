"""Pages as the platforms of the Human Cell Atlas send them: 206 and a Link while there is more, 200 at the end."""

from collections.abc import Mapping

from omicsdk.sandbox.service import Call, Reply


def page(call: Call, body: Mapping[str, object], key: str, next_page: Mapping[str, str | int] | None) -> Reply:
    """Makes the answer of one page.

    Args:
        call: The request.
        body: The page.
        key: Where the page's items stand in the body; dots lead into nested objects.
        next_page: The query parameters that lead to the next page; None on the last one.

    Returns:
        The answer with its paging headers.
    """
    # The published client reads the key on the last page too.
    if next_page is None:
        return Reply(body, 200, {"X-OpenAPI-Pagination": "false", "X-OpenAPI-Paginated-Content-Key": key})
    return Reply(
        body,
        206,
        {
            "Link": f'<{call.url(**next_page)}>; rel="next"',
            "X-OpenAPI-Pagination": "true",
            "X-OpenAPI-Paginated-Content-Key": key,
        },
    )
