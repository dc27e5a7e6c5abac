"""The MCP Inspector's command line drives the server over stdio and HTTP: is everything portable, does a call do what it says,
and do many at the same time?

The Inspector is the strictest client here: it lints schemas, and holds every structured answer, errors among them,
against the tool's output schema, as clients of the TypeScript SDK do.

Usage: inspector.py PROGRAM NODE INSPECTOR
"""

import json
import pathlib
import subprocess
import sys

from checks import Checks
from robots import QUIET, Sandbox
from served import Served

ERAS = ["legacy", "modern", "auto"]

# `auto` is one of these two, and tried over stdio.
HTTP_ERAS = ["legacy", "modern"]

# The Inspector's own exit code for an answer that is an error.
EXIT_TOOL_ERROR = 5

# Starting Node.js twice on a busy machine takes a few seconds.
PATIENCE_SECONDS = 60

TOOLS = [f"send_{kind}_message" for kind in ("text", "markdown", "link", "action_card", "feed_card")]

TEXT = "值班 🚨 \"quoted\" 'single' \\ back\\nslash\nline 2 $HOME `x` {text} = [1]"


# Calls of one load, and how many of them are under way at the same time.
LOAD_REQUESTS, LOAD_CONCURRENCY = 200, 8

# How much more memory the server may hold after both loads. It grew by 4 MiB in a debug build.
LOAD_KIB = 16 * 1024


class Inspector:
    def __init__(self, command, target, era):
        self._command = [*command, "--cli", *target, "--protocol-era", era, "--format", "json"]

    @classmethod
    def over_stdio(cls, command, program, era, environment):
        settings = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        return cls(command, [*settings, program, "serve"], era)

    @classmethod
    def over_http(cls, command, address, era):
        return cls(command, [address, "--transport", "http"], era)

    def run(self, *arguments):
        """The result, what went to stderr, the exit code."""
        done = subprocess.run(
            [*self._command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )
        result = json.loads(done.stdout)["result"] if done.stdout.strip() else None
        return result, done.stderr, done.returncode

    def call(self, tool, arguments, *options):
        arguments = json.dumps(arguments, ensure_ascii=False)
        return self.run("--method", "tools/call", "--tool-name", tool, "--tool-args-json", arguments, *options)


def list_strictly(inspector):
    result, said, code = inspector.run("--method", "tools/list", "--strict")
    assert code == 0, (code, said)
    # Warnings would come here: the lint exits with 0 for them.
    assert said.strip() == "", said
    assert [tool["name"] for tool in result["tools"]] == TOOLS, result


def send(inspector, sandbox, tool, arguments, kind, expected):
    result, said, code = inspector.call(tool, arguments)
    assert code == 0, (code, said)
    message = sandbox.last_message()
    assert message["msgtype"] == kind, message
    assert message[kind] == expected, message
    assert result["structuredContent"]["id"] == message["msgUuid"], (result, message)


def assert_error(outcome, *words):
    """The client shows the error's text, and does not stumble over its structured part."""
    result, said, code = outcome
    assert code == EXIT_TOOL_ERROR, (code, said)
    assert result["isError"] is True, result
    text = result["content"][0]["text"]
    assert all(word in text for word in words), (words, text)


def check_calls(check, where, inspector, sandbox):
    with check(f"{where}: a strict list"):
        list_strictly(inspector)
    with check(f"{where}: text"):
        send(inspector, sandbox, "send_text_message", {"text": TEXT}, "text", {"content": TEXT})
    with check(f"{where}: Markdown"):
        markdown = {"title": "值班 🚨", "text": f"### 值班\n\n{TEXT}"}
        send(inspector, sandbox, "send_markdown_message", markdown, "markdown", markdown)
    with check(f"{where}: a mistake"):
        assert_error(inspector.call("send_text_message", {"text": "", "colour": 1}), "`text`", "`colour`")


def check_stdio(check, command, program, era):
    with Sandbox(program) as sandbox:
        inspector = Inspector.over_stdio(command, program, era, sandbox.environment)
        check_calls(check, f"stdio, {era}", inspector, sandbox)
        with check(f"stdio, {era}: a message that the robot refuses"):
            wrong = sandbox.environment | {"DINGTALK_BOT_SECRET": "SEC" + "0" * 64}
            inspector = Inspector.over_stdio(command, program, era, wrong)
            assert_error(inspector.call("send_text_message", {"text": "x"}), "310000")


def check_http(check, command, program, era):
    with Sandbox(program) as sandbox:
        serve = Served(program, "serve", "--http", "127.0.0.1:0", environment=sandbox.environment)
        with serve as [address]:
            check_calls(check, f"HTTP, {era}", Inspector.over_http(command, address, era), sandbox)


def memory(process):
    """The memory that a process holds, in KiB; none where the system does not tell it this way."""
    status = pathlib.Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return None
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS:"))


def check_load(check, command, program):
    """Every call of a load is answered, and the server does not grow by them."""
    serve = Served(program, "serve", "--dry-run", "--http", "127.0.0.1:0", environment=QUIET)
    with serve as [address]:
        before = memory(serve.process)
        for era in HTTP_ERAS:
            with check(f"HTTP, {era}: a load"):
                load = ["--load", "--load-requests", str(LOAD_REQUESTS), "--load-concurrency", str(LOAD_CONCURRENCY)]
                inspector = Inspector.over_http(command, address, era)
                result, said, code = inspector.call("send_text_message", {"text": "x"}, *load)
                assert code == 0, (code, said)
                assert (result["ok"], result["errors"], result["toolErrors"]) == (LOAD_REQUESTS, 0, 0), result
                print(f"        {result['throughput']} calls/s, 99 % within {result['latencyMs']['p99']} ms")
        if before is not None:
            with check("HTTP: memory after the loads"):
                after = memory(serve.process)
                print(f"        {before} KiB before, {after} KiB after")
                assert after - before < LOAD_KIB, (before, after)


def main(program, *command):
    check = Checks("Inspector")
    for era in ERAS:
        check_stdio(check, command, program, era)
    for era in HTTP_ERAS:
        check_http(check, command, program, era)
    check_load(check, command, program)
    check.finish()


main(*sys.argv[1:])
