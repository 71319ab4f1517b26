"""A small server in the place of NCBI's E-utilities, with one project of one sample of one run."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from omicsdk.pangea.ncbi import Entrez
from quiet_server import QuietHandler, serving

PROJECT, SAMPLE, EXPERIMENT, RUN = "PRJNA5", "SAMN71", "SRX901", "https://sra.example.org/SRR1"
RECORDS = {
    (
        "bioproject",
        "5",
    ): '<RecordSet><DocumentSummary uid="5"><Project>A project</Project></DocumentSummary></RecordSet>',
    ("biosample", "71"): '<BioSampleSet><BioSample accession="SAMN71" id="71"/></BioSampleSet>',
    ("sra", "901"): (
        '<EXPERIMENT_PACKAGE_SET><EXPERIMENT_PACKAGE><EXPERIMENT accession="SRX901"/><RUN_SET><RUN accession="SRR1"><SRAFiles>'
        '<SRAFile filename="SRR1" size="12" md5="9e107d9d372bb6826bd81d3542a419d6" url="https://sra.example.org/SRR1" '
        'supertype="Primary ETL"/></SRAFiles></RUN></RUN_SET></EXPERIMENT_PACKAGE></EXPERIMENT_PACKAGE_SET>'
    ),
}
LINKS = {"bioproject_biosample": "71", "biosample_sra": "901"}


class Eutils(QuietHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("elink.fcgi"):
            link = f"<LinkSetDb><Link><Id>{LINKS[query['linkname']]}</Id></Link></LinkSetDb>"
            body = f"<eLinkResult><LinkSet>{link}</LinkSet></eLinkResult>"
        elif parts.path.endswith("esearch.fcgi"):
            body = "<eSearchResult><IdList><Id>901</Id></IdList></eSearchResult>"
        else:
            body = RECORDS.get((query["db"], query["id"]), "<RecordSet/>")
        self.reply(200, body.encode())


@contextmanager
def ncbi_stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Has NCBI be this server.

    Args:
        monkeypatch: The fixture of that name.
    """
    with serving(Eutils) as url:
        monkeypatch.setattr(Entrez, "_default_base_url", url)
        monkeypatch.setattr("omicsdk.pangea.ncbi.PAUSE", 0)
        yield
