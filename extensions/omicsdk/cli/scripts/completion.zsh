#compdef omics
# Completion of omics for zsh, made by: omics completion zsh
_omics() {
  local -a found folders
  local line mode
  while IFS= read -r line; do
    case $line in
      words|files) [[ -z $mode ]] && mode=$line && continue ;|
      */) folders+=("$line") ;;
      *) found+=("$line") ;;
    esac
  done < <(omics __complete zsh "=${(Q)PREFIX}" "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)
  (( $#found )) && _describe -t words omics found
  (( $#folders )) && _describe -t folders omics folders -S ''
  if [[ $mode == files ]]; then
    compset -P '--*='
    _files
  fi
}
if [[ $funcstack[1] == _omics ]]; then
  _omics "$@"
else
  compdef _omics omics
fi
