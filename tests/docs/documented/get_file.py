import json

from omicsdk.dss import DSSClient

dss = DSSClient()
json_response = dss.get_file(replica="aws", uuid="0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e01")
for content in json_response:
    print(f"{content}: {json.dumps(json_response[content], indent=4)}")
