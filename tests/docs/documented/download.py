from omicsdk.dss import DSSClient

dss = DSSClient()
UUID = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
VERSION = "2024-03-01T120000.000000Z"

print(dss.download(bundle_uuid=UUID, version=VERSION, replica="aws", download_dir="download_test"))
dss.download(bundle_uuid=UUID, version=VERSION, replica="aws", download_dir="metadata_only", no_data=True)
dss.download(bundle_uuid=UUID, version=VERSION, replica="aws", download_dir="data_only", no_metadata=True)
dss.download(UUID, "aws", data_filter=("*_R1.fastq.gz",), metadata_filter=("links.*",), download_dir="filtered")
