import os

from omicsdk.dss import DSSClient

client = DSSClient(swagger_url=os.environ["DSS_SWAGGER_URL"])
print(client.get_bundle(uuid="5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", replica="aws")["bundle"]["version"])
