# Writes what is below the folder $1: how many bytes, so many bytes of modes that stood in the way, then a compressed archive.
cd -- "$1" && modes=$(mktemp) || exit 9
again() {
  tac -s '' -- "$modes" | while IFS= read -r -d '' each; do chmod -- "${each%% *}" "${each#* }"; done
  rm -f -- "$modes"
}
trap again EXIT
# What its owner may not read is opened for as long as this takes.
find . -type d ! -perm -u=rx -printf '%m %p\0' -exec chmod u+rx -- {} \; \
  -o -type f ! -perm -u=r -printf '%m %p\0' -exec chmod u+r -- {} \; >"$modes"
stat -c %s -- "$modes" && cat -- "$modes" || exit 9
tar --create --format=posix --pax-option=delete=atime,delete=ctime --sparse --sort=none . | gzip -1
ended=("${PIPESTATUS[@]}")
[ "${ended[1]}" = 0 ] && exit "${ended[0]}"
exit 9
