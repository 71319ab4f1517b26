"""Links to NCBI: groups, samples and results of what is in its archives. BioProjects become libraries.

from omicsdk import Pangea

Pangea().link_bioproject("My Lab", "PRJNA257197")
"""

from omicsdk.pangea.ncbi.entrez import Entrez
from omicsdk.pangea.ncbi.linking import link_bioproject
from omicsdk.pangea.ncbi.records import BioProject, BioSample, SRARecord

__all__ = [
    "BioProject",
    "BioSample",
    "Entrez",
    "SRARecord",
    "link_bioproject",
]
