from omicsdk.dss import DSSClient

dss = DSSClient()
print(dss.create_version())
