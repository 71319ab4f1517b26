#!/bin/sh
curl --create-dirs https://s3.amazonaws.com/openneuro.org/ds002293/CHANGES?versionId=cIP7E0YAljFfJuwUITwbn7uqUrN1n3d9 -o CHANGES
curl --create-dirs https://s3.amazonaws.com/openneuro.org/ds002293/README?versionId=XoBWLjhJ9y0bRp3HTCGrk1Lyh.SEpSWZ -o README
curl --create-dirs https://s3.amazonaws.com/openneuro.org/ds002293/dataset_description.json?versionId=z9dFemWUYdgixKO6HFs_zURnMwVWKvDI -o dataset_description.json
curl --create-dirs https://s3.amazonaws.com/openneuro.org/ds002293/sub-001/anat/sub-001_T1w.json?versionId=.HJM2FgGKQj2miJeN1.RU9iuFwvCdjgZ -o sub-001/anat/sub-001_T1w.json
curl --create-dirs https://s3.amazonaws.com/openneuro.org/ds002293/sub-001/anat/sub-001_T1w.nii.gz?versionId=2IbSfPGwDF6bwIqcgJZUaVCS.6nUn8rw -o sub-001/anat/sub-001_T1w.nii.gz
