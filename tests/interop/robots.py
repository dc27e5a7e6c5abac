"""Robots for the server to send to: the sandbox, which checks, and one that never answers."""

import json
import socket
import subprocess
import tempfile
import urllib.request

# Far more than anything here takes; what has not happened by then never will.
PATIENCE_SECONDS = 20


# Less than the ten seconds after which the server gives up waiting for an answer by itself.
CANCEL_SECONDS = 5

# Never the state of the person who runs the checks. Deleted when the program ends.
STATE = tempfile.TemporaryDirectory()

# What the server logs of a refused message is expected here, and would only hide what is not.
QUIET = {"DINGTALK_NOTIFY_LOG": "error", "DINGTALK_NOTIFY_STATE_DIR": STATE.name}


class Sandbox:
    """A sandbox in a process of its own. It takes 20 messages a minute, so each set of checks has its own."""

    def __init__(self, program):
        self._program = program

    def __enter__(self):
        self._process = subprocess.Popen(
            [self._program, "sandbox", "--port", "0"], stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.environment = QUIET | {"DINGTALK_BOT_RATE_PER_MINUTE": "0"}
        for line in self._process.stdout:
            if line.strip().startswith("export "):
                name, value = line.strip().removeprefix("export ").split("=", 1)
                self.environment[name] = value
            elif "Ctrl-C" in line:
                return self
        raise RuntimeError("the sandbox ended before it said where it listens")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)
        self._process.stdout.close()

    def entries(self):
        """Everything that came to the robot, oldest first."""
        address = self.environment["DINGTALK_BOT_BASE_URL"] + "/messages"
        with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)["entries"]

    def last_message(self):
        """What arrived last, as it stood on the wire."""
        entry = self.entries()[-1]
        assert entry["outcome"] == "accepted", entry
        assert entry["warnings"] == [], entry["warnings"]
        return entry["message"]


class SilentRobot:
    """Takes one request and never answers."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE_SECONDS)
        self._connection = None
        port = self._listener.getsockname()[1]
        self.environment = QUIET | {
            "DINGTALK_BOT_BASE_URL": f"http://127.0.0.1:{port}",
            "DINGTALK_BOT_ACCESS_TOKEN": "0" * 64,
        }
        return self

    def __exit__(self, *_):
        if self._connection:
            self._connection.close()
        self._listener.close()

    def take_request(self):
        """Waits until the server has begun to send."""
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(CANCEL_SECONDS)
        self._connection.recv(65536)

    def wait_for_end(self):
        """Waits until the server has closed the connection, for a reason other than the lack of an answer."""
        try:
            while self._connection.recv(65536):
                pass
        except ConnectionResetError:
            pass
