"""The search of files by a query, in the platform's language as far as the sandbox speaks it.

`IN "owner/project"` says where; `name = "a.fq"`, `metadata.sample_id != "s1"`, `tag = "x"`, `size >= 10`,
`name LIKE "%.bam"` and `type IN ("file", "folder")` say what; `LIMIT 10` and `TOKEN "..."` at the end, how many and from where on; AND, OR, NOT and brackets join them, and WHERE is another
word for the AND behind IN. Words are read in any case. The platform's own language isn't published; this is what its
published client's examples need, and a little more.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from omicsdk.sandbox.sb.answers import LONGEST, read_token, window, write_token
from omicsdk.sandbox.sb.files import file_json, texts
from omicsdk.sandbox.sb.problems import bad
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.validation import whole_number

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
    found = [shown for record in records if search.test(shown := {"tags": [], **file_json(call, record)})]
    token: str = call.arguments.get("cont_token") or search.token
    offset = read_token(token, search.asked) if token else 0
    after = offset + min(window(call)[1], search.limit or LONGEST)
    body = {"count": len(found), "result_set": found[offset:after]}
    return Reply({**body, "cont_token": write_token(after, search.asked)} if after < len(found) else body)


# -- the language


class _SearchSyntax(Exception):
    """A query that can't be read; its text says why."""


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
        asked: The query without its LIMIT and TOKEN, which pages of it share.
        limit: How many files it asks for at most; None where it doesn't say.
        token: Where it goes on; empty for the beginning.

    Raises:
        _SearchSyntax: It can't be read.
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
        """Goes over the next token where it is one of some signs or words, and tells which; empty where it isn't."""
        found = self._next.text.lower()
        if self._next.quoted or found not in wanted:
            return ""
        self._go_on()
        return found

    def _part(self) -> tuple[int | None, str]:
        """How many files are asked for, and from where on: LIMIT and TOKEN, in any order, each once."""
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
        """Goes over a sign that must come; the empty one is the end."""
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
            raise _SearchSyntax(f"a comparison is expected behind {field}, not {self._next.text or 'nothing'}")
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
    return texts(value)
