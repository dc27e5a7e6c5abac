"""Runs checks one after the other, and counts."""

import sys
import traceback


class Checks:
    def __init__(self, subject):
        self._subject = subject
        self._name = None
        self._passed = 0
        self._failed = []

    def __call__(self, name):
        """Names the check that the `with` block makes. One that fails does not keep the others from running."""
        self._name = f"{self._subject}, {name}"
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            self._passed += 1
            print(f"ok      {self._name}", flush=True)
            return True
        if not isinstance(error, Exception):
            return False
        self._failed.append(self._name)
        print(f"FAILED  {self._name}", flush=True)
        traceback.print_exception(kind, error, trace, file=sys.stdout)
        return True

    def finish(self):
        """Prints what failed and the counts; exits with 1 if anything did."""
        for name in self._failed:
            print(f"FAILED  {name}")
        print(f"{self._passed} passed, {len(self._failed)} failed", flush=True)
        sys.exit(1 if self._failed else 0)
