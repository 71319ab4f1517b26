"""Operations of datasets; their members are among those of everything."""

from omicsdk.sandbox.sb.problems import bad
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, path_id, shown
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

_HIDDEN = ("visibility",)
_PUBLIC = "public"


def list_datasets(sb: Sb, call: Call) -> Reply:
    """GET /datasets."""
    visibility: str | None = call.arguments.get("visibility")
    if visibility not in (None, "public", "private"):
        raise bad(f"visibility is public or private, not {visibility!r}")
    return _listed(call, [each for each in _seen(sb, call) if visibility in (None, each["visibility"])])


def list_owner_datasets(sb: Sb, call: Call) -> Reply:
    """GET /datasets/{username}."""
    start = f"{call.arguments['username']}/"
    return _listed(call, [each for each in _seen(sb, call) if each["id"].startswith(start)])


def get_dataset(sb: Sb, call: Call) -> Reply:
    """GET /datasets/{owner}/{dataset}."""
    return Reply(_show(call, sb.held(call, "dataset", path_id(call, "dataset"))))


def update_dataset(sb: Sb, call: Call) -> Reply:
    """PATCH /datasets/{owner}/{dataset}."""
    dataset = sb.held(call, "dataset", path_id(call, "dataset"), "write")
    changes = {name: call.body[name] for name in ("name", "description") if name in call.body}
    if not changes.get("name", "x").strip():
        raise bad("The name of the dataset is empty")
    dataset = {**dataset, **changes}
    sb.documents.put("dataset", dataset["id"], dataset)
    return Reply(_show(call, dataset))


def delete_dataset(sb: Sb, call: Call) -> Reply:
    """DELETE /datasets/{owner}/{dataset}."""
    id = sb.held(call, "dataset", path_id(call, "dataset"), "admin")["id"]
    sb.work.files.drop_project(f"dataset:{id}")
    sb.membership.drop("dataset", id)
    sb.documents.remove("dataset", id)
    return Reply(status=204)


def _seen(sb: Sb, call: Call) -> list[JsonObject]:
    mine = set(sb.membership.joined("dataset", sb.user(call)))
    return [each for each in sb.documents.listed("dataset") if each["visibility"] == _PUBLIC or each["id"] in mine]


def _listed(call: Call, datasets: list[JsonObject]) -> Reply:
    return page_of(call, datasets, lambda each: _show(call, each))


def _show(call: Call, dataset: JsonObject) -> JsonObject:
    told = {name: value for name, value in dataset.items() if name not in _HIDDEN}
    return shown(call, told, "datasets", dataset["id"])
