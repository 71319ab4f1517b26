"""A contract of import-linter: modules that import only each other, the standard library and a few packages."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ClosedContract(Contract):
    """Checks direct imports, those in functions and for type checkers too.

    Configuration options:
        - modules: The modules.
        - packages: What they may import besides each other and the standard library.
        - optional: Imports that are allowed because their module works without the package, as "importer -> imported".
    """

    type_name = "closed"

    modules = fields.SetField(subfield=fields.StringField())
    packages = fields.SetField(subfield=fields.StringField())
    optional = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect the imports that leave the modules, entries without a module, and optional imports that do not exist."""
        modules, packages, optional = (
            {str(entry) for entry in field} for field in (self.modules, self.packages, self.optional)
        )
        missing = sorted(modules - graph.modules)
        allowed = modules | packages | sys.stdlib_module_names
        leaving = {
            f"{module} -> {imported}"
            for module in modules & graph.modules
            for imported in graph.find_modules_directly_imported_by(module)
            if imported not in allowed
        }
        faults = [
            *(f"{module} does not exist" for module in missing),
            *(f"{entry} is not allowed" for entry in sorted(leaving - optional)),
            *(f"{entry} is allowed and does not exist" for entry in sorted(optional - leaving)),
        ]
        return ContractCheck(kept=not faults, metadata={"faults": faults})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line for each fault."""
        for fault in check.metadata["faults"]:
            output.print_error(fault)
