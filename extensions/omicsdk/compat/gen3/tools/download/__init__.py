"""gen3.tools.download: downloads by DRS."""
