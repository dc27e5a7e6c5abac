"""Runs cargo in this repository and measures it."""

import json
import os
import pathlib
import resource
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def target_directory():
    return pathlib.Path(json.loads(output("metadata", "--no-deps", "--format-version", "1"))["target_directory"])


def output(*arguments):
    """What cargo prints."""
    command = ["cargo", arguments[0], "--locked", *arguments[1:]]
    return subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout


def cargo(*arguments, target):
    """Runs cargo with a target directory of its own; returns the elapsed and the CPU time in seconds."""
    environment = {**os.environ, "CARGO_INCREMENTAL": "0", "CARGO_TARGET_DIR": str(target)}
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    # In the repository, whose pinned toolchain is the one that counts.
    subprocess.run(["cargo", *arguments], cwd=REPOSITORY, env=environment, check=True)
    elapsed, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
