import os

from omicsdk.compat.hca.dss import DSSClient

# With the published client, a second one took over the first one's calls.
here = DSSClient(swagger_url=os.environ["DSS_SWAGGER_URL"])
elsewhere = DSSClient(swagger_url="http://127.0.0.1:9/v1/swagger.json")
print(here.get_bundle(uuid="5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", replica="aws")["bundle"]["creator_uid"])
