"""Runs the official conformance suite against the built server over HTTP: conformance.py PROGRAM NODE CONFORMANCE

What may fail is listed, with the reason, in conformance/<protocol version>.yml. Both a failure that is not listed and a
listed one that passes fail the run.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

VERSIONS = ["2026-07-28", "2025-11-25"]


def serve(program):
    """Starts the server on a free port; returns the process and its address."""
    environment = {"DINGTALK_BOT_ACCESS_TOKEN": "no-message-is-sent"}
    command = [program, "serve", "--http", "127.0.0.1:0"]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    return server, server.stderr.readline().split()[-1]


def run(node, conformance, url, version, folder):
    baseline = pathlib.Path(__file__).with_name("conformance") / f"{version}.yml"
    command = [node, conformance, "server", "--url", url, "--requirements", version]
    command += ["--expected-failures", str(baseline), "-o", os.path.join(folder, version)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    output = result.stdout + result.stderr
    total = re.search(r"^Total: .*$", output, re.MULTILINE)
    # Whoever ran nothing has found nothing.
    if result.returncode == 0 and total:
        print(f"ok      conformance {version}: {total[0]}; every failure is listed")
        return True
    print(output)
    print(f"FAILED  conformance {version}")
    return False


def main():
    program, node, conformance = sys.argv[1:]
    server, url = serve(program)
    try:
        with tempfile.TemporaryDirectory() as folder:
            passed = [run(node, conformance, url, version, folder) for version in VERSIONS]
    finally:
        server.terminate()
        server.wait()
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
