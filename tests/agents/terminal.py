"""A terminal in which a program runs, and a person who reads and types."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

CODES = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)")


class Terminal:
    def __init__(self, command, directory, environment, log):
        self._log = open(log, "wb")
        self._seen = b""
        self.pid, self._stream = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self._stream, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read(self, seconds):
        """Reads what is shown in this time. Returns False if the program has ended."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._stream], [], [], left)[0]:
                return True
            try:
                shown = os.read(self._stream, 65536)
            except OSError:
                return False
            if not shown:
                return False
            self._log.write(shown)
            self._log.flush()
            self._seen += shown
            # The program asks where the cursor is, and of which kind the terminal is.
            if b"\x1b[6n" in shown:
                os.write(self._stream, b"\x1b[1;1R")
            if b"\x1b[c" in shown:
                os.write(self._stream, b"\x1b[?62;c")
        return True

    def wait_for(self, pattern, seconds=30):
        """Waits until the text matches, since the last time that it did."""
        end = time.monotonic() + seconds
        while not re.search(pattern, CODES.sub(b" ", self._seen), re.DOTALL):
            if time.monotonic() > end or not self.read(0.1):
                raise AssertionError(f"the terminal does not show {pattern!r}: see {self._log.name}")
        # The rest of the picture.
        self.read(1)
        self._seen = b""

    def type(self, *keys):
        for key in keys:
            os.write(self._stream, key)
            self.read(0.4)

    def end(self):
        """Ends the program, as closing the window does."""
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                break
            end = time.monotonic() + 3
            while time.monotonic() < end:
                self.read(0.1)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    self._log.close()
                    return
        self._log.close()
