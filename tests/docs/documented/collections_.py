import os
import uuid

from omicsdk.dss import DSSClient
from omicsdk.hca import HCAConfig

hca_config = HCAConfig()
hca_config["DSSClient"].swagger_url = os.environ["DSS_SWAGGER_URL"]
dss = DSSClient(config=hca_config)

collection = dss.put_collection(
    uuid=str(uuid.uuid4()),
    version="2024-09-17T161441.564206Z",
    description="foo",
    details={},
    replica="aws",
    name="bar",
    contents=[
        {
            "type": "bundle",
            "uuid": "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d",
            "version": "2024-03-01T120000.000000Z",
            "path": "https://dss.example.org/v1/bundles/5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d?replica=aws",
        }
    ],
)
uuid, version = collection["uuid"], collection["version"]
print(dss.get_collections(replica="aws"))
print(dss.patch_collection(replica="aws", uuid=uuid, version=version))
print(dss.get_collection(replica="aws", uuid=uuid))
dss.download_collection(uuid=uuid, replica="aws", download_dir="collected")
print(dss.delete_collection(replica="aws", uuid=uuid))
