#!/bin/sh
# Builds the agent into the folder that is named first, from Debian's packages alone.
set -eu

say() { echo "targets/gvisor: $*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
built=${1:?usage: build.sh FOLDER}
kit=${TCPASSAY_KIT:-$here/../kit}
gopath=/usr/share/gocode
command -v go >/dev/null || say "no go: install the package golang-go"
[ -d "$gopath/src/gvisor.dev/gvisor/pkg/tcpip" ] ||
	say "no gvisor.dev/gvisor in $gopath: install the package golang-gvisor-gvisor-dev"
version=$(dpkg-query -W -f '${Version}' golang-gvisor-gvisor-dev 2>/dev/null) || version=unknown

mkdir -p "$built" && work=$(mktemp -d "$built/.build.XXXXXX") || say "cannot write to $built"
trap 'rm -rf "$work"' EXIT
cp "$here"/*.go "$kit"/go/*.go "$work"
cd "$work"
GO111MODULE=off GOPATH=$gopath GOFLAGS= CGO_ENABLED=0 \
	go build -ldflags "-s -w -X main.version=$version" -o agent . 2>errors ||
	say "go build: $(grep -v '^#' errors | head -n 1)"
mv agent "$built/agent"
