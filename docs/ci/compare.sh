#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# compare.sh TREE BASE HEAD [FOLDER]: for the CI of a kernel tree. TREE is its repository, BASE and HEAD are commits of
# it, FOLDER is where the reports go. The exit status is that of ./phyr compare: 0 no regression, 1 an error, 2 a
# regression, 4 nothing could be compared, 255 a kernel did not boot. SUITE and CONFIG, a fragment, may be set.

set -eu
if [ $# -lt 3 ]; then
	echo "usage: compare.sh TREE BASE HEAD [FOLDER]" >&2
	exit 1
fi
tree=$1 base=$2 head=$3 folder=${4:-report}
phyr=$(dirname "$(readlink -f "$0")")/../../phyr

mkdir -p "$folder"
exec "$phyr" compare --tree "$tree" "$base" "$head" --suite "${SUITE:-quick}" ${CONFIG:+--config "$CONFIG"} \
	--markdown "$folder/report.md" --html "$folder/report.html" --junit "$folder/junit.xml" \
	--json "$folder/comparison.json"
