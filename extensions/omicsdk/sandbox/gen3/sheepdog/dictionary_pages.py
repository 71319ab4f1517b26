"""The dictionary, and empty tables to fill in, of the commons and of each project."""

from collections.abc import Sequence
from typing import Any

from omicsdk.sandbox.gen3.records.dictionary import OWN_KEYS, Dictionary, Node
from omicsdk.sandbox.gen3.sheepdog.export import archive, attachment
from omicsdk.sandbox.gen3.sheepdog.frame import packed
from omicsdk.sandbox.gen3.sheepdog.gate import enter, refuse
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.gen3.sheepdog.tables import FORMATS, JSON, TSV, write_table
from omicsdk.sandbox.service import Call, Reply

_ROOT = "/v0/submission"


def get_dictionary(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/_dictionary."""
    del call
    return _entries(commons.records.dictionary, f"{_ROOT}/_dictionary")


def _entries(dictionary: Dictionary, place: str) -> Reply:
    return Reply({"links": [f"{place}/{name}" for name in (*dictionary.nodes, "_all")]})


def get_dictionary_node(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/_dictionary/{entry}."""
    entry, dictionary = call.arguments["entry"], commons.records.dictionary
    if entry == "_all":
        return Reply(dict(dictionary.document))
    if entry not in dictionary.document:
        raise refuse(404, f"Entry {entry} not in dictionary")
    return Reply(dictionary.document[entry])


def get_project_dictionary(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/_dictionary."""
    visit = enter(commons, call, "read")
    return _entries(commons.records.dictionary, f"{_ROOT}/{visit.program}/{visit.code}/_dictionary")


def get_project_dictionary_node(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/_dictionary/{entry}."""
    enter(commons, call, "read")
    return get_dictionary_node(commons, call)


def _kind(call: Call) -> str:
    kind = call.arguments.get("format", TSV).lower()
    if kind not in FORMATS:
        raise refuse(400, f"Format {kind} is not supported; supported formats are: csv,tsv,json.")
    return kind


def get_template(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/template/{entity}, also of a project."""
    kind, name = _kind(call), call.arguments["entity"]
    node = commons.records.dictionary.nodes.get(name)
    if node is None:
        raise refuse(404, f"Entity type {name} is not in dictionary")
    headers = attachment(f"submission_{name}_template.{kind}", "application/octet-stream")
    if kind == JSON:
        import json

        return Reply(text=json.dumps(_json_template(node)), headers=headers)
    return Reply(text=_table_template(node, kind), headers=headers)


def get_templates(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/template, also of a project."""
    kind = _kind(call)
    categories, excluded = _listed(call, "categories"), _listed(call, "exclude")
    nodes = [
        node
        for node in commons.records.dictionary.nodes.values()
        if node.schema.get("submittable", True)
        and (not categories or node.category in categories)
        and node.name not in excluded
    ]
    if kind == JSON:
        return Reply([_json_template(node) for node in nodes], headers=attachment("submission_templates.json"))
    files = [(f"{node.name}.{kind}", _table_template(node, kind)) for node in nodes]
    return packed(archive(files), attachment("submission_templates.tar.gz", "text/html; charset=utf-8"))


def _listed(call: Call, name: str) -> Sequence[str]:
    return [part for key, value in call.query if key == name for part in value.split(",") if part]


def _starred(node: Node, name: str) -> str:
    return f"*{name}" if name in node.required else name


def _table_template(node: Node, kind: str) -> str:
    keys = [name for name in node.submitted if name in ("project_id", "submitter_id", *OWN_KEYS.values())]
    keys = keys if node.name not in OWN_KEYS else keys[:1]
    links = [f"{_starred(node, name)}.{link.key}" for name, link in sorted(node.links.items())]
    rest = [_starred(node, name) for name in node.submitted if name not in keys]
    header = [_starred(node, "type"), *(_starred(node, name) for name in keys), *links, *rest]
    return write_table(kind, header, [[node.name, *("" for _ in header[1:])]])


def _json_template(node: Node) -> dict[str, Any]:
    links = {_starred(node, name): {link.key: None} for name, link in node.links.items()}
    rest = {_starred(node, name): None for name in node.submitted}
    return {_starred(node, "type"): node.name, **rest, **links}


SAME = {"get_project_template": "get_template", "get_project_templates": "get_templates"}
"""Operations that do the same as another."""
