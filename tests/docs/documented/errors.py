from omicsdk.compat.hca.dss import DSSClient
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException

dss = DSSClient()
try:
    dss.get_bundle(uuid="00000000-0000-4000-8000-000000000000", replica="aws")
except SwaggerAPIException as error:
    print(error.code, error.reason)
try:
    DSSClient.get_bundle(uuid="00000000-0000-4000-8000-000000000000", replica="aws")
except TypeError as error:
    print("TypeError:", error)
