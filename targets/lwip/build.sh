#!/bin/sh
# Builds the agent into the folder named first; that folder's name says which option set it gets:
# lwip, lwip-default or lwip-asan. lwIP's source comes from Debian's source package.
set -eu

say() { echo "targets/lwip: $*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
built=${1:?usage: build.sh FOLDER}
kit=${TCPASSAY_KIT:-$here/../kit}
sources=${TCPASSAY_SOURCES:-${XDG_CACHE_HOME:-$HOME/.cache}/tcpassay/sources}
mkdir -p "$built" "$sources" || say "cannot write to $built and $sources"
work=$(mktemp -d "$sources/.lwip.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The mirrors that this system's own list names, asked for source packages: with lists and a cache
# of our own, so that nothing of the system's is touched.
fetch() {
	command -v apt-get >/dev/null || say "no apt-get: unpack lwIP 2.1.3 as $sources/lwip"
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	signed=
	if [ -f $keys ]; then signed="[signed-by=$keys] "; fi
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/unpacked"
	apt-get indextargets --format "deb-src $signed\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
		'Created-By: Packages' 'Origin: Debian' | sort -u >"$work/sources.list"
	[ -s "$work/sources.list" ] || say "this system has no list of Debian's packages: apt-get update"
	own="-q -o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=-
		-o Dir::State::lists=$work/lists -o Dir::Cache=$work/cache -o APT::Sandbox::User="
	(
		cd "$work"
		apt-get $own update && apt-get $own source --download-only lwip
	) >"$work/log" 2>&1 || say "cannot fetch the source package lwip: $(grep '^[EW]:' "$work/log" | tail -1)"
	tar -xf "$work"/lwip_*.orig.tar.* -C "$work/unpacked" || say "cannot unpack lwIP's source"
	mv "$work"/unpacked/* "$sources/lwip" 2>/dev/null || [ -d "$sources/lwip" ] ||
		say "cannot write to $sources"
}
[ -d "$sources/lwip" ] || fetch

compiler=gcc
options=-O2
stack=
link=-static # starts in a third of the time
case $(basename "$built") in
lwip-default) options="$options -DPORT_DEFAULTS" ;;
lwip-asan)
	link=
	# Where clang cannot, gcc has the sanitizers too, but no counters. lwIP shifts octets into the
	# sign of an int as a matter of habit (tcp_parseopt): that alone is let pass.
	options="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined
		-fno-sanitize=shift-base -fno-sanitize-recover=all"
	if echo 'int main(void) { return 0; }' >"$work/probe.c" &&
		clang $options -fsanitize-coverage=inline-8bit-counters "$work/probe.c" -o "$work/probe" 2>/dev/null; then
		compiler=clang
		options="$options -DPORT_COVERAGE"
		stack=-fsanitize-coverage=inline-8bit-counters
	fi
	;;
esac
command -v $compiler >/dev/null || say "no $compiler: install the package $compiler"

# Agent and port first, lwIP's own files after: only these have counters.
cd "$work"
core=$sources/lwip/src/core
options="-std=gnu99 $options -I$here/port -I$kit/c -I$sources/lwip/src/include"
{
	$compiler $options -Wall -Wextra -Wno-unused-parameter -c "$here"/agent.c "$here"/port/*.c &&
	printf '%s\n' $core/*.c $core/ipv4/*.c $core/ipv6/*.c |
	xargs -P "$(nproc)" -n 8 $compiler $options $stack -w -c &&
	$compiler $options $link -o agent ./*.o
} >log 2>&1 || { tail -20 log >&2; say "$compiler failed, see above"; }
mv agent "$built/agent"
