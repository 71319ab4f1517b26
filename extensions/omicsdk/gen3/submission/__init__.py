"""Records of projects (Sheepdog), and queries over them (Peregrine): `Gen3Submission`, with gen3sdk's names and arguments."""

from omicsdk.gen3.errors import Gen3Error as Gen3Error
from omicsdk.gen3.errors import Gen3SubmissionQueryError as Gen3SubmissionQueryError
from omicsdk.gen3.errors import Gen3UserError as Gen3UserError
from omicsdk.gen3.submission.client import Gen3Submission as Gen3Submission
