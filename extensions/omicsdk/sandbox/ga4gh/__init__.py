"""The GA4GH services that are read from: htsget, refget and the Tool Registry Service.

All three have examples from the start (`examples`), and take folders of files. They were made from the standards' documents; `make real` compares
refget with seqrepo-rest-service.
"""
