BUNDLE="--replica aws --bundle-uuid 5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
omics --query path dss download $BUNDLE --download-dir metadata --no-data
omics --query path dss download $BUNDLE --download-dir data --no-metadata
omics --query path dss download $BUNDLE --download-dir chosen --metadata-filter 'links.*' 'project*' --data-filter '*_R1.*'
