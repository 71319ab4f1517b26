"""`login` and `logout`, which several services have."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command


def login_commands(service: str) -> list[Command]:
    """The two commands of a service.

    Args:
        service: Its first word, `dss` or `auth`.
    """
    return [
        {
            "command": "login",
            "summary": "Log in, for this command and later ones.",
            "description": "Opens a browser and waits until the login is finished there. The tokens are stored in a file of "
            "their own that only you can read, and are renewed by themselves as long as the service allows. Services that "
            "belong together share a login.",
            "run": f"omicsdk.cli.commands.login:{service}_login",
            "parameters": [
                {
                    "name": "access_token",
                    "type": "string",
                    "default": None,
                    "help": "Store this token as it is; it can't be renewed.",
                },
                {
                    "name": "remote",
                    "type": "boolean",
                    "default": False,
                    "help": "For a machine without a browser: print the address to log in at, and ask for the code that is "
                    "shown there in the end.",
                },
                {
                    "name": "migrate",
                    "type": "boolean",
                    "default": False,
                    "help": "Take over the login that the published client left in its configuration.",
                },
                {
                    "name": "timeout",
                    "type": "number",
                    "convert": "omicsdk.cli.commands.numbers:above_0",
                    "default": 300,
                    "help": "Seconds to wait for the browser to come back.",
                },
            ],
        },
        {
            "command": "logout",
            "summary": "Forget the stored login, and have the service revoke it.",
            "description": "A login that the published client left in its configuration is taken out of it too.",
            "run": f"omicsdk.cli.commands.login:{service}_logout",
            "parameters": [],
        },
    ]
