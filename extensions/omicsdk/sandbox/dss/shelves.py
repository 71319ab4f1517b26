"""What the sandbox's pages list of the Data Store."""

from omicsdk.sandbox.state.shelf import Collection, Shelf

DSS = Collection(
    "dss",
    "Data Store (DSS)",
    "/dss/v1",
    (
        Shelf(
            "bundles",
            "Bundles",
            ("Bundle", "Files", "State"),
            "SELECT uuid || '.' || version, count, CASE WHEN live THEN 'there' ELSE 'deleted' END FROM dss_bundle_states"
            " ORDER BY version DESC, uuid",
            opens="bundle-files",
        ),
        Shelf(
            "bundle-files",
            "Files of a bundle",
            ("Name", "File", "Indexed", "Bytes", "SHA-256"),
            "SELECT b.name, b.file_uuid || '.' || b.file_version, CASE WHEN b.indexed THEN 'yes' ELSE 'no' END, f.size,"
            " f.sha256, b.uuid || '.' || b.version AS bundle FROM dss_bundle_files b JOIN dss_file_facts f"
            " ON f.uuid = b.file_uuid AND f.version = b.file_version ORDER BY b.position",
            inside="bundle",
        ),
        Shelf(
            "files",
            "Files",
            ("File", "Type", "Bytes", "SHA-256"),
            "SELECT uuid || '.' || version, content_type, size, sha256 FROM dss_file_facts ORDER BY version DESC, uuid",
        ),
        Shelf(
            "collections",
            "Collections",
            ("Collection", "Owner"),
            "SELECT uuid || '.' || version, owner FROM dss_collections ORDER BY version DESC, uuid",
        ),
        Shelf(
            "subscriptions",
            "Subscriptions",
            ("Subscription", "Owner", "Replica", "Kind"),
            "SELECT uuid, owner, replica, kind FROM dss_subscriptions ORDER BY uuid",
        ),
    ),
)
