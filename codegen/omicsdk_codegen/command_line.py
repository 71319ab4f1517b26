"""A package's command line: the options for its servers and credentials."""

from __future__ import annotations

from .naming import GENERAL_OPTIONS, NameRequest, credential_names, settle
from .plan import Package
from .render import render_text
from .servers import Servers
from .texts import Code, as_literal, one_line, sentence
from .values import Json, Object

FILE = "__main__.py"


def command_line(package: Package, name: str, version: str, note: Code) -> str:
    """Write the module of a package's command line.

    Args:
        package: the plan.
        name: what the package is called.
        version: its version.
        note: its sources, as a comment.
    """
    return render_text(
        "main.py.jinja",
        origin=note,
        package=Code(name),
        name=as_literal(name),
        about=as_literal(package.title if package.summary.endswith("...") else package.summary or package.title),
        version=as_literal(version),
        api=package.api,
        servers=Code(repr(_server_options(package))),
        credentials=Code(repr(credential_options(package))),
    )


def credential_options(package: Package) -> list[Object]:
    """Return the options for a package's security schemes, as data of its command line.

    Args:
        package: the plan.
    """
    schemes = package.security.schemes
    names = credential_names(schemes, _variable_options(package.servers).values())
    options: list[Object] = []
    for name, scheme in schemes.items():
        kind = one_line(scheme.get("scheme")).lower() if scheme["type"] == "http" else str(scheme["type"])
        metavar, noun = _SECRETS.get(kind, ("KEY", "Key"))
        description = sentence(scheme.get("description"))
        options.append(
            {
                "name": names[name].replace("_", "-"),
                "python": name,
                "type": "string",
                "metavar": metavar,
                "help": f"{noun} of the security scheme {one_line(name)}{f': {description}' if description else '.'}",
            }
        )
    return options


_SECRETS = {
    "basic": ("USER:PASSWORD", "User name and password"),
    "digest": ("USER:PASSWORD", "User name and password"),
    "bearer": ("TOKEN", "Token"),
    "oauth2": ("TOKEN", "Token"),
    "openIdConnect": ("TOKEN", "Token"),
    "mutualTLS": ("CERTIFICATE,KEY", "Files"),
}


def _variable_options(servers: Servers) -> dict[str, str]:
    """Return the option of each variable of the servers, as a key in Python."""
    arguments = servers.arguments.items()
    return settle((NameRequest(wire, (name, f"server_{name}"), True) for wire, name in arguments), GENERAL_OPTIONS)


def _server_options(package: Package) -> list[Object]:
    servers = package.servers
    options: list[Object] = []
    if len(servers.document_servers) > 1:
        keys: list[Json] = [server.key for server in servers.document_servers]
        variants = "; ".join(
            f"{one_line(server.key)}: {server.description.rstrip('.')}"
            for server in servers.document_servers
            if server.description
        )
        text = f"The server, in place of --base-url{f' ({variants})' if variants else ''}."
        options.append({"name": "server", "type": "string", "choices": keys, "default": keys[0], "help": text})
    if servers.others:
        others = ", ".join(map(one_line, servers.others))
        text = f"URLs in place of servers that the document states for single operations, by their keys: {others}."
        options.append({"name": "servers", "type": "object", "help": text})
    names = _variable_options(servers)
    for wire, variable in servers.variables.items():
        choices: list[Json] = [*variable.allowed]
        options.append(
            {
                "name": names[wire].replace("_", "-"),
                "python": servers.arguments[wire],
                "type": "string",
                "choices": choices or None,
                "default": variable.default,
                "help": variable.description or f"The variable {one_line(wire)} of the server's URL.",
            }
        )
    return options
