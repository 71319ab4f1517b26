"""Tables separated by tabs, as manifests are written."""

from omicsdk.hca.dss.tsv import DictReader as DictReader
from omicsdk.hca.dss.tsv import DictWriter as DictWriter
