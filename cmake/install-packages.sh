#!/bin/sh
# Installs what eigentune's library, tests, examples and benchmarks need, on Debian 12, Ubuntu 24.04 and newer.
# Usage: sh cmake/install-packages.sh [further packages]
set -eu
if [ "$(id -u)" -eq 0 ]; then run=''; else run='sudo'; fi
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
$run apt-get install -y -qq --no-install-recommends \
  g++ cmake ninja-build git python3 \
  libeigen3-dev libfmt-dev nlohmann-json3-dev libxxhash-dev libsoci-dev libboost-dev libsqlite3-dev libcli11-dev zlib1g-dev libgtest-dev libgmock-dev libbenchmark-dev "$@"
