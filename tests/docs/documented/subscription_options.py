from omicsdk.compat.hca.dss import DSSClient

dss = DSSClient()
subscription = dss.put_subscription(
    replica="aws",
    callback_url="https://notify.example.org/options",
    es_query={"query": {"exists": {"field": "files.project_json"}}},
    method="PUT",
    encoding="multipart/form-data",
    form_fields={"foo": "bar"},
    payload_form_field="notice",
    hmac_key_id="key-1",
    hmac_secret_key="a secret",
    attachments={"taxon": {"type": "jmespath", "expression": "files.project_json[].project_core"}},
)
uuid = subscription["uuid"]
kept = dss.get_subscription(replica="aws", uuid=uuid, subscription_type="elasticsearch")
print(kept["method"], kept["encoding"], kept["form_fields"], kept["payload_form_field"], "hmac_secret_key" in kept)
listed = dss.get_subscriptions(replica="aws", subscription_type="elasticsearch")["subscriptions"]
print(uuid in [entry["uuid"] for entry in listed])
dss.delete_subscription(replica="aws", uuid=uuid, subscription_type="elasticsearch")
