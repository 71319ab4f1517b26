"""What holds for all tests: properties are tried without bounds on time, which say more of the machine than of the code."""

import os
import signal

from hypothesis import HealthCheck, settings

settings.register_profile("developer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples on every run: a change is judged by what it changed. New examples are found by developers.
settings.register_profile("ci", settings.get_profile("developer"), derandomize=True)
thorough = settings.get_profile("ci" if os.environ.get("CI") else "developer")
# `make test-long` tries the most; tests of their own number of examples say it in times this one.
settings.register_profile("thorough", thorough)
settings.register_profile("quick", thorough, max_examples=40)
settings.load_profile("quick")

# A developer's service account would be found by every client of the tests, before their own logins.
os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)

# A job in the background of a script ignores Ctrl-C, and so would the commands that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
