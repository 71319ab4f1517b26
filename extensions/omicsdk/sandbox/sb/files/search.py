"""The operation that finds files by a query."""

from omicsdk.sandbox.sb.files.continuation import read_token, write_token
from omicsdk.sandbox.sb.files.search_language import SearchSyntax, read_search
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.problems import bad
from omicsdk.sandbox.sb.requests.paging import LONGEST, window
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import Call, Reply


def search_files(sb: Sb, call: Call) -> Reply:
    """POST /files/search."""
    query: str = call.body["query"]
    try:
        search = read_search(query)
    except SearchSyntax as error:
        raise bad(f"The query can't be read: {error}") from error
    for project in search.projects:
        sb.project(call, project, "read")
    records = sb.work.files.of_projects(search.projects or sb.projects_of(sb.user(call)))
    found = [shown for record in records if search.test(shown := {"tags": [], **file_json(call, record)})]
    token: str = call.arguments.get("cont_token") or search.token
    offset = read_token(token, search.asked) if token else 0
    after = offset + min(window(call)[1], search.limit or LONGEST)
    body = {"count": len(found), "result_set": found[offset:after]}
    return Reply({**body, "cont_token": write_token(after, search.asked)} if after < len(found) else body)
