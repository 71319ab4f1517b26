"""Descriptions of arguments that several methods of resources have, which are added to the docstrings of these.

access_mode: "RO" to read only, "RW" to write too; see VolumeAccessMode.
api: The Api, by default that of the class or the object.
app: The app, or its id: of an App its revision is run, of an id without revision the latest.
automation, division, file, package, parent, project, team, volume: The object, or its id.
batch_by: How the files are divided: {"type": "ITEM"}, or {"type": "CRITERIA", "criteria": ["metadata.sample_id"]}.
batch_input: The input whose files are divided among child tasks; needs `batch_by`.
billing_group: The billing group that pays, or its id.
created_from, started_from, ended_from: Earliest time: text, or a datetime, without zone in UTC.
created_to, started_to, ended_to: Latest time: text, or a datetime, without zone in UTC.
disable_batch: Whether to create no batch task although the app requests batching.
execution_settings: "instance_type", "max_parallel_instances", "use_memoization", "use_elastic_disk".
fields: Names of the returned fields, by commas; "_all" for all.
file_name: Name of the file on the platform; by default that of the local file.
files: The files, or their ids; one, or several.
id: The id, or an object that has it.
inplace: Whether to update this object and return it; else a new one is returned.
inputs: Inputs by their ids; files and folders as File objects, in lists and records too.
interruptible: Whether it may use cheaper instances that can be taken away; None for the default.
invoice_id: Only those of this invoice.
limit: Records per page, 1 to 100; 50 by default.
memory_limit: Mebibytes of memory for a run; None for the default.
offset: Records to skip.
order: "asc" or "desc".
order_by: The field that they are sorted by.
overwrite: Whether to replace an existing file.
part_size: Bytes per part or chunk; for uploads at most 5 GiB, 32 MiB by default.
period: Seconds between two polls, above 0.
permissions: Names of rights ("read", "copy", "write", "execute", "admin") to whether the member has them.
prefix: Beginning of the names of its objects; all by default.
properties: How objects are stored, such as {"sse_algorithm": "AES256"}.
python: The version of Python that runs it, such as "3.8"; None for the default.
raw: Its CWL as a dictionary, or as JSON or YAML text, with all that it refers to.
resume_from: A run whose completed steps are not repeated.
retry: How often a failed part is retried.
retry_count: How many failures in a row end it; 6 by default.
revision: The app's revision, from 0.
schema: Inputs, settings and outputs of the code.
secret_settings: Settings that are never shown.
state: Those in this state; see ImportExportState.
status: Those with this status; see TaskStatus and AutomationStatus.
timeout: Seconds to wait for a silent server, 300 by default.
user, username, member: The user or member, or their name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from inspect import cleandoc

_LINES = re.findall(r"^ *([\w, ]+): (.+)", __doc__ or "", re.MULTILINE)
_SHARED = {name: description for names, description in _LINES for name in names.split(", ")}
_SECTIONS = re.compile(r"\n\n(?=Args:|Returns:|Raises:)")


def complete(members: Iterable[object]) -> None:
    """Add the descriptions to the docstrings of the methods among the members of a class, where they lack them."""
    for member in members:
        function = getattr(member, "__func__", member)
        code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
        if code is None or not function.__doc__:
            continue
        docstring = cleandoc(function.__doc__)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        missing = [name for name in names if name in _SHARED and f"    {name}: " not in docstring]
        if missing:
            summary, *sections = _SECTIONS.split(docstring)
            if not sections or not sections[0].startswith("Args:"):
                sections.insert(0, "Args:")
            sections[0] += "".join(f"\n    {name}: {_SHARED[name]}" for name in missing)
            function.__doc__ = "\n\n".join([summary, *sections])
