ID=fff01947-bf94-43e9-86ca-f6ff6ae45d01
VERSION=$(omics --query version dss put-collection --uuid $ID --description foo --details {} --version 2024-09-17T161441.564206Z --replica aws --name bar --contents '{"version": "2024-03-01T120000.000000Z", "type": "bundle", "uuid": "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"}')
omics dss get-collections
omics dss patch-collection --replica aws --uuid $ID --version $VERSION --description "foo and more"
omics dss get-collection --replica aws --uuid $ID
omics dss download-collection --replica aws --uuid $ID --download-dir collected
omics dss delete-collection --replica aws --uuid $ID
