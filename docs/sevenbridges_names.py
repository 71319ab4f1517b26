"""The table of names on docs/coming-from-sevenbridges.md: what sevenbridges-python has, and where it is here.

    .peers/sevenbridges/bin/python docs/sevenbridges_names.py    read the published package's names anew

That writes specs/sb/published-names.json; `make docs` makes the table of it and of what omicsdk.compat.sevenbridges has.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "specs" / "sb" / "published-names.json"
EXCEPTIONS = ROOT / "specs" / "sb" / "names-exceptions.txt"
OLD, NEW = "sevenbridges", "omicsdk.compat.sevenbridges"
BEGIN, END = "<!-- made by `make docs`: names -->", "<!-- end of names -->"

REPLACED = {
    "sevenbridges.decorators.inplace_reload": "Each `save(inplace=True)` does it itself.",
    "sevenbridges.decorators.throttle": "`Api(max_parallel_requests=)`.",
    "sevenbridges.decorators.check_for_error": "`omicsdk.compat.sevenbridges.http._answers.Response.raise_for_status`.",
    "sevenbridges.http.client.AAHeader": "`Api(advance_access=True)`.",
    "sevenbridges.http.client.RequestSession": "`Api.session`, whose `send(response.request)` asks again.",
    "sevenbridges.http.client.generate_session": "`Api(proxies=, retry_count=, backoff_factor=)`.",
    "sevenbridges.http.client.config_vars": "`omicsdk.compat.sevenbridges.config.by_default`.",
    "sevenbridges.http.client.mask_secrets": "Logs are masked by themselves: `omicsdk.core.redaction`.",
    "sevenbridges.meta.comp_mutable_dict.CompoundMutableDict": "`omicsdk.compat.sevenbridges.meta.fields.DictView`.",
    "sevenbridges.meta.data.DataContainer": "`omicsdk.compat.sevenbridges.meta.resource.Resource`, which asks for what is missing itself.",
    "sevenbridges.meta.fields.Field": "`omicsdk.compat.sevenbridges.meta.fields.Field`, with arguments of its own.",
    "sevenbridges.meta.fields.CompoundField": "`omicsdk.compat.sevenbridges.meta.fields.Part`, or `View` for dictionaries.",
    "sevenbridges.meta.fields.CompoundListField": "`omicsdk.compat.sevenbridges.meta.fields.Parts`.",
    "sevenbridges.meta.fields.DictField": "`omicsdk.compat.sevenbridges.meta.fields.mapping`.",
    "sevenbridges.meta.fields.HrefField": "`omicsdk.compat.sevenbridges.meta.fields.text`.",
    "sevenbridges.meta.fields.ObjectIdField": "`omicsdk.compat.sevenbridges.meta.fields.text`.",
    "sevenbridges.meta.fields.StringField": "`omicsdk.compat.sevenbridges.meta.fields.text`.",
    "sevenbridges.meta.fields.IntegerField": "`omicsdk.compat.sevenbridges.meta.fields.whole`.",
    "sevenbridges.meta.fields.FloatField": "`omicsdk.compat.sevenbridges.meta.fields.number`.",
    "sevenbridges.meta.fields.DateTimeField": "`omicsdk.compat.sevenbridges.meta.fields.time`.",
    "sevenbridges.meta.fields.BooleanField": "`omicsdk.compat.sevenbridges.meta.fields.switch`.",
    "sevenbridges.meta.fields.UuidField": "`omicsdk.compat.sevenbridges.meta.fields.uuid`.",
    "sevenbridges.meta.fields.BasicListField": "`omicsdk.compat.sevenbridges.meta.fields.listing`.",
    "sevenbridges.meta.resource.ResourceMeta": "`omicsdk.compat.sevenbridges.meta.resource.Resource` needs no class of classes.",
    "sevenbridges.models.compound.billing.project_breakdown.ProjectBreakdown": "Nothing made one; `BillingGroup.analysis_breakdown`.",
    "sevenbridges.models.compound.billing.task_breakdown.TaskBreakdown": "Nothing made one; `BillingGroup.analysis_breakdown`.",
    "sevenbridges.models.compound.tasks.map_input_output": "`Task.inputs` and `Task.outputs` do it as they are read.",
    "sevenbridges.models.link.Link": "`Collection.links` holds dictionaries with `href`, `rel` and `method`.",
    "sevenbridges.models.link.VolumeLink": "`VolumeCollection.links` holds dictionaries with `next`.",
    "sevenbridges.meta.transformer.Transform": "`omicsdk.compat.sevenbridges.meta.resource.identifier`: ids are taken of objects or texts.",
}
"""Internals of the published package, and what does their work here."""


def read() -> dict[str, Any]:
    """The public names of the published package; runs in its environment.

    Returns:
        Its version; each module to the names that are defined in it, each class to the names of its members.
    """
    package = importlib.import_module(OLD)
    modules: dict[str, Any] = {}
    for info in pkgutil.walk_packages(package.__path__, f"{OLD}."):
        module = importlib.import_module(info.name)
        own = {
            name: _members(value)
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", "") == info.name
            if inspect.isclass(value) or inspect.isfunction(value)
        }
        if own:
            modules[info.name] = own
    return {"version": package.__version__, "exported": sorted(set(package.__all__)), "modules": modules}


def _members(value: Any) -> list[str] | None:
    if not inspect.isclass(value):
        return None
    found: set[str] = set()
    for base in value.__mro__:
        if base.__module__.startswith(OLD):
            found |= set(vars(base))
    return sorted(name for name in found if not name.startswith("_"))


@cache
def _ours() -> dict[str, list[tuple[str, Any]]]:
    """All that is named in our modules: name to the modules that define it."""
    package = importlib.import_module(NEW)
    found: dict[str, list[tuple[str, Any]]] = {}
    for info in sorted(pkgutil.walk_packages(package.__path__, f"{NEW}."), key=lambda info: info.name):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if not name.startswith("_") and getattr(value, "__module__", "").startswith(NEW):
                found.setdefault(name, []).append((info.name, value))
    return found


def place(module: str, name: str, exported: list[str]) -> tuple[str, Any] | None:
    """Where a name of the published package is here.

    Args:
        module: The published module.
        name: The name.
        exported: What the published package's top has.

    Returns:
        Our module, and what it has by that name; None where it hasn't.
    """
    if name in exported:
        return NEW, getattr(importlib.import_module(NEW), name)
    wanted = module.replace(OLD, NEW, 1)
    at = _ours().get(name, [])
    return next(
        (each for each in at if each[0] == wanted), next((each for each in at if each[1].__module__ == each[0]), None)
    )


def reasons() -> dict[str, str]:
    """Names that are left out, or differ, on purpose; each to why."""
    lines = EXCEPTIONS.read_text(encoding="utf-8").splitlines()
    split = [line.partition("#") for line in lines if not line.startswith("#")]
    found: dict[str, str] = {}
    for name, _, reason in split:
        told = reason.strip()
        last = next(reversed(found.values()), "")
        found[name.strip()] = last if told == "likewise" else told
    return found


def rows(published: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The table: each published name, where it is here, and its members.

    Raises:
        LookupError: A name is nowhere, and nothing says why.
    """
    known = reasons()
    for module, names in sorted(published["modules"].items()):
        for name, members in sorted(names.items()):
            old = f"`{module}.{name}`"
            if (instead := REPLACED.get(f"{module}.{name}")) is not None:
                yield old, instead, "an internal"
                continue
            if name in known:
                yield old, "", known[name]
                continue
            found = place(module, name, published["exported"])
            if found is None:
                raise LookupError(f"{module}.{name} is nowhere in {NEW}")
            yield old, f"`{found[0]}.{name}`", _told(name, members or [], found[1], known)


def _told(name: str, members: list[str], ours: Any, known: Mapping[str, str]) -> str:
    there = [f"`{member}`" for member in members if _has(ours, member)]
    lost = [member for member in members if not _has(ours, member)]
    if nameless := [each for each in lost if f"{name}.{each}" not in known and each not in _INHERITED]:
        raise LookupError(f"{name} has no {', '.join(nameless)} in {NEW}")
    why: dict[str, list[str]] = {}
    for member in lost:
        why.setdefault(known.get(f"{name}.{member}") or _INHERITED[member], []).append(f"`{member}`")
    return "; ".join(
        filter(None, [", ".join(there), *(f"not {', '.join(each)}: {reason}" for reason, each in why.items())])
    )


_NO_OPERATION = "the published client's fails"
_INHERITED = dict.fromkeys(("get", "delete", "field", "reload", "update_old"), _NO_OPERATION)
"""Members that parts of resources inherit in the published package, where they always fail; each to why."""


def _has(owner: Any, member: str) -> bool:
    annotated = any(member in vars(base).get("__annotations__", {}) for base in getattr(owner, "__mro__", ()))
    return annotated or inspect.getattr_static(owner, member, None) is not None


def page(text: str) -> str:
    """The page with the table made anew between its marks.

    Args:
        text: The page.
    """
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    lines = [
        "| sevenbridges-python | here | with |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows(published)),
    ]
    return "\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{after}"])


if __name__ == "__main__":
    json.dump(read(), PUBLISHED.open("w", encoding="utf-8"), indent=1)
    sys.exit(0)
