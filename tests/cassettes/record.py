"""`make cassettes`: record every generated client's calls anew, against the sandbox."""

from record_dss import record_dss
from record_fusillade import record_fusillade
from record_upload import record_upload

if __name__ == "__main__":
    record_dss()
    record_fusillade()
    record_upload()
