"""What the sandbox's pages list of the Upload service."""

from omicsdk.sandbox.state.shelf import Collection, Shelf

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
            " (SELECT count(*) FROM (SELECT name FROM upload_jobs j WHERE j.area = a.uuid UNION"
            " SELECT name FROM upload_checked c WHERE c.area = a.uuid)) FROM upload_areas a ORDER BY a.rowid",
            opens="area-files",
        ),
        Shelf(
            "area-files",
            "Files of an area that the service was told of",
            ("Name", "Checksums"),
            "SELECT name, CASE WHEN max(computed) THEN 'computed' ELSE 'to be computed' END, area FROM"
            " (SELECT area, name, computed FROM upload_jobs UNION ALL SELECT area, name, 1 FROM upload_checked)"
            " GROUP BY area, name ORDER BY name",
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
