import json

from omicsdk.dss import DSSClient

dss = DSSClient()
for results in dss.post_search.iterate(replica="aws", es_query={}):
    print(results)
    break
print(json.dumps(dss.post_search(replica="aws", es_query={})))
query = {
    "query": {"bool": {"must": [{"match": {"files.cell_suspension_json.biomaterial_core.biomaterial_id": "none"}}]}}
}
print(dss.post_search(replica="aws", es_query=query)["results"])
