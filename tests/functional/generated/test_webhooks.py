"""Messages that a service sends are read by functions of the generated package: its webhooks and callbacks."""

import subprocess
import sys
from types import ModuleType

from generated_package import Generate
from webhook_document import DOCUMENT
from webhook_document import package as package
from webhook_document import webhooks as webhooks


def test_nothing_is_imported_or_generated_without_need(package: ModuleType, generate: Generate) -> None:
    from importlib.util import find_spec

    quiet = generate({**DOCUMENT, "paths": {}, "webhooks": {}})
    assert find_spec(f"{quiet.__name__}.webhooks") is None
    statements = "import sys, omicsdk_api.dss.webhooks as w; assert not any('.dss.models.n' in m for m in sys.modules)"
    code = f"from omicsdk_api.dss import DssApi; import sys; assert 'omicsdk_api.dss.webhooks' not in sys.modules; {statements}"
    subprocess.run([sys.executable, "-c", code], check=True)
