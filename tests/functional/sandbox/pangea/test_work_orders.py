"""Work orders: their creation, their readers, and the workers who complete them."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea.orders import ERROR, PENDING, STATUSES, SUCCESS, WORKING, progress, status_of
from pangea_responses import NOT_FOR_YOU, NOWHERE, Payload, created, names, status_and_body

WORKER = "worker@example.org"


@pytest.fixture
def worker(client_of) -> httpx.Client:
    """A client of a worker, who is in no organization."""
    return client_of(WORKER)


@pytest.fixture
def prototype(sandbox: Sandbox, worker: httpx.Client) -> str:
    """A prototype of two jobs."""
    return sandbox.pangea.add_work_order_prototype("WOP", jobs={"JOP": "", "JOP2": ""}, privileged=[WORKER])


@pytest.fixture
def order(owner: httpx.Client, private_sample: Payload, prototype: str) -> Payload:
    """An order for the private sample."""
    made = created(owner.post(f"/samples/{private_sample['uuid']}/work_orders/{prototype}"))
    return owner.get(f"/work_orders/{made['uuid']}").json()


def jobs(order: Payload) -> list[str]:
    return [f"/job_orders/{job['uuid']}" for job in order["job_order_objs"]]


@given(st.lists(st.sampled_from(STATUSES), max_size=6))
def test_one_error_is_one_of_all_and_pending_and_success_are_those_of_all(statuses: list[str]):
    status = status_of(statuses)
    assert (status == ERROR) == (ERROR in statuses)
    assert (status == PENDING) == (set(statuses) <= {PENDING})
    assert (status == SUCCESS) == (set(statuses) == {SUCCESS})
    counted = progress(statuses)
    assert counted.pop("n_jobs") == len(statuses) == sum(counted.values())


def test_a_job_names_its_result_as_long_as_that_exists(owner: httpx.Client, worker: httpx.Client, order: Payload):
    path = jobs(order)[0]
    made = created(owner.post("/sample_ars", json={"module_name": "m", "sample": order["sample"]}))
    used = {"resources_used": {"cpu": 1}, "resources_needed": {"ram": 2}}
    written = worker.patch(path, json={"analysis_result": made["uuid"], **used}).json()
    assert {name: written[name] for name in ("analysis_result", *used)} == {"analysis_result": made["uuid"], **used}
    unknown = {"analysis_result": [f'Invalid pk "{NOWHERE}" - object does not exist.']}
    assert status_and_body(worker.patch(path, json={"analysis_result": NOWHERE})) == (400, unknown)
    owner.delete(f"/sample_ars/{made['uuid']}")
    assert worker.get(path).json()["analysis_result"] is None


def test_an_order_lets_who_is_privileged_write_results_of_its_sample(
    worker: httpx.Client, outsider: httpx.Client, order: Payload, sample: Payload
):
    with_order = {"work_order_uuid": order["uuid"]}
    sent = {"module_name": "m", "sample": order["sample"], "replicate": "1"}
    refused = {"detail": "Organization membership is required to create a sample analysis result."}
    assert status_and_body(worker.post("/sample_ars", json=sent)) == (403, refused)
    assert status_and_body(outsider.post("/sample_ars", params=with_order, json=sent)) == (403, refused)
    assert status_and_body(worker.post("/sample_ars", params=with_order, json={**sent, "sample": sample["uuid"]})) == (
        403,
        refused,
    )
    for wrong in ("x", NOWHERE):
        assert status_and_body(worker.post("/sample_ars", params={"work_order_uuid": wrong}, json=sent)) == (
            403,
            refused,
        )
    made = created(worker.post("/sample_ars", params=with_order, json=sent))
    field = {"name": "f", "analysis_result": made["uuid"], "stored_data": {"x": 1}}
    assert worker.post("/sample_ar_fields", json=field).status_code == 403
    kept = created(worker.post("/sample_ar_fields", params=with_order, json=field))
    for path in (f"/samples/{order['sample']}", f"/sample_ars/{made['uuid']}", f"/sample_ar_fields/{kept['uuid']}"):
        assert status_and_body(worker.get(path)) == (403, NOT_FOR_YOU)
        assert worker.get(path, params=with_order).status_code == 200
    assert worker.patch(f"/sample_ars/{made['uuid']}", params=with_order, json={"is_hidden": True}).status_code == 200
    assert status_and_body(worker.delete(f"/sample_ars/{made['uuid']}")) == (403, NOT_FOR_YOU)
    assert worker.delete(f"/sample_ars/{made['uuid']}", params=with_order).status_code == 204


def test_an_order_lets_who_is_privileged_upload_a_file(worker: httpx.Client, order: Payload):
    with_order = {"work_order_uuid": order["uuid"]}
    made = created(worker.post("/sample_ars", params=with_order, json={"module_name": "m", "sample": order["sample"]}))
    sent = {"name": "f", "analysis_result": made["uuid"], "stored_data": {}}
    path = f"/sample_ar_fields/{created(worker.post('/sample_ar_fields', params=with_order, json=sent))['uuid']}"
    refused = {"detail": "Insufficient permissions to get upload url."}
    assert status_and_body(worker.post(f"{path}/upload_s3", json={"filename": "x"})) == (403, refused)
    form = worker.post(f"{path}/upload_s3", params=with_order, json={"filename": "x"}).json()
    assert httpx.post(form["url"], data=form["fields"], files={"file": b"made"}, trust_env=False).status_code == 204
    data = worker.get(path, params=with_order).json()["stored_data"]
    assert httpx.get(data["presigned_url"], trust_env=False).content == b"made"


def test_an_order_of_a_group_orders_for_each_of_its_samples(
    sandbox: Sandbox,
    owner: httpx.Client,
    worker: httpx.Client,
    library: Payload,
    prototype: str,
):
    for name in ("a", "b"):
        created(owner.post("/samples", json={"name": name, "library": library["uuid"]}))
    groups = sandbox.pangea.add_group_work_order_prototype("GWOP", parts=[prototype], privileged=[WORKER])
    made = created(owner.post(f"/sample_groups/{library['uuid']}/work_orders/{groups}"))["uuid"]
    order = owner.get(f"/group_work_orders/{made}").json()
    assert [(link["sample_name"], link["status"]) for link in order["work_order_links"]] == [
        ("a", PENDING),
        ("b", PENDING),
    ]
    for path_of_job in jobs(owner.get(f"/work_orders/{order['work_orders'][0]}").json()):
        worker.patch(path_of_job, json={"status": SUCCESS})
    now = owner.get(f"/group_work_orders/{made}").json()
    assert (now["status"], now["progress_summary"]) == (WORKING, {SUCCESS: 2, PENDING: 2, "n_jobs": 4})


def test_an_order_begins_with_all_of_its_prototype(
    owner: httpx.Client,
    worker: httpx.Client,
    outsider: httpx.Client,
    private_sample: Payload,
    prototype: str,
    order: Payload,
):
    shown = {name: order[name] for name in ("name", "priority", "status", "progress_summary", "description")}
    begun = {"name": "WOP", "priority": 100, "status": PENDING, "description": ""}
    assert shown == {**begun, "progress_summary": {PENDING: 2, "n_jobs": 2}}
    assert [job["name"] for job in order["job_order_objs"]] == ["JOP", "JOP2"]
    for job in order["job_order_objs"]:
        assert (job["status"], job["resources_used"], job["resources_needed"]) == (PENDING, {}, {})
        assert (job["analysis_result"], job["work_order"]) == (None, order["uuid"])
    path = f"/samples/{private_sample['uuid']}/work_orders"
    assert names(owner.get(path), "uuid") == [order["uuid"]]
    assert names(outsider.get(path), "uuid") == names(worker.get(path), "uuid") == []
    refused = {"detail": "Insufficient permissions to generate work order for sample."}
    assert status_and_body(outsider.post(f"{path}/{prototype}")) == (403, refused)


def test_prototypes_are_listed_and_read(sandbox: Sandbox, outsider: httpx.Client, prototype: str):
    groups = sandbox.pangea.add_group_work_order_prototype("GWOP", parts=[prototype], privileged=[])
    assert names(outsider.get("/work_order_prototypes")) == ["WOP"]
    assert outsider.get(f"/work_order_prototypes/{prototype}").json()["name"] == "WOP"
    jobs_of_it = outsider.get("/job_order_prototypes").json()["results"]
    assert [job["name"] for job in jobs_of_it] == ["JOP", "JOP2"]
    assert outsider.get(f"/job_order_prototypes/{jobs_of_it[0]['uuid']}").json() == jobs_of_it[0]
    assert names(outsider.get("/group_work_order_prototypes")) == ["GWOP"]
    assert outsider.get(f"/group_work_order_prototypes/{groups}").json()["work_order_protos"] == [prototype]


def test_a_worker_finds_the_orders_of_a_prototype(
    owner: httpx.Client, worker: httpx.Client, private_sample: Payload, prototype: str, order: Payload
):
    path = f"/work_order_prototypes/{prototype}/work_orders"
    again = created(owner.post(f"/samples/{private_sample['uuid']}/work_orders/{prototype}"))["uuid"]
    for job in jobs(order):
        worker.patch(job, json={"status": SUCCESS})
    both = [order["uuid"], again]
    assert names(worker.get(path), "uuid") == both
    assert names(worker.get(path, params={"not_status": SUCCESS}), "uuid") == [again]
    assert names(worker.get(path, params={"max_num": 1}), "uuid") == both[:1]
    for unlimited in ("0", "-1", ""):
        assert names(worker.get(path, params={"max_num": unlimited}), "uuid") == both
    assert sorted(names(worker.get(path, params={"random": "True"}), "uuid")) == sorted(both)
    wrong = {"max_num": ["A valid integer is required."]}
    assert status_and_body(worker.get(path, params={"max_num": "x"})) == (400, wrong)
    assert names(owner.get(path), "uuid") == []


def test_a_prototype_trusts_only_who_has_an_account(sandbox: Sandbox):
    with pytest.raises(LookupError, match="no account has the address"):
        sandbox.pangea.add_work_order_prototype("W", jobs={}, privileged=["x@example.org"])
    with pytest.raises(LookupError, match="there is no prototype"):
        sandbox.pangea.add_group_work_order_prototype("G", parts=[NOWHERE], privileged=[])
