# The six documented columns, in an order of one's own, with a column that is somebody else's.
printf 'file_size\tfile_name\tnote\tbundle_uuid\tbundle_version\tfile_uuid\tfile_sha256\n' > six.tsv
printf '49253\treference/NC_001416.1.fasta\tmine\t5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d\t2024-03-01T120000.000000Z\t0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e07\t80897a7ee6b8aaffbab5442e0daad292592ac74701dbdf35af4b400ae0770ef3\n' >> six.tsv
omics dss download-manifest --replica aws --manifest six.tsv --layout bundle --download-dir six > report.json
cat six.tsv
