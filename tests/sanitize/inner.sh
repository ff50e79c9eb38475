#!/bin/bash
# inner.sh DIR LABEL - the tests of another build, as one test of this one. A label without tests fails.
set -euo pipefail
exec ctest --test-dir "$1" --output-on-failure --no-tests=error --no-label-summary -j 2 -L "^($2)\$"
