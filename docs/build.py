"""`make docs`: write the pages that are made from something else, check links, code spans and tables, and build the manual as a site.

python docs/build.py            write them, and the site into build/site; end with 1 when a link has no target
python docs/build.py --check    write nothing; end with 1 also when a page is not what would be written
"""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from building.links import broken_tables, lost_code, lost_links, pages
from building.made import ROOT, made_pages, outdated


def main(arguments: list[str]) -> int:
    """Write the pages and the site, or compare the pages, and check all pages; return the exit code."""
    check = "--check" in arguments
    if not check:
        for page, text in made_pages().items():
            page.write_text(text, encoding="utf-8")
    faults = [f"{page.relative_to(ROOT)}: {link} leads nowhere" for page in pages(ROOT) for link in lost_links(page)]
    faults += [f"{page.relative_to(ROOT)}: {span} does not exist" for page in pages(ROOT) for span in lost_code(page)]
    faults += [f"{page.relative_to(ROOT)}: no header: {row}" for page in pages(ROOT) for row in broken_tables(page)]
    faults += [f"{page.relative_to(ROOT)} isn't what it is made from: run `make docs`" for page in outdated()]
    if not check and not faults:
        from building.site import build, lost_in_site

        site = ROOT / "build" / "site"
        faults = build(site) or lost_in_site(site)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    gc.disable()  # what is read lives to the end of the process: searching it for garbage took a quarter of the time
    sys.exit(main(sys.argv[1:]))
