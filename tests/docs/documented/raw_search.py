from omicsdk.compat.hca.dss import DSSClient

dss = DSSClient()
query = {"query": {"match": {"uuid": "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"}}}
for result in dss.post_search.iterate(replica="aws", es_query=query, output_format="raw", per_page="10"):
    files = result["metadata"]["files"]
    print(files["cell_suspension_json"][0]["biomaterial_core"]["biomaterial_id"], len(files["sequence_file_json"]))
