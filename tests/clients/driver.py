"""Runs the tests of one client: prints a line for each, and tells by its exit code whether all passed."""

import os
import subprocess
import sys

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "deploy", "examples")
HOURS, CONTACT, SHELL = "What are the opening hours?", "How can I contact my doctor?", "Please free some space on the disk."


def is_hours(text):
    assert "8 am to 6 pm" in text, text


def is_redacted(text):
    assert "@" not in text and "Elena Marsh" in text and text.endswith("office hours."), text


def is_refused(text):
    assert text.startswith("refused: ") and "run_shell" in text, text


def runs(example):
    """The example as a reader would start it: three lines for each client in it."""
    done = subprocess.run([sys.executable, os.path.join(EXAMPLES, example)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines and len(lines) % 3 == 0, done.stdout
    for at in range(0, len(lines), 3):
        is_hours(lines[at])
        is_redacted(lines[at + 1])
        is_refused(lines[at + 2])


def run(tests):
    failed = 0
    for test in tests:
        try:
            test()
            print(f"ok      {test.__name__}")
        except Exception as error:  # A test that breaks in any way has failed.
            failed += 1
            print(f"FAILED  {test.__name__}: {error!r}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
