"""The MCP Inspector's command line drives the server: is everything portable, and does a call do what it says?

The Inspector is the strictest client here: it lints schemas, and holds every structured answer, errors among them,
against the tool's output schema, as clients of the TypeScript SDK do.

Usage: inspector.py PROGRAM NODE INSPECTOR
"""

import json
import subprocess
import sys

from checks import Checks
from robots import Sandbox

ERAS = ["legacy", "modern", "auto"]

# The Inspector's own exit code for an answer that is an error.
EXIT_TOOL_ERROR = 5

# Starting Node.js twice on a busy machine takes a few seconds.
PATIENCE_SECONDS = 60

TOOLS = [f"send_{kind}_message" for kind in ("text", "markdown", "link", "action_card", "feed_card")]

TEXT = "值班 🚨 \"quoted\" 'single' \\ back\\nslash\nline 2 $HOME `x` {text} = [1]"


class Inspector:
    def __init__(self, command, program, era, environment):
        settings = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        self._command = [*command, "--cli", *settings, program, "serve", "--protocol-era", era, "--format", "json"]

    def run(self, *arguments):
        """The result, what went to stderr, the exit code."""
        done = subprocess.run(
            [*self._command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )
        result = json.loads(done.stdout)["result"] if done.stdout.strip() else None
        return result, done.stderr, done.returncode

    def call(self, tool, arguments):
        arguments = json.dumps(arguments, ensure_ascii=False)
        return self.run("--method", "tools/call", "--tool-name", tool, "--tool-args-json", arguments)


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


def check_era(check, command, program, era):
    with Sandbox(program) as sandbox:
        inspector = Inspector(command, program, era, sandbox.environment)
        with check(f"{era}: a strict list"):
            list_strictly(inspector)
        with check(f"{era}: text"):
            send(inspector, sandbox, "send_text_message", {"text": TEXT}, "text", {"content": TEXT})
        with check(f"{era}: Markdown"):
            markdown = {"title": "值班 🚨", "text": f"### 值班\n\n{TEXT}"}
            send(inspector, sandbox, "send_markdown_message", markdown, "markdown", markdown)
        with check(f"{era}: a mistake"):
            assert_error(inspector.call("send_text_message", {"text": "", "colour": 1}), "`text`", "`colour`")
        with check(f"{era}: a message that the robot refuses"):
            wrong = sandbox.environment | {"DINGTALK_BOT_SECRET": "SEC" + "0" * 64}
            inspector = Inspector(command, program, era, wrong)
            assert_error(inspector.call("send_text_message", {"text": "x"}), "310000")


def main(program, *command):
    check = Checks("Inspector")
    for era in ERAS:
        check_era(check, command, program, era)
    check.finish()


main(*sys.argv[1:])
