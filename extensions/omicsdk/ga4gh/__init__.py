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

lazy_package(
    __name__,
    {
        "formats": "FileCheck InvalidFormat",
        "htsget": "AsyncHtsget Htsget SavedSlice",
        "refget": "AsyncRefget Refget SavedSequence",
        "tickets": "Region parse_region",
        "trs": "AsyncTrs Trs",
    },
)
