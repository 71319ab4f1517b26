import json

from omicsdk.dss import DSSClient


def main():
    dss = DSSClient()
    bundle = dss.get_bundle(
        replica="aws", uuid="5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", version="2024-03-01T120000.000000Z"
    )
    for file in bundle["bundle"]["files"]:
        print(f"File: {json.dumps(file, indent=4)}")
    print(f"{bundle['bundle']['creator_uid']} {bundle['bundle']['uuid']} {bundle['bundle']['version']}")
    with open("get_bundle.json", "w") as saved:
        saved.write(json.dumps(bundle))
    names = [file["name"] for file in dss.get_bundle.iterate(replica="aws", uuid=bundle["bundle"]["uuid"], per_page=10)]
    print(len(names))


if __name__ == "__main__":
    main()
