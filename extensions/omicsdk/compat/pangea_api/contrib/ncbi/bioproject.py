"""Records of NCBI, and the Pangea objects that they are converted to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from omicsdk.pangea import ncbi

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import (
        Organization,
        Sample,
        SampleAnalysisResult,
        SampleAnalysisResultField,
        SampleGroup,
    )

__all__ = ["BioProject", "BioSample", "SRARecord"]


class BioProject(ncbi.BioProject):
    """A project; arguments as of `omicsdk.pangea.ncbi.BioProject`."""

    def biosamples(self) -> Iterator[BioSample]:
        """Yield its samples."""
        for biosample in super().biosamples():
            yield BioSample(biosample.accession, self)

    def pangea_obj(self, org: Organization) -> SampleGroup:
        """Create the local library of the project, without a request."""
        return org.sample_group(self.accession, metadata=self.metadata(), is_library=True)


class BioSample(ncbi.BioSample):
    """A sample; arguments as of `omicsdk.pangea.ncbi.BioSample`."""

    def sra(self) -> Iterator[SRARecord]:
        """Yield its experiments in the Sequence Read Archive."""
        for record in super().sra():
            yield SRARecord(record.accession, self)

    def pangea_obj(self, grp: SampleGroup) -> Sample:
        """Create the local sample, without a request."""
        metadata = self.metadata()  # and with it the accession
        return grp.sample(self.accession, metadata=metadata)


class SRARecord(ncbi.SRARecord):
    """An experiment with its runs; arguments as of `omicsdk.pangea.ncbi.SRARecord`."""

    def pangea_obj(self, sample: Sample) -> tuple[SampleAnalysisResult, SampleAnalysisResultField]:
        """Create the local result and field of its first run, without a request."""
        data, metadata = self.analysis_result_blob(), self.metadata()
        result = sample.analysis_result(ncbi.READS, replicate=self.accession, metadata=metadata)
        return result, result.field("sra_run", data=data)
