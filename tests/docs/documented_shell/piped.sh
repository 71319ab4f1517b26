omics dss get-file --uuid 0a6c1f52-77c4-4b0e-8d1a-6f2f1c7f9e07 --replica aws | head -n 1
