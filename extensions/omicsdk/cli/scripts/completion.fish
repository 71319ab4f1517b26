# Completion of omics for fish, made by: omics completion fish
function __omics_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -e words[1]
  set -l found (omics __complete fish "=$current" $words 2>/dev/null)
  set -l mode $found[1]
  set -e found[1]
  if test "$mode" = files
    __fish_complete_path $current
  end
  if set -q found[1]
    printf '%s\n' $found
  end
end
complete -c omics -f -a '(__omics_complete)'
