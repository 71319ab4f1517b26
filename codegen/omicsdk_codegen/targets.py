"""Targets of references: jsonref, called lazily, over files that are opened by our own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from posixpath import relpath
from typing import NamedTuple
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from .addresses import Refused, copy_of, file_of, host_of, is_allowed, is_file, is_web, spoken, uri_of
from .faults import DocumentError
from .load import decode, load_bytes, read_file
from .overlay import apply
from .source import Places, Source
from .values import Json, join, nodes_in, placed, step, unescape

Fetch = Callable[[str], bytes]
Ask = Callable[[Sequence[str]], bool]

# More references in one pointer's way than any document has; a circle of them ends here.
_MAX_HOPS = 20


class Target(NamedTuple):
    """The target of a reference: the file, the pointer in it in normal form, and the value."""

    source: Source
    pointer: str
    value: Json

    @property
    def key(self) -> tuple[str, str]:
        """The same for every spelling of a reference."""
        return (self.source.uri, self.pointer)


class Store:
    """The files of a document by uri, each opened once, by our rules, when something in it is requested."""

    def __init__(
        self,
        root: Source,
        overlays: Sequence[tuple[str, Source]],
        places: Places,
        *,
        allow_urls: list[str],
        refs: Path | None,
        fetch: Fetch,
        ask: Ask | None = None,
        folder: Path | None = None,
    ) -> None:
        self._shown_folder = root.path.parent if folder is None else folder
        self._folder = self._shown_folder.resolve()
        self._overlays = overlays
        self._places = places
        self._allow_urls = allow_urls
        self._ask = ask
        self._refs = refs
        self._fetch = fetch
        self._sources: dict[str, Source] = {root.uri: root}
        self._failed: dict[str, DocumentError | Refused] = {}
        # By what a document calls itself (`$self`), too.
        self._keys: dict[str, str] = {root.base: root.uri}

    def __contains__(self, uri: object) -> bool:
        """Whatever is requested is found here or nowhere: jsonref opens nothing on its own."""
        return True

    def __getitem__(self, uri: str) -> Json:
        return self.source(uri).data

    @property
    def uris(self) -> frozenset[str]:
        """Of all files that were opened."""
        return frozenset(self._sources)

    def portable(self, uri: str) -> str:
        """Name a file the same on every machine: by its way from the document's folder, or its web address."""
        return uri if is_web(uri) else file_of(uri, self._folder).relative_to(self._folder).as_posix()

    def source(self, uri: str) -> Source:
        """Open a file, or return it again.

        Raises:
            Refused: it may not be opened, or does not exist.
            DocumentError: it is not a document.
        """
        key = self._key(uri)
        # Each reference to it fails alike, and the network is not asked again.
        if key in self._failed:
            raise self._failed[key]
        if key not in self._sources:
            try:
                path, label, raw = self._open(key)
                loaded = load_bytes(raw, path=path, label=label, uri=key)
                self._places.adopt(loaded)
                self._sources[key] = apply(
                    loaded, [overlay for about, overlay in self._overlays if about == key], self._places
                )
                self._keys.setdefault(self._sources[key].base, key)
            except (DocumentError, Refused) as error:
                self._failed[key] = error
                raise
        return self._sources[key]

    def replace(self, source: Source) -> None:
        """Replace a file by its changed form."""
        self._sources[source.uri] = source

    def text(self, base: Source, reference: str) -> str:
        """Read a text file.

        Raises:
            Refused: it may not be opened, or does not exist.
            DocumentError: it is not text.
        """
        key = self._key(self.absolute(base, reference))
        _, label, raw = self._open(key)
        return decode(raw, label)

    def absolute(self, base: Source, reference: str) -> str:
        """Return the absolute address of a reference.

        A document whose `$self` differs from its location often has its parts beside it:
        what is not found from the one place, without requests, is looked up from the other.

        Raises:
            Refused: it is none.
        """
        if reference.startswith("#"):
            return f"{base.uri}{reference}"
        try:
            scheme = urlsplit(reference).scheme
            absolute, beside = (urljoin(base_uri, reference) for base_uri in (base.base, base.uri))
        except ValueError as error:
            raise Refused("which is not a valid address", "Correct the reference.") from error
        # A single letter is a drive of Windows.
        if len(scheme) > 1 and not is_web(reference) and urldefrag(reference)[0] not in self._keys:
            raise Refused(
                f"and addresses that begin with {scheme}: are not opened", "Refer to a file beside the document."
            )
        return beside if not scheme and self._is_at_hand(beside) and not self._is_at_hand(absolute) else absolute

    def _is_at_hand(self, uri: str) -> bool:
        """Whether a file was opened already, or can be without the network."""
        bare = urldefrag(uri)[0]
        if self._keys.get(bare) in self._sources:
            return True
        if is_web(bare):
            return copy_of(bare, self._refs) is not None
        try:
            return is_file(file_of(bare, self._folder))
        except Refused:
            return False

    def _key(self, uri: str) -> str:
        if uri not in self._keys:
            self._keys[uri] = uri if is_web(uri) else uri_of(file_of(uri, self._folder))
        return self._keys[uri]

    def _open(self, key: str) -> tuple[Path, str, bytes]:
        if is_web(key):
            return self._open_web(key)
        path = file_of(key, self._folder)
        if not is_file(path):
            raise Refused("which does not exist", "Correct the reference, or put the file there.", missing=True)
        label = str(self._shown_folder / path.relative_to(self._folder))
        return path, label, read_file(path, label)

    def _open_web(self, url: str) -> tuple[Path, str, bytes]:
        label = spoken(url)
        copy = copy_of(url, self._refs)
        if copy is not None:
            return copy, label, read_file(copy, label)
        if not is_allowed(url, self._allow_urls) and not self._allowed_now(url):
            ways = "--allow-url or --fetch" if self._ask is None else "--allow-url"
            remedy = (
                f"Allow it with {ways}, or keep a copy under its host's name and name the folder of copies with --refs."
            )
            raise Refused("which is on the network, where nothing is opened unasked", remedy)
        return Path(unquote(urlsplit(url).path)), label, self._fetch(url)

    def _allowed_now(self, url: str) -> bool:
        """Ask the user for the hosts of all addresses that the files opened so far refer to, this one's among them."""
        if self._ask is None or (host := host_of(url)) is None:
            return False
        referred = {
            host_of_reference
            for source in self._sources.values()
            for host_of_reference in map(host_of, _references(source.data))
            if host_of_reference
        }
        hosts = sorted(
            {host, *(referred_host for referred_host in referred if not is_allowed(referred_host, self._allow_urls))}
        )
        # Not asked again: a document may refer to hundreds of addresses.
        if not self._ask(hosts):
            self._ask = None
            return False
        self._allow_urls += hosts
        return True


def _references(data: Json) -> Iterator[str]:
    """The addresses of the network that a document refers to."""
    references = (node.get("$ref") for node in nodes_in(data) if isinstance(node, dict))
    return (reference for reference in references if isinstance(reference, str) and is_web(reference))


def locate(store: Store, base: Source, reference: str) -> Target:
    """Return the target of a reference, even if that is a reference itself.

    Args:
        store: the files of the document.
        base: the file that contains the reference.
        reference: the text of `$ref`.

    Raises:
        Refused: its file may not be opened, or does not exist.
        DocumentError: its file is not a document.
        LookupError: there is nothing at its pointer.
    """
    uri, fragment = urldefrag(store.absolute(base, reference))
    return _locate(store, uri, fragment)


def _locate(store: Store, uri: str, fragment: str) -> Target:
    from jsonref import JsonRef, JsonRefError

    source = store.source(uri)
    if fragment and not fragment.startswith("/"):
        return _anchored(source, unquote(fragment))
    fragment = _with_slashes(fragment)
    proxy = JsonRef({"$ref": f"{uri}#{fragment}"}, base_uri=source.uri, _store=store)
    try:
        value: Json = proxy.__subject__
    except JsonRefError as error:
        raise LookupError(fragment) from error
    parts = [part.replace("~1", "/").replace("~0", "~") for part in unquote(fragment).split("/")[1:]]
    return Target(source, join("", *parts), value)


def _with_slashes(fragment: str) -> str:
    """Return a pointer whose escaped slashes, which are of names, survive that it is unquoted before it is split."""
    return fragment.replace("%2F", "~1").replace("%2f", "~1")


def locate_through(store: Store, base: Source, reference: str) -> Target:
    """Return the target of a reference whose path contains a reference, which a pointer cannot pass.

    Raises:
        LookupError: there is nothing at its pointer.
        Refused, DocumentError: as in `locate`.
    """
    uri, fragment = urldefrag(store.absolute(base, reference))
    if not fragment.startswith("/"):
        raise LookupError(fragment)
    target = _locate(store, uri, "")
    hops = 0
    for part in unquote(_with_slashes(fragment)).split("/")[1:]:
        while isinstance(target.value, dict) and isinstance(target.value.get("$ref"), str) and hops < _MAX_HOPS:
            hops += 1
            target = locate(store, target.source, str(target.value["$ref"]))
        target = Target(target.source, f"{target.pointer}/{part}", step(target.value, unescape(part)))
    return target


def reference_to(store: Store, base: Source, target: Target) -> str:
    """Spell a reference from one file to a place in another."""
    pointer = quote(target.pointer, safe="/~")
    if is_web(target.source.uri):
        return f"{urldefrag(target.source.uri)[0]}#{pointer}"
    target_path, here = (PurePosixPath(store.portable(source.uri)) for source in (target.source, base))
    return f"{quote(relpath(target_path, here.parent))}#{pointer}"


def _anchored(source: Source, name: str) -> Target:
    for pointer, node in placed(source.data):
        if isinstance(node, dict) and node.get("$anchor") == name:
            return Target(source, pointer, node)
    raise LookupError(name)
