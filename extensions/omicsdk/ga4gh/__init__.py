"""GA4GH services to read from: htsget (slices of reads and variants), refget (reference sequences), TRS (tools and workflows).

    from omicsdk import Htsget, Refget, Trs

    with Htsget("https://htsget.example.org") as htsget:
        htsget.download("NA12878", "NA12878.chr1.bam", regions=["chr1:1-1000000"])
    with Refget("https://refget.example.org") as refget:
        refget.read("6681ac2f62509cfc220d78751b8dc524", start=0, end=100)
    with Trs("https://trs.example.org/ga4gh/trs/v2") as trs:
        trs.download("#workflow/github.com/org/align", "align", version="v1.0")

All three are tested with recorded responses of servers that others wrote: htsget-refserver, seqrepo-rest-service and
trs-filer.
"""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.ga4gh.formats import FileCheck as FileCheck
    from omicsdk.ga4gh.formats import InvalidFormat as InvalidFormat
    from omicsdk.ga4gh.htsget import AsyncHtsget as AsyncHtsget
    from omicsdk.ga4gh.htsget import Htsget as Htsget
    from omicsdk.ga4gh.htsget import SavedSlice as SavedSlice
    from omicsdk.ga4gh.refget import AsyncRefget as AsyncRefget
    from omicsdk.ga4gh.refget import Refget as Refget
    from omicsdk.ga4gh.refget import SavedSequence as SavedSequence
    from omicsdk.ga4gh.tickets import Region as Region
    from omicsdk.ga4gh.tickets import parse_region as parse_region
    from omicsdk.ga4gh.trs import AsyncTrs as AsyncTrs
    from omicsdk.ga4gh.trs import Trs as Trs
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "formats": "FileCheck InvalidFormat",
            "htsget": "AsyncHtsget Htsget SavedSlice",
            "refget": "AsyncRefget Refget SavedSequence",
            "tickets": "Region parse_region",
            "trs": "AsyncTrs Trs",
        },
    )
