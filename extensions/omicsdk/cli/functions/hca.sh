unalias hca 2>/dev/null || :
hca() {
  case " ${1-} ${2-} ${3-} " in
    " dss "*|" --log-level"*" dss "*|" auth "*|" --log-level"*" auth "*) command omics --yes --output json "$@" ;;
    *) command omics "$@" ;;
  esac
}
