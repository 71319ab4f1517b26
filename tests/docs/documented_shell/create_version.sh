omics dss create-version
