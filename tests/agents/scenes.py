"""Runs the real agents against a model on loopback, with the hooks as `hook --install --write` writes them, and a robot
in the sandbox. Checks what the agents see of each hook and what the group is told.

Usage: scenes.py PROGRAM AGENTS DIRECTORY [PAYLOADS]

PAYLOADS is a folder in which the payloads are written, under the agent's name and version.
"""

import atexit
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import model
from terminal import Terminal

PROGRAM, AGENTS, DIRECTORY = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
PAYLOADS = pathlib.Path(sys.argv[4]).resolve() if len(sys.argv) > 4 else None
HERE = pathlib.Path(__file__).parent
# A key of no account, in the form that the agents expect.
KEY = "sk-ant-0123456789abcdefghij"


class Scene:
    """An agent's home, a project, and a group."""

    def __init__(self, agent, *options):
        self.agent, self.options = agent, options
        self.root = DIRECTORY / agent
        shutil.rmtree(self.root, ignore_errors=True)
        self.home, self.project = self.root / "home", self.root / "shop"
        self.home.mkdir(parents=True)
        self.project.mkdir()
        # As in a repository of a person.
        subprocess.run(["git", "init", "--quiet"], cwd=self.project, check=True)
        self.notes = self.root / "notes.jsonl"
        self.sandbox = subprocess.Popen([PROGRAM, "sandbox", "--port", "0", "--rate", "0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, encoding="utf-8", env=self.environment())
        # Also after a check that has failed.
        atexit.register(self.sandbox.kill)
        lines = []
        while not any("SECRET=" in line for line in lines):
            lines.append(self.sandbox.stdout.readline())
        text = "".join(lines)
        self.chat = re.search(r"BASE_URL=(\S+)", text)[1]
        token, secret = re.search(r"TOKEN=(\S+)", text)[1], re.search(r"SECRET=(\S+)", text)[1]
        self.config = self.root / "robots.toml"
        (self.root / "token").write_text(token)
        (self.root / "secret").write_text(secret)
        self.config.write_text(f"""version = 1
[robots.me]
about = "my phone"
access_token = "file:{self.root}/token"
secret = "file:{self.root}/secret"
base_url = "{self.chat}"
rate_per_minute = 0
""")
        self.install()

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "TERM": "xterm-256color", "LANG": "C.UTF-8",
                "DINGTALK_NOTIFY_LANG": "en", "HOOK_PROGRAM": str(PROGRAM), "HOOK_NOTES": str(self.notes), **more}

    def install(self):
        """Installs the hooks, then puts the program that measures in the place of ours."""
        installed = subprocess.run([PROGRAM, "hook", "--install", self.agent, "--write", "--config", self.config,
                                    *self.options],
                                   env=self.environment(), capture_output=True, encoding="utf-8")
        assert installed.returncode == 0, installed.stderr
        path = pathlib.Path(re.search(r"changed: (.*)", installed.stdout)[1])
        text = path.read_text()
        assert str(PROGRAM) in text and (self.root / "token").read_text() not in text, text
        path.write_text(text.replace(str(PROGRAM), str(HERE / "measured.py")))

    def texts(self):
        entries = json.load(urllib.request.urlopen(f"{self.chat}/messages"))["entries"]
        return [entry["message"]["text"]["content"] for entry in entries]

    def wait_for(self, count):
        """Waits until the group has this number of messages, and a moment longer for one too many."""
        end = time.monotonic() + 30
        while len(self.texts()) < count and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1)
        texts = self.texts()
        assert len(texts) == count, texts
        return texts

    def events(self):
        return [json.loads(line) for line in self.notes.read_text().splitlines()]

    def check_hooks(self, expected):
        """Checks that the agent saw nothing but success, and that these events fired, among others."""
        events = self.events()
        for event in events:
            assert event["code"] == 0 and event["stdout"] == "" and event["stderr"] == "", event
            # The hard stop, and the start of the process on a busy machine.
            assert event["ms"] < 500, event
        payloads = [json.loads(event["payload"]) for event in events]
        names = [payload.get("hook_event_name") or payload["type"] for payload in payloads]
        for name in expected:
            assert name in names, (name, names)
        slowest = max(event["ms"] for event in events)
        print(f"  {self.agent}: {len(events)} hooks, the slowest in {slowest} ms: {', '.join(names)}")
        return events

    def record(self, version):
        """Writes the first payload of each kind, with the paths of an invented person."""
        if PAYLOADS is None:
            return
        folder = PAYLOADS / f"{self.agent}-{version}"
        folder.mkdir(parents=True, exist_ok=True)
        seen = set()
        for event in self.events():
            payload = json.loads(event["payload"])
            name = payload.get("hook_event_name") or payload["type"]
            kind = payload.get("notification_type")
            part = "-of-sub-agent" if payload.get("agent_id") else ""
            if "Generate a concise" in str(payload.get("input-messages")):
                part = "-of-title"
            file = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() + (f"-{kind.replace(chr(95), chr(45))}" if kind else "") + part
            if file in seen:
                continue
            seen.add(file)
            text = json.dumps(payload, indent=2, ensure_ascii=False)
            mangled = re.sub(r"[^A-Za-z0-9]", "-", str(self.project))
            text = text.replace(mangled, "-home-me-shop").replace(str(self.project), "/home/me/shop")
            text = text.replace(str(self.home), "/home/me")
            (folder / f"{file}.json").write_text(text + "\n")

    def end(self):
        self.sandbox.terminate()
        self.sandbox.wait()
        self.sandbox.stdout.close()


def version(program, environment):
    shown = subprocess.run([program, "--version"], env=environment, capture_output=True, encoding="utf-8").stdout
    return re.search(r"\d+\.\d+\.\d+", shown)[0]


def claude_code(address):
    program = AGENTS / "claude"

    def scene(*options):
        scene = Scene("claude", *options)
        state = {"hasCompletedOnboarding": True, "theme": "dark",
                 "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
                 "projects": {str(scene.project): {"hasTrustDialogAccepted": True}}}
        (scene.home / ".claude.json").write_text(json.dumps(state))
        environment = scene.environment(ANTHROPIC_BASE_URL=address, ANTHROPIC_API_KEY=KEY, DISABLE_AUTOUPDATER="1",
                                        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1")
        return scene, environment

    print("Claude Code: a request for permission, and the end of the turn")
    scene_, environment = scene()
    number = version(program, environment)
    terminal = Terminal([program], scene_.project, environment, scene_.root / "terminal.log")
    terminal.wait_for(rb"shortcuts")
    terminal.type(b"RUN it", b"\r")
    terminal.wait_for(rb"Do you want to proceed")
    scene_.wait_for(1)
    # The agent notes after six seconds that nobody has answered.
    terminal.read(8)
    assert len(scene_.texts()) == 1, scene_.texts()
    terminal.type(b"\r")
    terminal.wait_for(rb"All tests pass")
    asked, finished = scene_.wait_for(2)
    assert asked.startswith("shop: Claude Code asks for permission\nBash: touch made.txt\n"), asked
    assert finished.startswith("shop: Claude Code has finished\nShall I push to main?\nRan for "), finished
    assert "hunter2" not in asked + finished
    assert (scene_.project / "made.txt").exists(), "the agent could not work"
    if PAYLOADS:
        # After a minute, the agent notes that it waits, which is no news.
        terminal.read(66)
        scene_.wait_for(2)
    terminal.end()
    scene_.check_hooks(["UserPromptSubmit", "PermissionRequest", "Notification", "Stop", "SessionEnd"])
    scene_.record(number)
    scene_.end()

    print("Claude Code: a request that is answered in time, and the end of the turn")
    scene_, environment = scene("--after", "5s")
    terminal = Terminal([program], scene_.project, environment, scene_.root / "terminal.log")
    terminal.wait_for(rb"shortcuts")
    terminal.type(b"RUN it", b"\r")
    terminal.wait_for(rb"Do you want to proceed")
    terminal.type(b"\r")
    terminal.wait_for(rb"All tests pass")
    assert scene_.texts() == [], scene_.texts()
    # The window stays open: nobody looks at it.
    terminal.read(6)
    (finished,) = scene_.wait_for(1)
    assert "has finished" in finished, finished
    terminal.end()
    scene_.check_hooks(["UserPromptSubmit", "PermissionRequest", "Stop"])
    scene_.end()

    print("Claude Code: two sub-agents that ask, and the end of the turn")
    scene_, environment = scene()
    terminal = Terminal([program], scene_.project, environment, scene_.root / "terminal.log")
    terminal.wait_for(rb"shortcuts")
    terminal.type(b"FORK it", b"\r")
    for _ in range(2):
        terminal.wait_for(rb"Do you want to proceed")
        terminal.type(b"\r")
    terminal.wait_for(rb"All tests pass")
    texts = scene_.wait_for(2)
    assert "asks for permission" in texts[0] and "has finished" in texts[1], texts
    terminal.end()
    events = scene_.check_hooks(["PermissionRequest", "Stop"])
    asked = [event for event in events if '"PermissionRequest"' in event["payload"]]
    assert len(asked) == 2 and all('"agent_id"' in event["payload"] for event in asked), asked
    scene_.record(number)
    scene_.end()

    print("Claude Code: a failure, whose event a person has added to the settings")
    scene_, environment = scene()
    path = scene_.home / ".claude/settings.json"
    settings = json.loads(path.read_text())
    settings["hooks"]["StopFailure"] = settings["hooks"]["Stop"]
    path.write_text(json.dumps(settings))
    terminal = Terminal([program], scene_.project, environment, scene_.root / "terminal.log")
    terminal.wait_for(rb"shortcuts")
    terminal.type(b"FAIL", b"\r")
    (failed,) = scene_.wait_for(1)
    assert failed.startswith("shop: Claude Code has failed\nCredit balance is too low\n"), failed
    terminal.end()
    scene_.check_hooks(["UserPromptSubmit", "StopFailure"])
    scene_.record(number)
    scene_.end()

    print("Claude Code: without a terminal")
    scene_, environment = scene()
    run = subprocess.run([program, "-p", "Hello"], cwd=scene_.project, env=environment, capture_output=True,
                         encoding="utf-8", stdin=subprocess.DEVNULL, timeout=60)
    assert run.returncode == 0 and run.stdout.strip() == model.ANSWER, run
    assert "has finished" in scene_.wait_for(1)[0]
    scene_.check_hooks(["UserPromptSubmit", "Stop", "SessionEnd"])
    scene_.end()


def codex(address):
    program = AGENTS / "codex"
    print("Codex: hooks to trust, a request for permission, and the end of the turn")
    scene = Scene("codex")
    environment = scene.environment()
    number = version(program, environment)
    settings = scene.home / ".codex/config.toml"
    settings.write_text(f"""model = "gpt-5"
model_provider = "mock"
approval_policy = "on-request"
sandbox_mode = "read-only"
notify = ["{HERE}/argument.py", "hook", "codex", "--config={scene.config}"]
[model_providers.mock]
name = "mock"
base_url = "{address}/v1"
wire_api = "responses"
[projects."{scene.project}"]
trust_level = "trusted"
""")
    terminal = Terminal([program, "--no-alt-screen", "--no-daemon"], scene.project, environment, scene.root / "terminal.log")
    terminal.wait_for(rb"need\s+review")
    terminal.type(b"2", b"\r")
    terminal.wait_for(rb"Ask Codex")
    terminal.type(b"RUN it", b"\r")
    terminal.wait_for(rb"Would you like|1\. Yes")
    scene.wait_for(1)
    terminal.type(b"y")
    terminal.wait_for(rb"All tests pass")
    # Codex calls `notify` as well, and once more for the turn in which it finds a title.
    asked, finished = scene.wait_for(2)
    assert asked.startswith("shop: Codex asks for permission\nBash: touch made.txt\n"), asked
    assert finished.startswith("shop: Codex has finished\nShall I push to main?\nRan for "), finished
    assert "hunter2" not in asked + finished
    assert (scene.project / "made.txt").exists(), "the agent could not work"
    terminal.type(b"/quit", b"\r")
    terminal.end()
    events = scene.check_hooks(["UserPromptSubmit", "PermissionRequest", "Stop"])
    assert sum('"agent-turn-complete"' in event["payload"] for event in events) == 2, events
    scene.record(number)
    scene.end()


address = model.serve()
for scenes in (claude_code, codex):
    scenes(address)
print("passed")
