omics dss download --replica aws --bundle-uuid 5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d --version 2024-03-01T120000.000000Z --download-dir download_test
