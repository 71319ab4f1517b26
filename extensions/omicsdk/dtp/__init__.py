"""The digital-twin workflow: SDS data sets to and from Gen3, PACS and iRODS."""
