"""Runs the official conformance suite over HTTP: conformance.py PROGRAM FIXTURES NODE CONFORMANCE

Against the program itself, what may fail is listed, with the reason, in conformance/<protocol version>.yml. Both a failure
that is not listed and a listed one that passes fail the run. Against the fixtures, which are the same server with tools that
the suite calls by name, what must pass is listed here.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from checks import Checks
from served import Served

# Scenarios, or single checks of one, for the fixtures that ask nobody and for those that ask before each message.
FIXTURES = {
    "2026-07-28": (
        [
            "tools-call-simple-text",
            "tools-call-error",
            "tools-call-with-progress",
            "server-stateless:sep-2575-server-no-log-without-loglevel",
        ],
        [
            "input-required-result-request-state",
            "input-required-result-tampered-state",
            "input-required-result-missing-input-response",
            "input-required-result-validate-input",
            "input-required-result-result-type",
            "server-stateless:sep-2575-http-server-no-independent-requests-on-stream",
        ],
    ),
    "2025-11-25": (
        [
            "tools-call-simple-text",
            "tools-call-error",
            "tools-call-with-progress",
            "server-sse-polling:server-sse-disconnect-resume",
        ],
        ["tools-call-elicitation"],
    ),
}


ENVIRONMENT = {"DINGTALK_BOT_ACCESS_TOKEN": "no-message-is-sent", "DINGTALK_NOTIFY_NO_STATE": "1"}


class Suite:
    def __init__(self, *command):
        self._command = command

    def run(self, url, version, folder, *options):
        """The exit code, and what it said."""
        command = [*self._command, "server", "--url", url, "--requirements", version, "-o", folder, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout + done.stderr


def run_program(suite, url, version, folder):
    baseline = pathlib.Path(__file__).with_name("conformance") / f"{version}.yml"
    code, said = suite.run(url, version, folder, "--expected-failures", str(baseline))
    # Whoever ran nothing has found nothing.
    total = re.search(r"^Total: .*$", said, re.MULTILINE)
    assert code == 0 and total, said
    print(f"        {total[0]}; every failure is listed")


def results(folder):
    """The outcome of each check of each scenario."""
    found = {}
    for file in pathlib.Path(folder).glob("server-*/checks.json"):
        scenario = re.fullmatch(r"server-(.+?)-\d{4}-\d\d-\d\dT.*", file.parent.name)[1]
        for check in json.loads(file.read_text()):
            found.setdefault(scenario, {}).setdefault(check["id"], []).append(check)
    return found


def assert_passed(found, wanted):
    scenario, _, only = wanted.partition(":")
    checks = [check for name, group in found[scenario].items() if only in ("", name) for check in group]
    assert checks, f"{wanted} was not run"
    failed = [check for check in checks if check["status"] != "SUCCESS"]
    assert not failed, json.dumps(failed, indent=2)


def main(program, fixtures, *command):
    check = Checks("Conformance")
    suite = Suite(*command)
    with Served(program, "serve", "--http", "127.0.0.1:0", environment=ENVIRONMENT) as [url]:
        for version in FIXTURES:
            with check(f"{version}: the program"), tempfile.TemporaryDirectory() as folder:
                run_program(suite, url, version, folder)
    for version, groups in FIXTURES.items():
        # A new process for each, since a call that is made again is not sent again.
        with Served(fixtures, environment=ENVIRONMENT, addresses=len(groups)) as urls:
            for url, scenarios in zip(urls, groups):
                with tempfile.TemporaryDirectory() as folder:
                    suite.run(url, version, folder)
                    found = results(folder)
                for wanted in scenarios:
                    with check(f"{version}: {wanted}"):
                        assert_passed(found, wanted)
    check.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
