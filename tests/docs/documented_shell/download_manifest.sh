MANIFEST="manifest.tsv"

# The blank line after each row is the example's: echo ends the line once more.
cat /dev/null > ${MANIFEST}
echo -e "bundle_uuid\tbundle_version\tfile_name\tfile_uuid\tfile_version\tfile_sha256\tfile_size\tfile_path\n" >> ${MANIFEST}
echo -e "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d\t2024-03-01T120000.000000Z\treference/NC_001416.1.fasta\t0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e07\t2024-03-01T120000.000000Z\t80897a7ee6b8aaffbab5442e0daad292592ac74701dbdf35af4b400ae0770ef3\t49253\t.hca/v2/files_2_4/80/897a/80897a7ee6b8aaffbab5442e0daad292592ac74701dbdf35af4b400ae0770ef3\n" >> ${MANIFEST}

omics dss download-manifest --replica aws --manifest ${MANIFEST}
cat ${MANIFEST}
