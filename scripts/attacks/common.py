"""What all attacks share: running the command, judging how it ended, counting, reporting."""

import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path  # for the others, too
from typing import NamedTuple

SECONDS = 10  # longer, of time that passes and of processors, is a hang
PATIENCE = 60  # seconds that pass, after which a process that hangs is killed
MACHINE = 8 << 30  # bytes of address space that no run may pass, so that a bomb ends one process and not the machine
TEMPORARY = ".chainrule-"  # how the names of unfinished files begin; only a killed process leaves one


class Outcome(NamedTuple):
    args: list
    code: int  # negative: the signal that ended it
    out: bytes
    err: bytes
    seconds: float  # that passed or that processors took, whichever is less

    def message(self):
        return self.err.decode(errors="replace").strip()


def limited(limits):
    """Sets resource limits in the child, and lets a file that grows too large be an error instead of a signal."""

    def apply():
        for name, value in {resource.RLIMIT_AS: MACHINE, resource.RLIMIT_CORE: 0, **limits}.items():
            resource.setrlimit(name, (value, value))

    return apply


def processor_seconds(usage):
    return usage.ru_utime + usage.ru_stime


def taken(passed, used):
    """What a process took: a busy machine lets more time pass, many threads take more of the processors'."""
    return min(passed, used)


class Command:
    """The command under attack. One runs at a time."""

    def __init__(self, path):
        self.path = path

    def start(self, args, folder, limits=None, **streams):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        args = [str(self.path), *map(str, args)]
        # Python ignores SIGPIPE and SIGXFSZ; `restore_signals` gives the child what a shell would give it.
        return subprocess.Popen(args, cwd=folder, preexec_fn=limited(limits or {}), **streams)

    def run(self, args, folder, limits=None, **streams):
        began = time.monotonic()
        child = self.start(args, folder, limits, **streams)
        return self.wait(child, args, began)

    def wait(self, child, args, began):
        before = processor_seconds(resource.getrusage(resource.RUSAGE_CHILDREN))
        try:
            out, err = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            err = (err or b"") + f"\nkilled: it had not ended after {PATIENCE} s".encode()
        used = processor_seconds(resource.getrusage(resource.RUSAGE_CHILDREN)) - before
        seconds = taken(time.monotonic() - began, used)
        return Outcome([str(x) for x in args], child.returncode, out or b"", err or b"", seconds)


class Attack:
    """One run of this script: the budget, and what was found."""

    def __init__(self, args, command, script="scripts/attack"):
        self.args, self.command, self.script = args, command, script
        self.name, self.cases, self.violations, self.notes = "", 0, 0, []
        self.began = time.monotonic()
        self.totals = []

    def begin(self, name):
        self.finish_check()
        self.name, self.cases, self.notes = name, 0, []
        self.before, self.started = self.violations, time.monotonic()
        print(f"-- {name}", flush=True)
        return self

    def finish_check(self):
        if not self.name:
            return
        wrong = self.violations - self.before
        notes = f"; {', '.join(self.notes)}" if self.notes else ""
        seconds = time.monotonic() - self.started
        self.totals.append(f"{self.name} {self.cases}")
        print(f"   {self.cases} cases, {wrong} violations{notes} ({seconds:.1f} s)", flush=True)

    def end(self):
        self.finish_check()
        seconds = time.monotonic() - self.began
        print(f"{self.script.split('/')[-1]}: seed {self.args.seed}: {', '.join(self.totals)}; {self.violations} violations ({seconds:.0f} s)")
        return 1 if self.violations else 0

    def random(self, index):
        return random.Random(f"{self.args.seed}-{self.name}-{index}")

    def indices(self, count):
        return range(count) if self.args.index is None else [self.args.index]

    def left_out(self, index):
        """Of a long list the small budget tries every third case, other ones with another seed."""
        return self.args.budget == "small" and self.args.index is None and (index + self.args.seed) % 3 != 0

    def note(self, text):
        self.notes.append(text)

    def skip(self, what, why):
        print(f"   SKIPPED: {what}: {why}", flush=True)

    def violation(self, index, what, shown=""):
        self.violations += 1
        again = f"{self.script} --only {self.name} --seed {self.args.seed} --index {index}"
        print(f"   VIOLATION {self.name} {index}: {what}\n      {again}", flush=True)
        if shown:
            print(f"      {shown}", flush=True)

    def judge(self, index, outcome, sent=(), codes=(0, 1, 2), setting="", seconds=SECONDS):
        """Counts a case; whether it ended as promised. `sent` are the signals it was sent."""
        self.cases += 1
        allowed = {*codes, *(128 + number for number in sent), *(-number for number in sent)}
        shown = shlex.join(["chainrule", *outcome.args]) + (f"  [{setting}]" if setting else "")
        said = f": {outcome.message()[:300]!r}" if outcome.err else ""
        if outcome.code not in allowed:
            self.violation(index, f"{ending(outcome.code)}, expected {sorted(allowed)}{said}", shown)
        elif outcome.code in (1, 2) and outcome.err is not None and not outcome.err.strip() and "stderr" not in setting:
            self.violation(index, f"exit {outcome.code} without a message", shown)
        elif outcome.seconds > seconds:
            self.violation(index, f"took {outcome.seconds:.1f} s, expected at most {seconds}{said}", shown)
        elif b"panicked at" in outcome.err:
            self.violation(index, f"a panic{said}", shown)
        else:
            return True
        return False


def ending(code):
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"exit {code}"


def folder():
    """A folder for one case, which vanishes."""
    return tempfile.TemporaryDirectory(prefix="chainrule-attack-")


def measured(attack, args, home):
    """The outcome, without what was printed, and what the process used."""
    began = time.monotonic()
    errors = home / "errors"
    with open(errors, "wb") as err:
        child = attack.command.start(args, home, stdout=subprocess.DEVNULL, stderr=err)
        # Not `child.kill`, which would wait for it, too.
        timer = threading.Timer(PATIENCE, os.kill, [child.pid, signal.SIGKILL])
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = taken(time.monotonic() - began, processor_seconds(usage))
    return Outcome([str(x) for x in args], child.returncode, b"", errors.read_bytes(), seconds), usage


def table(path, rows, cols, rng, integer=None):
    """Writes a CSV file of random numbers, or of integers below `integer`."""
    number = (lambda: str(rng.randrange(integer))) if integer else (lambda: f"{rng.uniform(-1, 1):.4f}")
    path.write_text("".join(",".join(number() for _ in range(cols)) + "\n" for _ in range(rows)))


def model(attack, path, seed=1):
    """Trains and saves a small model, of the digits."""
    args = ["train", "--hidden", "8", "--epochs", "1", "--seed", seed, "--quiet", "--save", path.name]
    outcome = attack.command.run(args, path.parent)
    if outcome.code != 0:
        sys.exit(f"cannot make a model to begin with: {outcome.message()}")


def readable(attack, path):
    """Whether the command can read the model."""
    return attack.command.run(["inspect", path.name], path.parent).code == 0


def content(path):
    return path.read_bytes() if path.exists() else None


def surplus(folder, expected):
    """Names in a folder beside those expected."""
    return sorted(set(os.listdir(folder)) - set(expected))
