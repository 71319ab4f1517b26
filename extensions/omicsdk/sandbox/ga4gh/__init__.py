"""The GA4GH services that are read from: htsget, refget and the Tool Registry Service.

All three have examples from the start (`examples`), and take folders of files. They were made from the standards' documents; tests/real
compares their responses with those of seqrepo-rest-service and of recorded servers.
"""
