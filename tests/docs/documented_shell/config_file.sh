# A small configuration over the user's own, as the documentation layers it.
echo "{\"DSSClient\": {\"swagger_url\": \"$DSS_SWAGGER_URL\"}}" > config.staging.json
export HCA_CONFIG_FILE=$PWD/config.staging.json
omics --query bundle.uuid dss get-bundle --replica aws --uuid 5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d
