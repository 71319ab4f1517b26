"""Lists of folders on pages of web servers, in the forms that these have."""

from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.fs.stores import http
from omicsdk.fs.stores.http import Link, index_of

URL = "https://h.example/pub/"

APACHE = b"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of /pub</title></head><body><h1>Index of /pub</h1>
<pre><img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a> <a href="?C=S;O=A">Size</a><hr>
<img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/">Parent Directory</a>                -
<a href="reads.fastq.gz"><img src="/icons/a.gif" alt="[   ]"></a> <a href="reads.fastq.gz">reads.fastq.gz</a>  2024-05-01 10:00  1.2G
<a href="md5"><img src="/icons/a.gif" alt="[   ]"></a> <a href="md5">md5</a>       2024-05-01 10:00  118
<a href="notes"><img src="/icons/a.gif" alt="[   ]"></a> <a href="notes">notes</a>  2024-05-01 10:00  118  of 7
<a href="release-110/"><img src="/icons/folder.gif" alt="[DIR]"></a> <a href="release-110/">release-110/</a>  2024-05-01 10:00    -
<hr></pre><address>Apache/2.4 Server at h.example Port 443</address></body></html>"""

APACHE_TABLE = b"""<title>Index of /pub</title><table>
<tr><th><a href="?C=N&amp;O=D">Name</a></th></tr>
<tr><td><a href="/">Parent Directory</a></td><td>&nbsp;</td></tr>
<tr><td valign="top"><img alt="[ ]"></td><td><a href="md5">md5</a></td><td align="right">2024-05-01 10:00  </td><td align="right">118 </td><td>&nbsp;</td></tr>
<tr><td valign="top"><img alt="[ ]"></td><td><a href="b.gz">b.gz</a></td><td align="right">2024-05-01 10:00  </td><td align="right">3.0K</td><td>&nbsp;</td></tr>
</table>"""

NGINX = b"""<html><head><title>Index of /pub/</title></head><body><h1>Index of /pub/</h1><hr><pre><a href="../">../</a>
<a href="release-110/">release-110/</a>                   01-May-2024 10:00                   -
<a href="a%20name%20that%20is%20long.txt">a name that is lo..&gt;</a>     01-May-2024 10:00             1048576
<a href="rounded">rounded</a>                    01-May-2024 10:00                 12K
</pre><hr></body></html>"""

LIGHTTPD = b"""<title>Index of /pub/</title><table><tbody>
<tr class="d"><td class="n"><a href="../">..</a>/</td><td class="m">&nbsp;</td><td class="s">- &nbsp;</td><td class="t">Directory</td></tr>
<tr class="d"><td class="n"><a href="release-110/">release-110</a>/</td><td class="m">2024-May-01 10:00:00</td><td class="s">- &nbsp;</td></tr>
<tr><td class="n"><a href="a%3ab.txt">a:b.txt</a></td><td class="m">2024-May-01 10:00:00</td><td class="s">0.1K</td><td class="t">text/plain</td></tr>
</tbody></table>"""

CADDY = b"""<title>pub/</title><a href="..">..</a><table><tr class="file"><td><a href="./reads.bam"><span class="name">reads.bam</span></a></td>
<td data-order="783696">765 KiB</td><td><time datetime="2016-04-04T15:36:49Z">04/04/2016</time></td></tr>
<tr><td><a href="./sub/"><span class="name">sub/</span></a></td><td data-order="-1">&mdash;</td></tr></table>"""

PYTHON = b"""<title>Directory listing for /pub/</title><h1>Directory listing for /pub/</h1><hr><ul>
<li><a href="%5Bx%5D.txt">[x].txt</a></li>
<li><a href="link">link@</a></li>
<li><a href="sub/">sub/</a></li></ul><hr>"""

FOLDER = Link("release-110", "release-110", True)
PAGES = {
    APACHE: [
        Link("reads.fastq.gz", "reads.fastq.gz", False),
        Link("md5", "md5", False),
        Link("notes", "notes", False),
        FOLDER,
    ],
    APACHE_TABLE: [Link("md5", "md5", False), Link("b.gz", "b.gz", False)],
    NGINX: [
        FOLDER,
        Link("a%20name%20that%20is%20long.txt", "a name that is long.txt", False),
        Link("rounded", "rounded", False),
    ],
    LIGHTTPD: [FOLDER, Link("a%3ab.txt", "a:b.txt", False)],
    CADDY: [Link("reads.bam", "reads.bam", False), Link("sub", "sub", True)],
    PYTHON: [Link("%5Bx%5D.txt", "[x].txt", False), Link("link", "link", False), Link("sub", "sub", True)],
}


@pytest.mark.parametrize("page", PAGES, ids=["apache", "apache table", "nginx", "lighttpd", "caddy", "python"])
def test_pages_of_servers(page: bytes) -> None:
    index = index_of(URL, "text/html", page)
    assert (index.links, index.fault, index.invalid) == (PAGES[page], "", [])


def names(href: str, url: str = URL, before: str = "") -> list[tuple[str, bool]]:
    index = index_of(
        url, "text/html", f'{before}<a href="../">up</a><A HREF="{href}">x</A>'.encode("utf-8", "surrogateescape")
    )
    assert not index.fault
    return [(link.name, link.is_folder) for link in index.links]


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("a", "a"),
        (" a ", "a"),
        ("./a", "a"),
        ("../pub/a", "a"),
        ("/pub/a", "a"),
        ("//h.example/pub/a", "a"),
        ("https://H.example/pub/a", "a"),
        ("/p%75b/a", "a"),
        ("/pub//a", "a"),
        ("a&amp;b;c", "a&b;c"),
        ("50%2525", "50%25"),
        ("50%", "50%"),
        ("%2523", "%23"),
        ("é", "é"),
        ("%C3%A9", "é"),
        ("%E9", "\udce9"),
        ("\udce9", "\udce9"),
        ("a%3Fb%23", "a?b#"),
        ("...", "..."),
    ],
)
def test_links_to_children(href: str, name: str) -> None:
    assert names(href) == [(name, False)]
    assert names(f"{href.strip()}/") == [(name, True)]


@pytest.mark.parametrize(
    "href",
    [
        "", "#top", "a#top", "?C=N;O=D", "a?download=1", ".", "./", "..", "/", "/public/", "/pub", "a/b", "a/b/",
        "http://h.example/pub/a", "https://h.example:8443/pub/a", "https://other.example/pub/a",
        "mailto:a@h.example", "javascript:void(0)", "https://[", "//[/",
    ],
)  # fmt: skip
def test_links_elsewhere_are_left_out(href: str) -> None:
    assert names(href) == []


@pytest.mark.parametrize(
    ("href", "text", "link"),
    [
        ("a:b.txt", "a:b.txt", ("a:b.txt", False)),  # webfs and WEBrick
        ("a%23b?.txt", "a#b?.txt", ("a#b?.txt", False)),  # WEBrick
        ("sub%20?2/", "sub ?2/", ("sub ?2", True)),
        ("/pub/a#b?&amp;.txt", " a#b?&amp;.txt ", ("a#b?&.txt", False)),  # updog
        ("?C=N;O=D", "?C=N;O=D", None),
        ("#top", "#top", None),
        ("a?download=1", "Download", None),
        ("mailto:a@h.example", "a@h.example", None),
        ("https://other.example", "https://other.example", None),
    ],
)
def test_a_name_that_is_not_encoded_is_known_by_the_text(href: str, text: str, link: tuple[str, bool] | None) -> None:
    index = index_of(URL, "text/html", f'<title>Index of /pub/</title><a href="{href}">{text}</a>'.encode())
    assert [(link.name, link.is_folder) for link in index.links] == [link] * (link is not None)


def test_links_are_resolved_against_the_base_of_the_page() -> None:
    assert names("a", before='<base href="/pub/">', url="https://h.example/pub/") == [("a", False)]
    assert names("a", before='<base href="/other/">') == []
    assert names("pub/a", before='<base href="/"><base href="/x/">') == [("a", False)]
    assert names("a", before='<base href="//[">') == [("a", False)]
    assert names("a", url="https://h.example/a//b/") == [("a", False)]
    assert names("/Dungeons%20&%20Dragons/D%26D/", url="https://h.example/Dungeons%20%26%20Dragons/") == [("D&D", True)]


NAMES = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1)


@given(
    st.lists(
        st.tuples(NAMES.filter(lambda name: name not in (".", "..")), st.booleans()), unique_by=lambda pair: pair[0]
    )
)
def test_each_escaped_name_comes_back(pairs: list[tuple[str, bool]]) -> None:
    page = "".join(f"<a href='{escape(quote(name) + '/' * slash)}'>{escape(name)}</a>" for name, slash in pairs)
    index = index_of(URL, "text/html", f"<title>Index of</title>{page}".encode())
    assert [(link.name, link.is_folder) for link in index.links] == pairs
    assert [link.segment for link in index.links] == [quote(name) for name, _ in pairs]
    again = "".join(f'<a href="{link.segment}">' for link in index.links)
    assert [link.name for link in index_of(URL, "text/html", again.encode()).links] == [name for name, _ in pairs]


@pytest.mark.parametrize("href", ["%2e%2e", "%2E%2E/", "%2e", "..%2fx", "a%2Fb", "%2f", "a%00", "a%5Cb", r"a\b"])
def test_names_that_no_file_can_have_are_reported(href: str) -> None:
    index = index_of(URL, "text/html", f'<a href="a">a</a><a href="{href}">b</a>'.encode())
    assert (index.links, len(index.invalid)) == ([Link("a", "a", False)], 1)


@pytest.mark.parametrize(
    ("url", "media_type", "page", "fault"),
    [
        (URL, "application/json", b"[]", "is not a web page but application/json"),
        (URL, "", b"", "is not a web page but of an unknown type"),
        (URL, "text/html", b"", "is a web page, not a list of files"),
        (
            URL,
            "text/html",
            b"<p>Welcome. <a href='https://other.example/'>Data</a>",
            "is a web page, not a list of files",
        ),
        (
            URL,
            "text/html",
            b"<form><INPUT type=Password><a href='/forgot'>x</a>",
            "is a login page, not a list of files",
        ),
        ("https://h.example/login", "text/html", PYTHON, "such as a login page"),
    ],
)
def test_other_pages_are_no_lists(url: str, media_type: str, page: bytes, fault: str) -> None:
    index = index_of(url, media_type, page)
    assert (index.links, index.fault.endswith(fault)) == ((), True), index.fault


@pytest.mark.parametrize(
    ("href", "has_slashes"),
    [("../", True), ("/pub/", True), ("/pub/2/x/", True), ("..", False), ("/pub", False), ("/", False), ("x", False)],
)
def test_links_that_show_how_a_server_marks_folders(href: str, has_slashes: bool) -> None:
    page = f"<title>Index of</title><a href='{href}'>x</a>"
    assert index_of(f"{URL}2/", "text/html", page.encode()).has_slashes is has_slashes


@pytest.mark.parametrize(
    "page",
    [
        b'<a href="../">../</a>',
        b"<title>Index of /pub</title>",
        b"<h1>Directory listing for /pub/</h1><ul></ul>",
        b"<title>listing directory /pub/</title>",
    ],
)
def test_empty_folders_are_lists(page: bytes) -> None:
    index = index_of(URL, "text/html", page)
    assert (index[:3], index.is_titled) == (([], "", []), True)


def test_pages_with_too_many_links_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_LINKS", 3)
    links = [f'<a href="{number}">x</a>'.encode() for number in range(5)]
    assert len(index_of(URL, "text/html", b"".join(links[:3])).links) == 3
    assert index_of(URL, "text/html", b"".join(links)).fault == "has more than 3 links"


def test_comments_and_scripts_are_left_out() -> None:
    page = """<!-- <a href="a">a</a> <!-- --><a class=x HREF=b data-x='>'>b</a>
    <script>document.write('<a href="c">c</a>')</script><a href="d" href="e">d</a><!-- <a href="f">"""
    assert [link.name for link in index_of(URL, "text/html", page.encode()).links] == ["b", "d"]


@pytest.mark.parametrize(
    "piece", ["<!--", "<script>", "<a ", '<a href="x', "<a href='x", "</", "<![CDATA[", "a", " ", '" ', "a= ", '<a "']
)
@pytest.mark.parametrize("start", ["", "<a ", "<title>", "<script>"])
def test_pages_that_are_no_html_are_read_in_linear_time(start: str, piece: str) -> None:
    assert index_of(URL, "text/html", (start + piece * 100_000).encode()).fault
