"""The commands of `omics pangea ncbi`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.pangea.words import LIMIT, ORG, OUTFILE, command, option, short, with_examples, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_SLEEP = short("-s", option("sleep", "Isn't needed: NCBI's pace is kept anyway.", 1, "number"))

OF_NCBI: list[Command] = [
    command(
        "ncbi link bioproject",
        "pangea.ncbi:link_bioproject",
        "Make a library of an NCBI BioProject: its samples, with the runs of the Sequence Read Archive.",
        ORG,
        word("bioproj_accession", "The project's accession, such as PRJNA257197."),
        OUTFILE,
        description=with_examples("What is there is left as it is.", 'ncbi link bioproject "My Lab" PRJNA257197'),
    ),
    command(
        "ncbi list bioproject",
        "pangea.ncbi:list_bioproject",
        "Print what NCBI says of a BioProject, with its samples and their experiments.",
        word("accession", "The project's accession."),
        {**LIMIT, "help": "How many samples to give, at most; all when omitted. It ends with 3 where there are more."},
        _SLEEP,
        OUTFILE,
    ),
    command(
        "ncbi list sra",
        "pangea.ncbi:list_sra",
        "Print the runs of an experiment of the Sequence Read Archive, as CSV.",
        word("accession", "The experiment's accession, such as SRX674277."),
        _SLEEP,
        OUTFILE,
        description=with_examples("", "ncbi list sra SRX674277 -o runs.csv"),
    ),
]
