from omicsdk.dss import DSSClient

dss = DSSClient()
for result in dss.get_bundles_all.iterate(replica="aws", prefix="5e1f0a3c"):
    print(result["uuid"], result["version"])
for page in dss.get_bundles_all.paginate(replica="aws", prefix="5e1f0a3c"):
    print(len(page["bundles"]))
