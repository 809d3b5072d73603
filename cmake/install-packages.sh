#!/bin/sh
# Installs what hastur needs on Debian 12 or a relative: to build, to run, and with --tests also to test. Run as root.
set -eu
build="g++ cmake ninja-build pkg-config musl-tools libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev
       libmount-dev libnl-3-dev libnl-route-3-dev nettle-dev"
run="systemd-container mmdebstrap nftables gpg"
tests="libgtest-dev libgmock-dev iproute2 iputils-ping procps util-linux debootstrap iptables strace e2fsprogs
       clang libclang-rt-14-dev"
[ "${1-}" = --tests ] || tests=
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 # they are lists
apt-get install -q -y --no-install-recommends $build $run $tests
