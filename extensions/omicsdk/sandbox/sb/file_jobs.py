"""Many files at once: jobs that continue after the request by the sandbox's clock, imports by DRS URI, and the search by a query.

Jobs copy, move and delete. A query is in the platform's language as far as the sandbox speaks it:
`IN "owner/project"` states where; `name = "a.fq"`, `metadata.sample_id != "s1"`, `tag = "x"`, `size >= 10`,
`name LIKE "%.bam"` and `type IN ("file", "folder")` are conditions; `LIMIT 10` and `TOKEN "..."` at the end, how many and from
where on; AND, OR, NOT and brackets join them, and WHERE is another word for the AND after IN. Words are read in any case. The
platform's own language is not published; this is what its published client's examples need, and a little more.
"""

import operator
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from omicsdk.sandbox.sb import files
from omicsdk.sandbox.sb.problems import bad, refuse
from omicsdk.sandbox.sb.responses import LONGEST, page, read_token, shown, when, when_known, window, write_token
from omicsdk.sandbox.sb.state import Due, Sb, filled, new_id, record_of
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each
from omicsdk.sandbox.validation import whole_number

# -- jobs

_FILES, _DRS = "file-job", "drs-import"
_STAGES = ("SUBMITTED", "RESOLVING", "RUNNING", "FINISHED")


def _kind(job: JsonObject) -> str:
    return _DRS if job["type"] == "DRS" else _FILES


def _submit(sb: Sb, call: Call, job: JsonObject) -> JsonObject:
    user, now = sb.user(call), sb.now()
    job |= {"state": _STAGES[0], "user": user, "results": [], "started": now, "finished": None}
    # The newest comes first in lists.
    sb.documents.put(_kind(job), job["id"], job, group=user, rank=-now)
    _schedule(sb, job, now)
    return job


def _schedule(sb: Sb, job: JsonObject, at: float) -> None:
    stage = sb.number("transfer_seconds") / 2
    if job["type"] != "DRS":
        stage = sb.number("file_job_seconds") / (len(_STAGES) - 1)
    sb.jobs.schedule(_kind(job), job["id"], at + stage)


def _advance(sb: Sb, job: JsonObject, at: float) -> None:
    """Take a job to its next stage; the last stage applies its effect."""
    job["state"] = _STAGES[_STAGES.index(job["state"]) + 1]
    if job["state"] == "RUNNING" and job["type"] != "DRS":
        job["total"] = sum(_count(sb, item) for item in job["items"])
    if job["state"] == "FINISHED":
        job["results"] = [record_of(sb, partial(_WORK[job["type"]], sb, job), item) for item in job["items"]]
        job["finished"] = at
    else:
        _schedule(sb, job, at)
    sb.documents.put(_kind(job), job["id"], job)


DUE = {kind: Due(kind, _STAGES[:-1], _advance) for kind in (_FILES, _DRS)}


def _count(sb: Sb, item: JsonObject) -> int:
    found = sb.work.files.get(item["file"])
    item["files"] = max(0 if found is None else sum(1 for _ in files.files_in(sb, found)), 1)
    return item["files"]


def _copy(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    record = sb.file(job["user"], item["file"], "copy")
    return files.copy_tree(sb, record, files.destination(sb, job["user"], item), item.get("name")).id


def _move(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    record = sb.file(job["user"], item["file"], "write")
    return files.move(sb, record, files.destination(sb, job["user"], item), item.get("name")).id


def _delete(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> None:
    files.remove_tree(sb, sb.file(job["user"], item["file"], "write"))


def _import(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    folder = files.destination(sb, job["user"], item)
    found = _resolved(sb, job["user"], item["drs_uri"])
    name = files.check_name(item.get("name") or found["name"])
    fields: JsonObject = {each: found[each] for each in ("size", "blob", "volume", "location")}
    fields |= {"metadata": {**found["metadata"], **(item.get("metadata") or {})}, "tags": list(job["tags"])}
    there = sb.work.files.child(folder.id, name)
    if there is None:
        return sb.work.files.add(project=folder.project, parent=folder.id, name=name, **fields).id
    if there.type != "file":
        raise refuse(409, 5003, f"There is a folder {name} already")
    if job["conflict_resolution"] == "OVERWRITE":
        sb.work.files.change(there.id, **fields)
    return there.id


def _resolved(sb: Sb, user: str, uri: str) -> JsonObject:
    """The DRS object of a URI that was added to the sandbox, or a file of the platform itself."""
    parts = urlsplit(uri)
    if parts.scheme != "drs" or not parts.netloc:
        raise bad(f"{uri!r} is no DRS URI: one is drs://host/id or drs://prefix:id")
    known = sb.documents.get("drs-object", uri)
    if known is not None:
        return known
    record = sb.work.files.get(parts.path.strip("/"))
    if record is None or record.type != "file" or not sb.may_copy(user, record):
        raise refuse(404, 9105, f"{uri} cannot be resolved: the sandbox has no such object")
    return {name: getattr(record, name) for name in ("name", "size", "blob", "volume", "location", "metadata")}


_WORK: Mapping[str, Callable[[Sb, JsonObject, Mapping[str, Any]], str | None]] = {
    "COPY": _copy,
    "MOVE": _move,
    "DELETE": _delete,
    "DRS": _import,
}


# -- operations of jobs on files


def _start(sb: Sb, call: Call, type: str) -> Reply:
    if not call.body["items"]:
        raise bad("The job has no items: name the files")
    job: JsonObject = {"id": new_id(), "type": type, "items": call.body["items"], "total": None}
    return Reply(_shown(call, _submit(sb, call, job)))


def list_file_jobs(sb: Sb, call: Call) -> Reply:
    """GET /async/files."""
    jobs = sb.documents.listed(_FILES, sb.user(call), *window(call))
    return page(call, [_shown(call, job) for job in jobs], sb.documents.count(_FILES, sb.user(call)))


def _get(sb: Sb, call: Call, type: str) -> Reply:
    job = sb.documents.found(_FILES, call.arguments["job_id"], type=type, user=sb.user(call))
    return Reply({**_shown(call, job), "result": _results(sb, call, job)})


def _results(sb: Sb, call: Call, job: JsonObject) -> list[JsonObject]:
    return [{**each, "resource": files.file_known(sb, call, each["resource"])} for each in job["results"]]


def _view(job: JsonObject) -> JsonObject:
    """The fields of jobs of both kinds."""
    times = {"started_on": when(job["started"]), "finished_on": when_known(job["finished"])}
    return {"id": job["id"], "state": job["state"], **times}


def _shown(call: Call, job: JsonObject) -> JsonObject:
    done = [(item.get("files", 1), result["error"]) for item, result in zip(job["items"], job["results"], strict=False)]
    fields: JsonObject = {
        **_view(job),
        "type": job["type"],
        "result": [],
        "total_files": job["total"],
        "failed_files": sum(count for count, error in done if error),
        "completed_files": sum(count for count, error in done if not error),
    }
    return shown(call, fields, "async", "files", job["type"].lower(), job["id"])


HANDLERS = for_each(
    {"copy": "COPY", "move": "MOVE", "delete": "DELETE"}, {"start_file_{}_job": _start, "get_file_{}_job": _get}
)


# -- operations of imports by DRS URI


def bulk_create_drs_imports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/drs/imports/create."""
    if not call.body["items"]:
        raise bad("There is nothing to import: items is empty")
    job: JsonObject = {"id": secrets.token_hex(16), "type": "DRS", **filled(call.body, items=[], tags=[])}
    job["conflict_resolution"] = call.body.get("conflict_resolution", "SKIP")
    return Reply(_shown_drs(sb, call, _submit(sb, call, job)))


def get_drs_imports(sb: Sb, call: Call) -> Reply:
    """GET /bulk/drs/imports/{job_id}."""
    job = sb.documents.found(_DRS, call.arguments["job_id"], user=sb.user(call))
    return Reply(_shown_drs(sb, call, job))


def _shown_drs(sb: Sb, call: Call, job: JsonObject) -> JsonObject:
    fields = {**_view(job), "result": _results(sb, call, job)}
    return shown(call, fields, "bulk", "drs", "imports", job["id"])


# -- search

_Facts = Mapping[str, Any]
_Test = Callable[[_Facts], bool]
_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|(<=|>=|!=|<>|[=<>(),]|[^\s=<>!(),"\']+))')
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NO_VALUES = {"", "(", ")", ",", "and", "or", "not", "in", "like", "where", "limit", "token", *_SIGNS}
_DEEPEST = 50


def search_files(sb: Sb, call: Call) -> Reply:
    """POST /files/search."""
    try:
        search = _Search(call.body["query"])
    except _SearchSyntax as error:
        raise bad(f"The query can't be read: {error}") from error
    for project in search.projects:
        sb.project(call, project)
    records = sb.work.files.of_projects(search.projects or sb.projects_of(call))
    found = [shown for record in records if search.test(shown := {"tags": [], **files.file_json(call, record)})]
    token: str = call.arguments.get("cont_token") or search.token
    offset = read_token(token, search.asked) if token else 0
    after = offset + min(window(call)[1], search.limit or LONGEST)
    body = {"count": len(found), "result_set": found[offset:after]}
    return Reply({**body, "cont_token": write_token(after, search.asked)} if after < len(found) else body)


# -- the language


class _SearchSyntax(Exception):
    """A query that cannot be read; its text states why."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str  # empty at the end
    quoted: bool
    at: int


def _tokens(query: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while query[at:].strip():
        match = _TOKEN.match(query, at)
        if match is None:
            raise _SearchSyntax(f"{query[at:].strip()[:20]!r} can't be read")
        double, single, plain = match.groups()
        quoted = double if double is not None else single
        found.append(_Token(plain or re.sub(r"\\(.)", r"\1", quoted), plain is None, at))
        at = match.end()
    return [*found, _Token("", False, len(query))]


class _Search:
    """A query that has been read.

    Attributes:
        test: Whether a file fits; projects are among the tests.
        projects: The projects that the query names anywhere; empty when it names none.
        asked: The query without its LIMIT and TOKEN, which its pages share.
        limit: Number of files that it requests at most; None without one.
        token: Position to continue at; empty for the beginning.

    Raises:
        _SearchSyntax: It cannot be read.
    """

    def __init__(self, query: str) -> None:
        self._tokens = iter(_tokens(query))
        self._next = next(self._tokens)
        self.projects: list[str] = []
        self.test = self._either(0)
        self.asked = query[: self._next.at].strip()
        self.limit, self.token = self._part()
        self._expect("")

    def _go_on(self) -> _Token:
        token = self._next
        self._next = next(self._tokens, token)
        return token

    def _take(self, *wanted: str) -> str:
        """Go over the next token where it is one of some signs or words, and return which; empty where it is not."""
        found = self._next.text.lower()
        if self._next.quoted or found not in wanted:
            return ""
        self._go_on()
        return found

    def _part(self) -> tuple[int | None, str]:
        """The end of a query: LIMIT and TOKEN, in any order, each once."""
        found: dict[str, str] = {}
        while name := self._take("limit", "token"):
            if name in found:
                raise _SearchSyntax(f"there are two of {name.upper()}")
            found[name] = self._value()
        limit = whole_number(found["limit"]) if "limit" in found else None
        if "limit" in found and (limit is None or limit < 1):
            raise _SearchSyntax(f"LIMIT takes a whole number of 1 or more, not {found['limit'][:20]}")
        return limit, found.get("token", "")

    def _expect(self, text: str) -> None:
        """Go over a sign that must come; the empty one is the end."""
        if self._next.quoted or self._next.text != text:
            raise _SearchSyntax(f"{text or 'the end'} is expected, not {self._next.text or 'nothing'}")
        self._go_on()

    def _either(self, depth: int) -> _Test:
        """Tests joined by OR, each of some that are joined by AND."""
        tests = [[self._one(depth)]]
        while word := self._take("or", "and", "where"):
            if word == "or":
                tests.append([])
            tests[-1].append(self._one(depth))
        return lambda facts: any(all(test(facts) for test in each) for each in tests)

    def _one(self, depth: int) -> _Test:
        if depth > _DEEPEST:
            raise _SearchSyntax(f"brackets and NOT nest deeper than {_DEEPEST}")
        if self._take("not"):
            inner = self._one(depth + 1)
            return lambda facts: not inner(facts)
        if self._take("("):
            inner = self._either(depth + 1)
            self._expect(")")
            return inner
        if self._take("in"):
            projects = self._values()
            self.projects += [each for each in projects if each not in self.projects]
            return lambda facts: facts["project"] in projects
        return self._comparison()

    def _values(self) -> list[str]:
        bracket = self._take("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        if bracket:
            self._expect(")")
        return values

    def _value(self) -> str:
        token = self._go_on()
        if not token.quoted and token.text.lower() in _NO_VALUES:
            raise _SearchSyntax(f"a value is expected, not {token.text or 'nothing'}")
        return token.text

    def _comparison(self) -> _Test:
        field = self._value()
        if self._take("in"):
            values = self._values()
            return lambda facts: bool(set(_values_of(facts, field)) & set(values))
        if self._take("like"):
            pattern = re.compile(translate(self._value().replace("%", "*")), re.IGNORECASE)
            return lambda facts: any(pattern.match(each) for each in _values_of(facts, field))
        sign = self._take(*_SIGNS)
        if not sign:
            raise _SearchSyntax(f"expected a comparison after {field}, got {self._next.text or 'nothing'}")
        compare, wanted = _SIGNS[sign], self._value()
        if compare is operator.ne:
            return lambda facts: wanted not in _values_of(facts, field)
        return lambda facts: any(_compared(compare, each, wanted) for each in _values_of(facts, field))


def _compared(compare: Callable[[Any, Any], bool], found: str, wanted: str) -> bool:
    try:
        return compare(float(found), float(wanted))
    except ValueError:
        return compare(found, wanted)


def _values_of(facts: _Facts, field: str) -> list[str]:
    name, _, rest = field.partition(".")
    value = facts.get("tags" if name.lower() == "tag" else name.lower())
    if rest:
        value = value.get(rest) if isinstance(value, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return files.texts(value)
