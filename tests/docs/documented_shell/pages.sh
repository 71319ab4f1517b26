omics dss get-bundle --replica aws --uuid 5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d --per-page 10
omics dss get-bundles-all --replica aws --prefix 5e1f0a3c --per-page 10 --no-paginate
