omics
omics help dss
omics dss
omics dss head-file -h
omics --version
