# Empties the folder $1 and, unless $2 says no, unpacks there what save.sh wrote.
cd -- "$1" || exit 9
find . -mindepth 1 -type d ! -perm -u=rwx -exec chmod u+rwx -- {} \;
find . -mindepth 1 -delete || exit 9
[ "$2" = no ] && exit 0
modes=$(mktemp) || exit 9
trap 'rm -f -- "$modes"' EXIT
IFS= read -r size && head -c "$size" >"$modes" || exit 9
gzip -dc | tar --extract --preserve-permissions --no-same-owner
ended=("${PIPESTATUS[@]}")
tac -s '' -- "$modes" | while IFS= read -r -d '' each; do chmod -- "${each%% *}" "${each#* }"; done
[ "${ended[0]}" = 0 ] && exit "${ended[1]}"
exit 2
