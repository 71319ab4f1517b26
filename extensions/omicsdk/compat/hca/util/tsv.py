"""Tab-separated tables, the format of manifests."""

from omicsdk.hca.dss.tsv import DictReader as DictReader
from omicsdk.hca.dss.tsv import DictWriter as DictWriter
