# Completion of omics for bash, made by: omics completion bash
_omics() {
  local line= mode=words
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == */ ]]; then compopt -o nospace 2>/dev/null; fi
    COMPREPLY+=("$line")
  done < <(omics __complete bash "=${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  if ((${#COMPREPLY[@]})); then mode=${COMPREPLY[0]}; COMPREPLY=("${COMPREPLY[@]:1}"); fi
  if [[ $mode == words ]]; then
    compopt +o default 2>/dev/null
  elif ((${#COMPREPLY[@]})); then
    while IFS= read -r line; do
      COMPREPLY+=("$(printf %q "$line")")
    done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
  fi
}
complete -o default -F _omics omics
