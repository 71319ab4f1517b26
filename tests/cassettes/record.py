"""`make cassettes`: record every generated client's calls anew, against the sandbox."""

from record_dss import record_dss

if __name__ == "__main__":
    record_dss()
