"""Servers over HTTP, in processes of their own."""

import subprocess


class Served:
    """A program that serves at some addresses, each of which is the last word of a line that it prints."""

    def __init__(self, *command, environment, addresses=1):
        self._command = command
        self._environment = environment
        self._addresses = addresses

    def __enter__(self):
        self.process = subprocess.Popen(
            self._command, env=self._environment, stderr=subprocess.PIPE, encoding="utf-8"
        )
        return [self.process.stderr.readline().split()[-1] for _ in range(self._addresses)]

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
