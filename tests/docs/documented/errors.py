from omicsdk.hca import SwaggerAPIException
from omicsdk.hca.dss import DSSClient

dss = DSSClient()
try:
    dss.get_bundle(uuid="00000000-0000-4000-8000-000000000000", replica="aws")
except SwaggerAPIException as error:
    print(error.code, error.reason)
try:
    DSSClient.get_bundle(uuid="00000000-0000-4000-8000-000000000000", replica="aws")
except TypeError as error:
    print("TypeError:", error)
