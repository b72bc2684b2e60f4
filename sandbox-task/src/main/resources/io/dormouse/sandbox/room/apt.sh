# Debian packages for a user who is not root and cannot become it: apt resolves and fetches them, and checks their
# signatures; their files go below ~/.local/apt, where the room's variables (PATH and its like) point. Scripts of
# packages do not run. APT_SOURCES, lines as of sources.list, stands for the distribution's own.
extract_packages() {
  target=$HOME/.local/apt
  work=$(mktemp -d) || return
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$target" "$work/lists/partial" "$work/cache/archives/partial" || return
  . /etc/os-release
  if [ -z "${APT_SOURCES:-}" ]; then
    case "$ID" in
      debian)
        keys="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        mirror="deb $keys http://deb.debian.org/debian"
        APT_SOURCES="$mirror $VERSION_CODENAME main
$mirror $VERSION_CODENAME-updates main
$mirror-security $VERSION_CODENAME-security main" ;;
      ubuntu)
        keys="[signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg]"
        mirror=http://ports.ubuntu.com/ubuntu-ports
        [ "$(dpkg --print-architecture)" != amd64 ] || mirror=http://archive.ubuntu.com/ubuntu
        mirror="deb $keys $mirror"
        APT_SOURCES="$mirror $VERSION_CODENAME main universe
$mirror $VERSION_CODENAME-updates main universe
$mirror $VERSION_CODENAME-security main universe" ;;
      *) echo "no source of packages is known for $ID"; return 1 ;;
    esac
  fi
  printf '%s\n' "$APT_SOURCES" >"$work/sources.list"
  apt="apt-get -qq -y -o Dir::State=$work -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$work/cache
    -o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=/dev/null -o Debug::NoLocking=1
    -o Acquire::Languages=none -o Acquire::GzipIndexes=true -o APT::Update::Error-Mode=any"
  $apt update && $apt install --download-only --no-install-recommends -- "$@" || return
  for archive in "$work"/cache/archives/*.deb; do
    [ -e "$archive" ] || continue
    name=$(dpkg-deb --field "$archive" Package)
    # A newer libc under the system's own loader would break every program. Only what was asked for goes above the system.
    if dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed; then
      case " $* " in *" $name "* | *" $name="* | *" $name:"*) ;; *) continue ;; esac
    fi
    dpkg-deb --extract "$archive" "$target" || return
  done
}
extract_packages
