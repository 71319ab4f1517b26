"""Static completion scripts: made once from the catalog, so that no key press starts Python."""

from __future__ import annotations

from omicsdk.cli.options import GLOBALS, flags, global_arguments, own_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from omicsdk.cli.catalog import Catalog, Group
    from omicsdk.cli.shapes import Argument


_HELP = "help"
"""The command that other commands' words follow: behind it scripts go on as if it weren't there."""


class Place:
    """What may be typed after some words.

    Attributes:
        path: The words, joined by blanks.
        words: Commands and groups that may follow, each with its summary; empty after a command.
        options: What a command or the program takes.
    """

    __slots__ = ("options", "path", "words")

    def __init__(self, path: str, words: dict[str, str], options: list[Argument]) -> None:
        self.path = path
        self.words = words
        self.options = options


def script(shell: str, catalog: Catalog) -> str:
    """The completion script of a shell.

    Args:
        shell: bash, zsh, fish or powershell.
        catalog: The commands.
    """
    writers = {"bash": _bash, "zsh": _zsh, "fish": _fish, "powershell": _powershell}
    found = list(places(catalog.root()))
    for place in found:
        if place.path == _HELP:
            place.words = _topics() | {word: text for word, text in found[0].words.items() if word != _HELP}
    return writers[shell](found).rstrip("\n")


def _topics() -> dict[str, str]:
    from omicsdk.cli.topics import TOPICS

    return {"topics": "Topics that there is help on", **{name: title for name, (title, _) in TOPICS.items()}}


def places(group: Group) -> Iterator[Place]:
    """Every group and command below a group, itself included."""
    words = dict([*group.groups(), *group.handwritten(), *group.operations()])
    words = {word: words[word] for word in _harmless(words)}
    yield Place(" ".join(group.path), words, list(GLOBALS))
    for found in group.found():
        own = own_arguments(found.command)
        options = [argument for argument in own if not argument.get("positional")]
        # The values of a word without a dash are offered like commands.
        values = dict.fromkeys((word for a in own if a.get("positional") for word in _choices(a)), "")
        yield Place(" ".join(found.path), values, [*options, *global_arguments(own)])
    for below in group.below():
        yield from places(below)


def _first_sentence(text: str | None, limit: int = 70) -> str:
    line = " ".join((text or "").split()).partition(". ")[0].rstrip(".")
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def _single(text: str) -> str:
    """A single-quoted word of a POSIX shell; what an answer's document says never becomes code."""
    return "'" + "".join(c for c in text if c.isprintable()).replace("'", "'\\''") + "'"


def _takes_value(argument: Argument) -> bool:
    return not argument.get("flag") and argument.get("type") != "boolean"


def _choices(argument: Argument) -> list[str]:
    if argument.get("type") == "boolean" and not argument.get("flag"):
        return ["true", "false"]
    return _harmless(argument.get("choices") or ())


def _harmless(words: Iterable[object]) -> list[str]:
    """The words that no shell takes for more than words: bash and fish expand what they are given to offer."""
    texts = map(str, words)
    return [text for text in texts if text and all(c.isascii() and (c.isalnum() or c in "-_.:/+@,=") for c in text)]


def _own(place: Place) -> tuple[list[Argument], bool]:
    """What a place takes beside the global options, and whether it takes all of those: they are written once."""
    first = len(place.options) - len(GLOBALS)
    if first >= 0 and place.options[first:] == GLOBALS:
        return place.options[:first], True
    return place.options, False


def _value_flags() -> str:
    return "|".join(spelling for argument in GLOBALS if _takes_value(argument) for spelling in flags(argument))


def _bash(found: list[Place]) -> str:
    words = "\n".join(f"    {_single(p.path)}) echo {_single(' '.join(p.words))} ;;" for p in found if p.words)
    everywhere = " ".join(s for a in GLOBALS for s in flags(a))
    options = "\n".join(
        f"    {_single(p.path)}) echo {_single(' '.join(s for a in own for s in flags(a)))}{' $everywhere' * shared} ;;"
        for p in found
        for own, shared in [_own(p)]
    )
    values = "\n".join(
        f"    {_single(f'{p.path} {spelling}'.strip())}) echo {_single(' '.join(_choices(a)))} ;;"
        for p in found
        for a in p.options
        if _choices(a)
        for spelling in flags(a)
    )
    return f"""# Completion of omics for bash; made by: omics completion bash
_omics_words() {{
  case $1 in
{words}
  esac
}}
_omics_options() {{
  local everywhere={_single(everywhere)}
  case $1 in
{options}
  esac
}}
_omics_values() {{
  case $1 in
{values}
  esac
}}
_omics() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} path= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    case $word in
      {_value_flags()}) ((i++)) ;;
      -*) ;;
      *) [[ " $(_omics_words "$path") " == *" $word "* ]] && path="${{path:+$path }}$word" && path=${{path#{_HELP} }} ;;
    esac
  done
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(_omics_options "$path")" -- "$current"))
  elif [[ $previous == -* && -n $(_omics_values "${{path:+$path }}$previous") ]]; then
    COMPREPLY=($(compgen -W "$(_omics_values "${{path:+$path }}$previous")" -- "$current"))
  elif [[ $previous != -* && -n $(_omics_words "$path") ]]; then
    COMPREPLY=($(compgen -W "$(_omics_words "$path")" -- "$current"))
  fi
}}
complete -o default -F _omics omics
"""


def _zsh(found: list[Place]) -> str:
    def described(word: str, text: str | None) -> str:
        return _single(f"{word.replace(':', chr(92) + ':')}:{_first_sentence(text)}")

    words = "\n".join(
        f"    {_single(p.path)}) reply=({' '.join(described(w, s) for w, s in p.words.items())}) ;;"
        for p in found
        if p.words
    )
    everywhere = " ".join(described(s, a.get("help")) for a in GLOBALS for s in flags(a))
    shown = ' "${everywhere[@]}"'
    options = "\n".join(
        f"    {_single(p.path)}) reply=({' '.join(described(s, a.get('help')) for a in own for s in flags(a))}"
        f"{shown * shared}) ;;"
        for p in found
        for own, shared in [_own(p)]
    )
    values = "\n".join(
        f"    {_single(f'{p.path} {spelling}'.strip())}) reply=({' '.join(map(_single, _choices(a)))}) ;;"
        for p in found
        for a in p.options
        if _choices(a)
        for spelling in flags(a)
    )
    return f"""#compdef omics
# Completion of omics for zsh; made by: omics completion zsh
_omics_words() {{
  reply=()
  case $1 in
{words}
  esac
}}
_omics_options() {{
  local -a everywhere=({everywhere})
  reply=()
  case $1 in
{options}
  esac
}}
_omics_values() {{
  reply=()
  case $1 in
{values}
  esac
}}
_omics() {{
  local -a reply
  local place= word previous=${{words[CURRENT-1]}} i
  for ((i = 2; i < CURRENT; i++)); do
    word=${{words[i]}}
    case $word in
      {_value_flags()}) ((i++)) ;;
      -*) ;;
      *)
        _omics_words "$place"
        (( ${{reply[(I)$word:*]}} )) && place="${{place:+$place }}$word" && place=${{place#{_HELP} }}
        ;;
    esac
  done
  if [[ $previous == -* ]]; then
    _omics_values "${{place:+$place }}$previous"
    if (( ${{#reply}} )); then
      compadd -a reply
      return
    fi
  fi
  if [[ ${{words[CURRENT]}} == -* ]]; then
    _omics_options "$place"
    _describe option reply
  else
    _omics_words "$place"
    if (( ${{#reply}} )) && [[ $previous != -* ]]; then
      _describe command reply
    else
      _files
    fi
  fi
}}
if [[ $funcstack[1] == _omics ]]; then
  _omics "$@"
else
  compdef _omics omics
fi
"""


def _fish(found: list[Place]) -> str:
    def quoted(text: str) -> str:
        plain = "".join(c for c in text if c.isprintable())
        return "'" + plain.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def offered(words: Iterable[tuple[str, str | None]]) -> str:
        pairs = " ".join(f"{quoted(word)} {quoted(_first_sentence(text))}" for word, text in words)
        return f"printf '%s\\t%s\\n' {pairs}" if pairs else "true"

    def case(path: str, lines: str) -> str:
        return f"    case {quoted(path)}\n      {lines}"

    def spelled(arguments: Iterable[Argument]) -> str:
        return offered((s, a.get("help")) for a in arguments for s in flags(a))

    words = "\n".join(case(p.path, offered(p.words.items())) for p in found if p.words)
    options = "\n".join(
        case(p.path, f"{spelled(own)}{'; __omics_everywhere' * shared}") for p in found for own, shared in [_own(p)]
    )
    values = "\n".join(
        case(f"{p.path} {spelling}".strip(), f"string split ' ' -- {quoted(' '.join(_choices(a)))}")
        for p in found
        for a in p.options
        if _choices(a)
        for spelling in flags(a)
    )
    return f"""# Completion of omics for fish; made by: omics completion fish
function __omics_words
  switch $argv[1]
{words}
  end
end
function __omics_everywhere
  {spelled(GLOBALS)}
end
function __omics_options
  switch $argv[1]
{options}
  end
end
function __omics_values
  switch $argv[1]
{values}
  end
end
function __omics_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l place ''
  set -l skip 0
  for word in $words[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case {" ".join(_value_flags().split("|"))}
        set skip 1
      case '-*'
        continue
      case '*'
        if contains -- $word (__omics_words "$place" | string replace -r '\\t.*' '')
          set place (string trim -- "$place $word" | string replace -r '^{_HELP} ' '')
        end
    end
  end
  if string match -q -- '-*' $current
    __omics_options "$place"
    return
  end
  if string match -q -- '-*' $words[-1]
    set -l offered (__omics_values (string trim -- "$place $words[-1]"))
    if set -q offered[1]
      printf '%s\\n' $offered
      return
    end
  else
    set -l offered (__omics_words "$place")
    if set -q offered[1]
      printf '%s\\n' $offered
      return
    end
  end
  __fish_complete_path $current
end
complete -c omics -f -a '(__omics_complete)'
"""


def _powershell(found: list[Place]) -> str:
    def quoted(text: str) -> str:
        # PowerShell ends a single-quoted string at typographic quotes too.
        plain = "".join(c for c in text if c.isprintable())
        return "'" + "".join(c * 2 if c in "'\u2018\u2019\u201a\u201b" else c for c in plain) + "'"

    def listed(words: list[str]) -> str:
        return f"@({', '.join(map(quoted, words))})"

    words = "\n".join(f"    {quoted(p.path)} = {listed(list(p.words))}" for p in found if p.words)
    options = "\n".join(f"    {quoted(p.path)} = {listed([s for a in p.options for s in flags(a)])}" for p in found)
    values = "\n".join(
        f"    {quoted(f'{p.path} {spelling}'.strip())} = {listed(_choices(a))}"
        for p in found
        for a in p.options
        if _choices(a)
        for spelling in flags(a)
    )
    return f"""# Completion of omics for PowerShell; made by: omics completion powershell
Register-ArgumentCompleter -Native -CommandName omics -ScriptBlock {{
  param($current, $line, $position)
  $words = @{{
{words}
  }}
  $options = @{{
{options}
  }}
  $values = @{{
{values}
  }}
  $takesValue = {listed(_value_flags().split("|"))}
  $typed = @($line.CommandElements | Where-Object {{ $_.Extent.EndOffset -lt $position }} | ForEach-Object {{ "$_" }})
  $path = ''
  for ($i = 1; $i -lt $typed.Count; $i++) {{
    if ($takesValue -contains $typed[$i]) {{ $i++; continue }}
    if ($typed[$i].StartsWith('-')) {{ continue }}
    if ($words[$path] -contains $typed[$i]) {{ $path = "$path $($typed[$i])".Trim() -replace '^{_HELP} ', '' }}
  }}
  $previous = if ($typed.Count -gt 1) {{ $typed[-1] }} else {{ '' }}
  $offered = if ($current.StartsWith('-')) {{ $options[$path] }}
    elseif ($values.ContainsKey("$path $previous".Trim())) {{ $values["$path $previous".Trim()] }}
    elseif (-not $previous.StartsWith('-')) {{ $words[$path] }}
  $offered | Where-Object {{ $_ -like "$current*" }} | ForEach-Object {{
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }}
}}
"""
