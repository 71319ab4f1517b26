import json

from omicsdk.dss import DSSClient, tsv

dss = DSSClient()
bundle = dss.get_bundle(replica="aws", uuid="5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", version="2024-03-01T120000.000000Z")
with open("get_bundle.json", "w") as saved:
    saved.write(json.dumps(bundle))

with open("manifest.tsv", "w", newline="") as manifest:
    writer = tsv.DictWriter(
        manifest,
        fieldnames=(
            "bundle_uuid",
            "bundle_version",
            "file_name",
            "file_uuid",
            "file_version",
            "file_sha256",
            "file_size",
        ),
    )
    writer.writeheader()
    with open("get_bundle.json") as saved:
        data = json.load(saved)
    for content in data["bundle"]["files"]:
        if content["name"].endswith(".json"):
            writer.writerow(
                dict(
                    bundle_uuid=data["bundle"]["uuid"],
                    bundle_version=data["bundle"]["version"],
                    file_name=content["name"],
                    file_uuid=content["uuid"],
                    file_version=content["version"],
                    file_sha256=content["sha256"],
                    file_size=content["size"],
                )
            )

dss.download_manifest(replica="aws", manifest="manifest.tsv")
with open("manifest.tsv", newline="") as manifest:
    for row in tsv.DictReader(manifest):
        print(row["file_name"], row["file_path"])
