"""Tab-separated tables, the format of manifests."""

from omicsdk.hca.dss.manifests import DictReader as DictReader
from omicsdk.hca.dss.manifests import DictWriter as DictWriter
