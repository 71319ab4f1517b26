import os

from omicsdk.dss import DSSClient
from omicsdk.hca import HCAConfig

hca_config = HCAConfig()
hca_config["DSSClient"].swagger_url = os.environ["DSS_SWAGGER_URL"]
dss = DSSClient(config=hca_config)

subscription = dss.put_subscription(replica="aws", callback_url="https://notify.example.org/new-bundles")
callback, owner, replica, uuid = (
    subscription["callback_url"],
    subscription["owner"],
    subscription["replica"],
    subscription["uuid"],
)
print(callback, owner, replica, uuid)
print(dss.get_subscriptions(replica="aws"))
print(dss.get_subscription(replica="aws", uuid=uuid))
print(dss.delete_subscription(replica="aws", uuid=uuid))
print(uuid in [entry["uuid"] for entry in dss.get_subscriptions(replica="aws")["subscriptions"]])
