import os

from omicsdk.dss import DSSClient
from omicsdk.hca import HCAConfig

hca_config = HCAConfig()
hca_config["DSSClient"].swagger_url = os.environ["DSS_SWAGGER_URL"]
dss = DSSClient(config=hca_config)

print(
    dss.put_bundle(
        creator_uid=0,
        uuid="98f6c379-cb78-4a61-9310-f8cc0341c001",
        version="2024-04-02T202456.025543Z",
        replica="aws",
        files=[
            {
                "uuid": "0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e05",
                "version": "2024-03-01T120000.000000Z",
                "name": "process_1.json1",
                "indexed": False,
            }
        ],
    )
)
patched = dss.patch_bundle(
    uuid="98f6c379-cb78-4a61-9310-f8cc0341c001", version="2024-04-02T202456.025543Z", replica="aws"
)
print(patched)
print(
    dss.delete_bundle(
        reason="test", uuid="98f6c379-cb78-4a61-9310-f8cc0341c001", version=patched["version"], replica="aws"
    )
)
