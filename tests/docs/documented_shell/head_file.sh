omics dss head-file --replica aws --uuid 0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e07
omics dss head-file --replica aws --uuid 0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e07 --version 2024-03-01T120000.000000Z
