#!/usr/bin/env python3
"""Stands in the place of the program in the settings of an agent: runs it, and notes what the agent sees of it."""

import json
import os
import subprocess
import sys
import time

given = sys.stdin.buffer.read()
begin = time.monotonic()
run = subprocess.run([os.environ["HOOK_PROGRAM"], *sys.argv[1:]], input=given, capture_output=True)
took = time.monotonic() - begin
note = {"payload": given.decode(), "ms": round(took * 1000, 1), "code": run.returncode,
        "stdout": run.stdout.decode(), "stderr": run.stderr.decode()}
with open(os.environ["HOOK_NOTES"], "a", encoding="utf-8") as notes:
    notes.write(json.dumps(note) + "\n")
sys.stdout.buffer.write(run.stdout)
sys.stderr.buffer.write(run.stderr)
sys.exit(run.returncode)
