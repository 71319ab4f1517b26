import os

from omicsdk.dss import DSSClient
from omicsdk.hca import HCAConfig

hca_config = HCAConfig()
hca_config["DSSClient"].swagger_url = os.environ["DSS_SWAGGER_URL"]
dss = DSSClient(config=hca_config)
print(
    dss.put_file(
        uuid="ead6434d-efb5-4554-98bc-027e16054701",
        version="2024-07-30T174916.268875Z",
        creator_uid=0,
        source_url=f"s3://{os.environ['DSS_STAGING_BUCKET']}/put_file/links.json",
    )
)
