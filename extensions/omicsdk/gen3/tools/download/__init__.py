"""Downloads by DRS as gen3sdk names them; new code calls `omicsdk.gen3.downloads.download`."""
