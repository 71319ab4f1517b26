"""What the sandbox's pages list of the Upload service."""

from omicsdk.sandbox.pages.shelf import Collection, Shelf

UPLOAD = Collection(
    "upload",
    "Upload service",
    "/upload/v1",
    (
        Shelf(
            "areas",
            "Upload areas",
            ("Area", "State", "Files told of"),
            "SELECT a.uuid, CASE WHEN a.gone IS NOT NULL THEN 'deleted' WHEN a.locked THEN 'locked' ELSE 'open' END,"
            " (SELECT count(*) FROM upload_jobs j WHERE j.area = a.uuid) FROM upload_areas a ORDER BY a.rowid",
            opens="area-files",
        ),
        Shelf(
            "area-files",
            "Files of an area that the service was told of",
            ("Name", "Checksums"),
            "SELECT j.name, CASE WHEN j.computed THEN 'computed' ELSE 'to be computed' END, j.area FROM upload_jobs j"
            " ORDER BY j.name",
            inside="area",
        ),
        Shelf(
            "validations",
            "Validations",
            ("Validation", "Area"),
            "SELECT id, area FROM upload_validations ORDER BY rowid",
        ),
    ),
)
