"""Links to NCBI: groups, samples and results of what is in its archives. BioProjects become libraries.

from omicsdk.pangea import Knex, Organization
from omicsdk.pangea.ncbi import link_bioproject

link_bioproject(Organization(Knex(), "My Lab").get(), "PRJNA257197")
"""

from omicsdk.pangea.ncbi.entrez import Entrez
from omicsdk.pangea.ncbi.linking import create_pangea_group_from_bioproj, link_bioproject
from omicsdk.pangea.ncbi.records import BioProject, BioSample, SRARecord

__all__ = [
    "BioProject",
    "BioSample",
    "Entrez",
    "SRARecord",
    "create_pangea_group_from_bioproj",
    "link_bioproject",
]
