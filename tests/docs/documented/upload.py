import os

import boto3
from omicsdk.dss import DSSClient
from omicsdk.hca import HCAConfig

s3 = boto3.resource("s3")
bucket = s3.Bucket(os.environ["DSS_STAGING_BUCKET"])
hca_config = HCAConfig()
hca_config["DSSClient"].swagger_url = os.environ["DSS_SWAGGER_URL"]
dss = DSSClient(config=hca_config)

os.makedirs("data/deeper")
with open("data/sample_0.json", "w") as file:
    file.write('{"sample": "of a test"}')
with open("data/deeper/counts.csv", "w") as file:
    file.write("gene,count\ncI,12\n")
print(dss.upload(src_dir="data/", replica="aws", staging_bucket=os.environ["DSS_STAGING_BUCKET"]))
bucket.objects.all().delete()
print("Upload successful")
