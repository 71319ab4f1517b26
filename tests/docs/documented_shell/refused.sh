# Each fails on purpose, with a code of its own.
omics dss get-bundle --replica aws --uuid 00000000-0000-4000-8000-000000000000 || echo "code $?"
omics dss get-bundle --replica azure --uuid 00000000-0000-4000-8000-000000000000 || echo "code $?"
env -u OMICS_DSS_TOKEN omics dss get-collections || echo "code $?"
