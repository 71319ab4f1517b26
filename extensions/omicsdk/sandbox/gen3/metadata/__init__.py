"""The metadata service: documents by GUID, their aliases, objects with their documents, and metadata of other commons."""
