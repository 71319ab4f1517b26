"""Known formats of lists, in the order of detection: more specific formats first."""

from __future__ import annotations

from omicsdk.portals import bags, documents, dvc, git_annex, isa, metalink, tables, url_lists

FORMATS = (
    bags.BAG,
    metalink.METALINK,
    dvc.DVC,
    git_annex.DATA_SET,
    git_annex.WHEREIS,
    url_lists.CURL,
    tables.TERRA,
    tables.HCA_DSS,
    tables.AZUL,
    tables.ASSEMBLIES,
    tables.GDC,
    tables.GDC_SAMPLES,
    tables.GEN3_DISCOVERY,
    tables.GEN3,
    tables.ENA,
    tables.SRA_RUNS,
    tables.GEO,
    tables.REMOTE_FILES,
    tables.KIDS_FIRST,
    tables.SEVEN_BRIDGES,
    tables.DRS_TABLE,
    tables.PORTAL,
    url_lists.SRA,
    url_lists.ARIA2,
    url_lists.CHECKSUMS,
    url_lists.TCIA,
    url_lists.COMMANDS,
    url_lists.LISTING,
    isa.ISA,
    *documents.DOCUMENTS,
    tables.TABLE,
    url_lists.URLS,
    tables.GDC_IDS,
    tables.SRA_TABLE,
    tables.PATHS,
    documents.JSON,
)
