"""Analysis results and their fields, without files."""

from noted import Noted
from party import Party


def results(party: Party, note: Noted) -> None:
    sample = party.library("Result").sample("s 1").create()
    made = sample.analysis_result("mod::x", replicate="r1").create()
    note("created", [made.module_name, made.replicate, made.metadata, made.is_private])
    note("the same", sample.analysis_result("mod::x", replicate="r1").get().uuid == made.uuid)
    drawn = sample.analysis_result("mod::x").create()
    note("a replicate of its own", [len(drawn.replicate), drawn.replicate != "r1"])
    note("the newest", sample.analysis_result("mod::x").get().uuid == drawn.uuid)
    private = party.pangea.SampleAnalysisResult(party.knex, sample, "privmod", replicate="1", is_private=True).create()
    note("private", party.there(f"sample_ars/{private.uuid}")["is_private"])
    made.metadata = {"v": 1}
    made.save()
    note("saved", party.there(f"sample_ars/{made.uuid}")["metadata"])
    note("keeps its replicate", party.there(f"sample_ars/{made.uuid}")["replicate"])
    note.outcome("none", lambda: sample.analysis_result("nope").get())
    note("made where need be", sample.analysis_result("idem", replicate="1").idem().module_name)
    note("of the sample", sorted(result.module_name for result in sample.get_analysis_results(cache=False)))
    group = party.organization("Result Group Org").sample_group("Result Grp", is_public=True).create()
    of_group = group.analysis_result("gmod", replicate="1").create()
    note("of a group", [of_group.module_name, group.analysis_result("gmod", replicate="1").get().uuid == of_group.uuid])
    note("of the group", [result.module_name for result in group.get_analysis_results(cache=False)])


def fields(party: Party, note: Noted) -> None:
    sample = party.library("Field").sample("s 1").create()
    result = sample.analysis_result("solo", replicate="1").create()
    note("created", result.field("blob", {"a": 1, "b": [1, 2]}).create().stored_data)
    note("got", result.field("blob").get().stored_data)
    note.outcome("with other data", lambda: result.field("blob", {"a": 2}).get())
    note.outcome("another of the name", lambda: result.field("blob", {"c": 3}).create())
    blob = result.field("blob").get()
    blob.stored_data = {"new": 1}
    blob.save()
    note("saved", party.there(f"sample_ar_fields/{blob.uuid}")["stored_data"])
    note.outcome("a tuple", lambda: result.field("tuple", (1, 2)).create())
    note.outcome("whole numbers as keys", lambda: result.field("keys", {1: 2}).create())
    note("made where need be", result.field("idem", {"x": 1}).idem().stored_data)
    note("of the result", sorted(field.name for field in result.get_fields(cache=False)))
    note("file of the data", blob.get_blob_filename())
    note.outcome("file that it names", blob.get_referenced_filename)
    note.outcome("address of its file", blob.get_download_url)
    group = party.organization("Field Group Org").sample_group("Field Grp", is_public=True).create()
    of_group = group.analysis_result("gmod", replicate="1").create()
    note("of a group", of_group.field("gf", {"t": [[1]]}).create().stored_data)
    note("of the group's result", [field.name for field in of_group.get_fields()])


def older_results(party: Party, note: Noted) -> None:
    sample = party.library("Older").sample("s").create()
    older = sample.analysis_result("m", replicate="old").create()
    sample.analysis_result("m", replicate="new").create()
    older.field("f", {"a": 1}).create()
    same = sample.analysis_result("m", replicate="old").get()
    note.outcome("field of a result that isn't the newest", lambda: same.field("f").get().stored_data)


def addresses(party: Party, note: Noted) -> None:
    sample = party.library("Address").sample("s 1").create()
    result = sample.analysis_result("raw::x", replicate="1").create()
    sra = {"__type__": "sra", "url": "https://sra.example.org/x.fastq.gz"}
    field = result.field("sra", sra).create()
    note("of SRA", [field.get_download_url(), field.get_referenced_filename()])
    ftp = result.field("ftp", {"__type__": "ftp", "url": "ftp://ftp.example.org/x.gz"}).create()
    note.outcome("of FTP", ftp.get_download_url)
    foreign = {"__type__": "s3", "uri": "s3://elsewhere/y.txt", "endpoint_url": "https://s3.example.org"}
    field = result.field("s3", foreign).create()
    note("of a foreign bucket", [field.get_download_url(), field.get_referenced_filename()])


GROUPS = (results, fields, older_results, addresses)
