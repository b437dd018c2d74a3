#!/usr/bin/env bash
# A tqdm bar stands still until the clock is again where it was before it stepped back.
#
# The guess, written before the run, was that tqdm measures with a monotonic clock, so that a clock set
# back by an hour (time synchronisation on a machine that was suspended) changes nothing. It uses
# time.time: no line is printed until the hour is over, so a run of hours looks hung, and the
# line at the end shows a negative time and rate.
#
# Versions: tqdm 4.70.1 under Python 3.11. Output seen:
#   20 updates after the step: nothing printed
#   last line: 40%|████ | 40/100 [-59:57<-1:29:56, -0.01it/s]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tqdm==4.70.1 2>/dev/null
"$folder/venv/bin/python" - <<'EOF'
import io
import time

real_time, shift = time.time, [0.0]
time.time = lambda: real_time() + shift[0]

from tqdm import tqdm

screen = io.StringIO()
bar = tqdm(total=100, file=screen)
for _ in range(20):
    time.sleep(0.05)
    bar.update()
before = screen.getvalue()
shift[0] = -3600.0
for _ in range(20):
    time.sleep(0.05)
    bar.update()
after = screen.getvalue()[len(before):]
bar.close()
last = screen.getvalue().split("\r")[-1].strip()
print("lines before the step:", before.count("\r"), "after it:", after.count("\r"))
print("last line:", last)
assert before.count("\r") > 3 and after == "", after
assert "40/100 [-" in last, last
EOF
