"""Each system call of a save failed, one at a time: with ENOSPC, EIO and EINTR, and a write that writes half. Never is success reported
where something failed, never is what was there lost, and the run goes on to the same model."""

import errno
import os
import shutil
import subprocess
import sys

from .common import TEMPORARY, Path, content, folder

RUN = ["train", "--hidden", "16", "--dropout", "0.1", "--optimizer", "adam", "--epochs", "2", "--threads", "1", "--quiet"]
KEEP = ["--checkpoint", "c", "--every", "1epoch", "--keep", "2", "--save", "m"]
FAULTS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EINTR": errno.EINTR, "half": -1}


def run(attack):
    if not sys.platform.startswith("linux") or not shutil.which("cc"):
        attack.skip("faults of system calls", "they need Linux and cc")
        return
    with folder() as home:
        home = Path(home)
        shim = home / "faults.so"
        source = Path(__file__).with_name("faults.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", shim, source, "-ldl"], check=True)
        attack.judge("undisturbed", attack.command.run([*RUN, "--save", "whole"], home), codes=(0,))
        names = calls(attack, home, shim)
        cases = [(at, fault) for at in range(1, len(names) + 1) for fault in FAULTS if fault != "half" or names[at - 1] == "write"]
        counts = {}
        for index, (at, fault) in enumerate(cases):
            if attack.args.index in (None, index) and not attack.left_out(index):
                one(attack, index, home, (shim, at, fault, names[at - 1]), counts)
        attack.note(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


def started(attack, args, home, variables):
    return attack.command.run(args, home, env={**os.environ, **{name: str(value) for name, value in variables.items()}})


def calls(attack, home, shim):
    """The calls of all saves of a run, in their order."""
    log = home / "log"
    outcome = started(attack, [*RUN, *KEEP], home, {"LD_PRELOAD": shim, "CRASH_LOG": log})
    attack.judge("counted", outcome, codes=(0,))
    names = log.read_text().split("\n")[:-1]
    log.unlink()
    kinds = {"open", "write", "fsync", "rename", "open folder", "fsync folder"}
    if set(names) != kinds or names.count("rename") != 3:
        attack.violation("counted", f"expected three saves of {sorted(kinds)}, found {names}")
    restart(home)
    return names


def one(attack, index, home, what, counts):
    shim, at, fault, name = what
    setting = f"{fault} at call {at}, {name}"
    outcome = started(attack, [*RUN, *KEEP], home, {"LD_PRELOAD": shim, "CRASH_AT": at, "CRASH_FAULT": FAULTS[fault]})
    # What is tried again, or goes on with the rest, may succeed.
    codes = (0, 1) if fault in ("EINTR", "half") else (1,)
    if attack.judge(index, outcome, codes=codes, setting=setting):
        counts[f"exit {outcome.code}"] = counts.get(f"exit {outcome.code}", 0) + 1
        place = home / "c"
        left = [path.name for path in [*home.iterdir(), *(place.iterdir() if place.is_dir() else [])]]
        left = [name for name in left if name.startswith(TEMPORARY)]
        if left:
            attack.violation(index, f"left behind: {left}", setting)
        if outcome.code == 0 and content(home / "m") != content(home / "whole"):
            attack.violation(index, "success, and another model", setting)
        goes_on(attack, index, home, setting)
    restart(home)


def goes_on(attack, index, home, setting):
    is_there = (home / "c").is_dir() and any(path.name.startswith("checkpoint-") for path in (home / "c").iterdir())
    args = ["train", "--resume", "c", "--quiet", "--save", "m"] if is_there else [*RUN, *KEEP]
    outcome = attack.command.run(args, home)
    attack.cases -= 1  # the same case
    if not attack.judge(index, outcome, codes=(0,), setting=f"after {setting}"):
        return
    if outcome.err:
        attack.violation(index, f"not without a word: {outcome.message()[:300]!r}", setting)
    if content(home / "m") != content(home / "whole"):
        attack.violation(index, "it goes on to another model", setting)


def restart(home):
    shutil.rmtree(home / "c", ignore_errors=True)
    (home / "m").unlink(missing_ok=True)
