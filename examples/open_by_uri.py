"""Reads tables where they are, whatever platform has them: `open_by_uri.py URI...`.

python examples/open_by_uri.py dss://aws/BUNDLE_UUID/cells.csv drs://HOST/ID
"""

import sys

import pandas

tables = {uri: pandas.read_csv(uri) for uri in sys.argv[1:]}
for uri, table in tables.items():
    print(f"{uri}: {len(table):,} rows of {', '.join(table.columns)}")

everything = pandas.concat(tables.values(), ignore_index=True)
print(everything.describe(include="number").loc[["count", "mean", "max"]])
