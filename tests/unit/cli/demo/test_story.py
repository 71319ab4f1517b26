"""The demo: its data, and the story."""

import gzip
import hashlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.demo.data import (
    READ_LENGTH,
    SAMPLES,
    Draws,
    documents,
    fasta,
    fastq,
    paired_reads,
    reverse_complement,
    sequence,
    write_large_file,
    write_sample,
)
from omicsdk.cli.demo.walk import (
    DemoFailed,
    Source,
    Story,
    check_bundle,
    check_manifest,
    environment,
    sha256_of,
    sums_of,
)
from omicsdk.transfer.reports.units import time_words

CHECKOUT = Path(__file__).parents[4]
GENOME = sequence(fasta())


def test_the_packaged_genome_is_the_published_record():
    assert fasta() == (CHECKOUT / "examples/data/lambda_phage.fasta").read_bytes()
    assert len(GENOME) == 48_502
    assert hashlib.sha256(fasta()).hexdigest() in (CHECKOUT / "examples/data/README.md").read_text()


def test_a_fasta_text_of_several_records_is_refused():
    with pytest.raises(ValueError, match="one record"):
        sequence(b">a\nACGT\n>b\nACGT\n")


@given(seed=st.integers(0, 2**63), limit=st.integers(1, 2**32))
def test_draws_stay_below_their_limit(seed: int, limit: int):
    draws = Draws(seed)
    assert all(0 <= draws.below(limit) < limit for _ in range(20))


def test_draws_are_even_enough():
    draws = Draws(7)
    counts = [0] * 10
    for _ in range(10_000):
        counts[draws.below(10)] += 1
    assert all(850 < count < 1150 for count in counts)


def test_every_read_is_of_the_genome_but_for_the_bases_that_state_it():
    strands = (GENOME, reverse_complement(GENOME))
    pairs = list(paired_reads(GENOME, "s", 200, seed=3))
    assert len({read.bases for pair in pairs for read in pair}) > 390
    for pair in pairs:
        for read in pair:
            assert len(read.bases) == len(read.qualities) == READ_LENGTH
            # The longest stretch that was read rightly places the read.
            stretch = max(_right_stretches(read.bases, read.qualities), key=len)
            assert any(stretch in strand for strand in strands)
    wrong = sum(read.qualities.count("#") for pair in pairs for read in pair)
    assert 80 < wrong < 250  # 40,000 bases, one in 250


def _right_stretches(bases: str, qualities: str) -> list[str]:
    return "".join(base if quality != "#" else " " for base, quality in zip(bases, qualities, strict=True)).split()


def test_mates_face_one_another():
    pairs = paired_reads(GENOME, "s", 100, seed=12)
    first, second = next((a, b) for a, b in pairs if "#" not in a.qualities + b.qualities)
    strand = GENOME if first.bases in GENOME else reverse_complement(GENOME)
    distance = strand.index(reverse_complement(second.bases)) + READ_LENGTH - strand.index(first.bases)
    assert 290 <= distance < 410


def test_equal_seeds_give_equal_bytes():
    def compressed(seed: int) -> bytes:
        return fastq((first for first, _ in paired_reads(GENOME, "s", 50, seed)), mate=1)

    assert compressed(1) == compressed(1) != compressed(2)
    lines = gzip.decompress(compressed(1)).decode().splitlines()
    assert len(lines) == 200
    assert lines[0] == "@s:1/1"


def test_links_name_the_documents_of_the_bundle():
    by_name = documents("s", "text", 5, ["r1", "r2"])
    ids = {document["provenance"]["document_id"] for name, document in by_name.items() if name != "links.json"}
    linked = {id for link in by_name["links.json"]["links"] for id in (*link["inputs"], *link["outputs"])}
    assert linked < ids
    assert len(ids) == len(by_name) - 1 == 6


def test_samples_differ_in_what_is_searched_for(tmp_path: Path):
    folders = [write_sample(tmp_path, sample) for sample in SAMPLES]
    suspensions = [json.loads((folder / "cell_suspension_0.json").read_bytes()) for folder in folders]
    assert len({document["biomaterial_core"]["biomaterial_id"] for document in suspensions}) == 2
    assert len({document["provenance"]["document_id"] for document in suspensions}) == 2


def test_the_large_file_has_no_two_equal_pieces(tmp_path: Path):
    write_large_file(tmp_path / "folder" / "large", 3 << 20)
    content = (tmp_path / "folder" / "large").read_bytes()
    assert len(content) == 3 << 20
    assert len({content[start : start + 4096] for start in range(0, len(content), 1 << 20)}) == 3


def test_a_story_numbers_its_steps_and_quotes_commands():
    out = io.StringIO()
    story = Story(out)
    story.step("First")
    story.command(["omics", "--es-query", "{} and more"])
    story.step("Second")
    story.fact(f"done in {time_words(1.26)}")
    assert out.getvalue() == ("\n1. First\n   $ omics --es-query '{} and more'\n\n2. Second\n   done in 1.3 s\n")


def test_commands_see_no_settings_but_those_of_the_sandbox():
    environ = {
        "PATH": "/bin",
        "OMICS_DSS_URL": "x",
        "HCA_CONFIG_FILE": "y",
        "AWS_PROFILE": "z",
        "HTTPS_PROXY": "p",
        "no_proxy": "n",
    }
    variables = environment({"HCA_CONFIG_FILE": "sandbox.json"}, environ)
    assert variables == {"PATH": "/bin", "HCA_CONFIG_FILE": "sandbox.json", "no_proxy": "n", "PYTHONUTF8": "1"}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    folder = tmp_path / "source"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    (folder / "deeper" / "b.txt").write_text("b")
    bundle = tmp_path / "downloads" / "uuid.version"
    (bundle / "deeper").mkdir(parents=True)
    (bundle / "a.json").write_text("{}")
    (bundle / "deeper" / "b.txt").write_text("b")
    (bundle / "bundle.json").write_text(json.dumps({}))
    return Source(folder, "uuid", "version", sums_of(folder), 3)


def test_equal_folders_are_counted(source: Source, tmp_path: Path):
    counts = check_bundle(source, tmp_path / "downloads")
    assert (counts.files, counts.size) == (2, 3)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda folder: (folder / "a.json").write_text("{ }"), "a.json"),
        (lambda folder: (folder / "deeper" / "b.txt").unlink(), "deeper/b.txt"),
        (lambda folder: (folder / "c.txt").write_text("too many"), "c.txt"),
    ],
)
def test_folders_that_differ_are_named(source: Source, tmp_path: Path, spoil, named: str):
    spoil(tmp_path / "downloads" / "uuid.version")
    with pytest.raises(DemoFailed, match=named):
        check_bundle(source, tmp_path / "downloads")


def manifest(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    path = folder / "manifest.tsv"
    lines = ["bundle_uuid\tfile_name\tfile_path", *("\t".join(row) for row in rows)]
    path.write_text("\r\n".join(lines) + "\r\n", newline="")
    return path


ROWS = [("uuid", "a.json", "uuid.version/a.json"), ("uuid", "deeper/b.txt", "uuid.version/deeper/b.txt")]


def test_a_manifest_that_refers_to_the_sources_is_counted(source: Source, tmp_path: Path):
    counts = check_manifest(manifest(tmp_path, ROWS), {"uuid": source}, tmp_path / "downloads")
    assert (counts.files, counts.size) == (2, 3)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (ROWS[:1], "deeper/b.txt"),
        ([*ROWS, ROWS[0]], "rows twice"),
        ([ROWS[0], ("uuid", "deeper/b.txt", "uuid.version/a.json")], "deeper/b.txt"),
        ([*ROWS, ("other", "a.json", "uuid.version/a.json")], "a.json"),
    ],
)
def test_a_manifest_that_does_not_is_refused(source: Source, tmp_path: Path, rows, named: str):
    with pytest.raises(DemoFailed, match=named):
        check_manifest(manifest(tmp_path, rows), {"uuid": source}, tmp_path / "downloads")


def test_sha256_of_a_file(tmp_path: Path):
    (tmp_path / "empty").touch()
    assert sha256_of(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
