"""The platform's initial contents, which seed.json states."""

import json
from importlib.resources import files

from omicsdk.sandbox.sb import SANDBOX_SB_USER
from omicsdk.sandbox.sb.accounts import add_to_team
from omicsdk.sandbox.sb.state import Sb

DIVISION = "sandbox-division"
TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"
BILLING_GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"
"""The billing group that has the invoices."""
DATASET = "sandbox-user/reference-set"


def seed(sb: Sb) -> None:
    """Make the initial contents of an empty platform: users, a division with a team, billing groups and a public dataset.

    Args:
        sb: The platform.
    """
    if sb.documents.count("user"):
        return
    contents = json.loads(files("omicsdk.sandbox.sb").joinpath("seed.json").read_text("utf-8"))
    with sb.transaction():
        for kind, group, document in contents["documents"]:
            sb.documents.put(kind, document["id"], document, group)
        for username, user in contents["users"].items():
            names = {name: user[name] for name in ("first_name", "last_name")}
            sb.add_user(username, **names, affiliation="Sandbox", country="Nowhere")
            sb.membership.add("division", DIVISION, {"username": username, "role": user["role"]})
            if "team" in user:
                add_to_team(sb, TEAM, username, user["team"])
        sb.add_owner("dataset", DATASET, SANDBOX_SB_USER)
        project = f"dataset:{DATASET}"
        root = sb.work.files.root(project)
        sb.work.add_file(b">chr1\nACGTACGTACGT\n", project=project, parent=root, name="reference.fasta")
