"""`omics mcp`: the commands as tools for assistants, by the Model Context Protocol."""

from __future__ import annotations

FOLDER = "~/omics-mcp"


def mcp(
    *, services: str = "files", folder: str = FOLDER, allow_writes: bool = False, max_response: int = 20_000
) -> None:
    """Serve commands as tools to an assistant, by the Model Context Protocol.

    The assistant's program starts this command and communicates with it on stdin and stdout. Each tool is a command, with
    its help and its options, except those of terminals and those that tune transfers. Only commands that read are served,
    unless `allow_writes` is given. Files are read and written below `folder` only. Secrets are masked in responses, and
    commands that show them, log in, change settings or run programs are never served. Logins are those of `omics login`.
    Requires the extra mcp.

    Args:
        services: Services whose commands are served, separated by commas. A word of a service after a dot serves a part
            of it: azul is the commands of Azul, azul.api its operations, gen3.api.indexd those of one service of Gen3.
            files is the commands for URIs of any platform.
        folder: Folder for downloads, and for all files that a tool reads; created if it is missing.
        allow_writes: Also serve commands that create, change, upload or delete.
        max_response: Maximum characters of a result per response. A longer one is split between items, and the tool `more`
            returns the rest.

    Raises:
        MissingExtra: The package mcp is not installed.
        UsageError: A service is unknown, or the folder cannot be created.
    """
    from omicsdk import __version__
    from omicsdk.cli.catalog import Catalog
    from omicsdk.cli.mcp.tools import tools_of
    from omicsdk.core.errors import UsageError
    from omicsdk.core.files import expanded
    from omicsdk.core.lazy import require

    require("mcp.server.lowlevel", "mcp", "omics mcp")
    names = [name for part in services.split(",") if (name := part.strip())]
    tools = tools_of(Catalog(), names)
    folder_path = expanded(folder).absolute()
    try:
        folder_path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--folder {folder}: {error.strerror}", remedy="Name a folder that can be created.") from error
    from omicsdk.cli.mcp.server import Settings, run

    run(Settings(tools, folder_path, allow_writes, max_response), __version__)
