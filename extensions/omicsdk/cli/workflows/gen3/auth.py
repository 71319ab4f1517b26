"""The commands of `omics gen3 auth`, and those about the login, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3.words import command, flag, option, with_examples, word, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

OF_AUTH: list[Command] = [
    command(
        "auth access-token",
        "gen3.auth:access_token",
        "Print an access token, renewed when it is about to end.",
        description=with_examples(
            "It proves who you are for some minutes: don't let others see it.",
            "auth access-token --auth ~/Downloads/credentials.json",
        ),
    ),
    command(
        "auth curl",
        "gen3.auth:curl",
        "Send a request to the commons with a token, and print the answer.",
        word("path", "Where to, such as /user/user, with its query if it has one."),
        {
            **option("request", "GET, POST, PUT, PATCH or DELETE; POST with --data and GET without when omitted."),
            "short": "-X",
        },
        {**option("data", "The body: JSON or other text, or @FILE for what is in a file."), "short": "-d"},
        description=with_examples(
            "An answer that is JSON is printed as every result is; anything else comes as it is.",
            "auth curl /user/user",
            'auth curl /api/v0/submission/graphql --data \'{"query": "{project{code}}"}\'',
        ),
    ),
    command("auth endpoint", "gen3.auth:endpoint", "Print the commons that the login is for."),
    command(
        "auth token-decode",
        "gen3.auth:token_decode",
        "Print what a token states: whose it is, who issued it, and until when it is good.",
        word("token_file", "File that holds a token, or a credentials file; - is stdin."),
        description="The token isn't verified: that is the commons' business.",
    ),
    command("auth wts-endpoint", "gen3.auth:wts_endpoint", "Print where a workspace reaches its token service."),
    command(
        "auth wts-list",
        "gen3.auth:wts_list",
        "List the logins of other commons that the workspace token service has.",
        description="Within a workspace its own service is asked, elsewhere that of the commons.",
    ),
]

OF_WHO: list[Command] = [
    command(
        "whoami",
        "gen3.auth:whoami",
        "Show who you are logged in as, and what you may do.",
        flag("resources", "A row for each resource and what you may do there."),
        description=with_examples("", "whoami", "whoami --resources --output tsv"),
    ),
    {
        **command(
            "run",
            "gen3.run:run",
            "Run a command that finds an access token in GEN3_TOKEN.",
            words("program", "The command and its arguments."),
            description=with_examples(
                "Everything after its name goes to the command as it is. Give --auth and --endpoint before it. It ends as "
                "the command ends.",
                "run my-script --fast",
                "run --auth other.json sh -c 'curl -H \"Authorization: bearer $GEN3_TOKEN\" https://commons.example.org/user/user'",
            ),
        ),
        "forwards": True,
    },
]
