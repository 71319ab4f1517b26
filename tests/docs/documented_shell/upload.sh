mkdir data
echo '{"sample": "of a shell"}' > data/sample_0.json
omics dss upload --src-dir data/ --replica aws --staging-bucket $DSS_STAGING_BUCKET
