from omicsdk.dss import DSSClient

dss = DSSClient()
for options in ({}, {"version": "2024-03-01T120000.000000Z"}):
    response = dss.head_file(uuid="0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e01", replica="aws", **options)
    if response.status_code == 200:
        print("Headers: %s" % (response.headers))
        print(response.headers["X-DSS-SHA256"], response.headers["x-dss-version"])
