"""Downloads that are cut into shards, which threads, processes or machines run.

plan = Plan(items, "data", connections=8)                    # or Plan(function_that_yields_items, ...)
report = run_shards(plan.shards(4), ProcessPoolExecutor)     # or any executor; a class or function makes one
report = run_on_dask(plan, "tcp://scheduler:8786")           # pip install 'omicsdk[dask]'
report.raise_if_failed()
"""
