#!/usr/bin/env python3
"""As measured.py, for the event that Codex passes as an argument."""

import json
import os
import subprocess
import sys
import time

begin = time.monotonic()
run = subprocess.run([os.environ["HOOK_PROGRAM"], *sys.argv[1:]], stdin=subprocess.DEVNULL, capture_output=True)
took = time.monotonic() - begin
note = {"payload": sys.argv[-1], "ms": round(took * 1000, 1), "code": run.returncode,
        "stdout": run.stdout.decode(), "stderr": run.stderr.decode()}
with open(os.environ["HOOK_NOTES"], "a", encoding="utf-8") as notes:
    notes.write(json.dumps(note) + "\n")
