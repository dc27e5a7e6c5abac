"""Runs checks one after the other, and counts."""

import sys
import traceback


class Checks:
    def __init__(self, subject):
        self._subject = subject
        self._passed = 0
        self._failed = []

    def __call__(self, name):
        """Names the check that a `with` block makes. One that fails does not keep the others from running."""
        return _Check(self, f"{self._subject}, {name}")

    def _end(self, name, failed):
        if failed:
            self._failed.append(name)
        else:
            self._passed += 1
        print(f"{'FAILED ' if failed else 'ok     '} {name}", flush=True)

    def finish(self):
        """Prints what failed and the counts; exits with 1 if anything did."""
        for name in self._failed:
            print(f"FAILED  {name}")
        print(f"{self._passed} passed, {len(self._failed)} failed", flush=True)
        sys.exit(1 if self._failed else 0)


class _Check:
    def __init__(self, checks, name):
        self._checks = checks
        self._name = name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is not None and not isinstance(error, Exception):
            return False
        self._checks._end(self._name, error is not None)
        if error is not None:
            traceback.print_exception(kind, error, trace, file=sys.stdout)
        return True
