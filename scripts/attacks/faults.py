"""`train --save` that cannot write, or must not: an error, the old file as it was, and nothing left behind."""

import os
import resource
import shutil
import signal
import subprocess
import time

from .common import Path, content, folder, model, readable, surplus, table

SAVE = ["train", "--hidden", "100,100", "--epochs", "1", "--quiet", "--save", "m"]
DATA = ["train", "--data", "x.csv", "--labels", "y.csv", "--hidden", "4", "--epochs", "1", "--quiet"]


def run(attack):
    kinds = [size_limit, no_handles, full_disk, read_only, device, pipe_without_reader, vanishing, over_input]
    skipped = {}
    counts = {}
    for index in attack.indices(attack.args.faults):
        kind = kinds[index % len(kinds)]
        with folder() as home:
            home = Path(home)
            model(attack, home / "m", seed=index)
            why = kind(attack, index, home, attack.random(index))
        if why:
            skipped[kind.__name__] = why
        else:
            counts[kind.__name__] = counts.get(kind.__name__, 0) + 1
    for name, why in skipped.items():
        attack.skip(name.replace("_", " "), why)
    attack.note(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()))


def failed(attack, index, outcome, home, before, setting, sent=(), expected=("m",), codes=(1, 2)):
    """The run failed as promised, and the target is the old one, byte for byte."""
    if not attack.judge(index, outcome, sent=sent, codes=codes, setting=setting):
        return
    shown = f"{' '.join(outcome.args)}  [{setting}, exit {outcome.code}]"
    if content(home / "m") != before:
        attack.violation(index, "the target is another than before", shown)
    elif before is not None and not readable(attack, home / "m"):
        attack.violation(index, "the target cannot be read", shown)
    elif left := surplus(home, expected):
        if outcome.code >= 0 or len(left) > 1:
            attack.violation(index, f"left behind: {left}", shown)


def size_limit(attack, index, home, rng):
    """A file may not grow past a size below the model's: an error where the signal is ignored, else that signal."""
    before = content(home / "m")
    size = rng.choice([0, 1, 100, 4096, rng.randrange(60_000)])
    ignored = rng.random() < 0.5
    limits = {resource.RLIMIT_FSIZE: size}
    number = signal.SIGXFSZ
    old = signal.signal(number, signal.SIG_IGN)
    try:
        outcome = attack.command.run(SAVE, home, limits, restore_signals=not ignored)
    finally:
        signal.signal(number, old)
    setting = f"files of at most {size} bytes, SIGXFSZ {'ignored' if ignored else 'not ignored'}"
    failed(attack, index, outcome, home, before, setting, sent=() if ignored else (number,))


def no_handles(attack, index, home, rng):
    """Few open files, four at the least, for the loader of programs wants one: either there are enough, or there is an error."""
    before = content(home / "m")
    count = rng.randrange(4, 12)
    outcome = attack.command.run(SAVE, home, {resource.RLIMIT_NOFILE: count})
    if outcome.code == 0:
        attack.cases += 1
        if content(home / "m") == before or not readable(attack, home / "m"):
            attack.violation(index, "exit 0 without a new file that can be read", f"{count} open files")
        return
    failed(attack, index, outcome, home, before, f"ulimit -n {count}", codes=(1,))


def mounted(home, options):
    disk = home / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True)
    return disk if done.returncode == 0 else None


def full_disk(attack, index, home, rng):
    """A disk of a few pages on which the old model just has room."""
    old = (home / "m").stat().st_size
    disk = mounted(home, f"size={old + rng.choice([8192, 16384, 32768])}")
    if disk is None:
        return "no tmpfs may be mounted here"
    try:
        shutil.copy(home / "m", disk / "m")
        before = content(disk / "m")
        outcome = attack.command.run(SAVE, disk)
        failed(attack, index, outcome, disk, before, "full disk", codes=(1,))
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def read_only(attack, index, home, rng):
    """A folder in which nothing can be made: refused before any training."""
    before = content(home / "m")
    if os.geteuid() != 0:
        home.chmod(0o555)
        outcome = attack.command.run(SAVE, home)
        failed(attack, index, outcome, home, before, "read-only folder", codes=(1,))
        home.chmod(0o755)
        return None
    disk = mounted(home, "size=1m")
    if disk is None:
        return "root may write everywhere, and no tmpfs may be mounted here"
    try:
        shutil.copy(home / "m", disk / "m")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        outcome = attack.command.run(SAVE, disk)
        failed(attack, index, outcome, disk, before, "read-only disk", codes=(1,))
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def device(attack, index, home, rng):
    """A device on which every write fails."""
    if not os.path.exists("/dev/full"):
        return "no /dev/full here"
    before = content(home / "m")
    target = rng.choice(["/dev/full", "link"])
    if target == "link":
        (home / "link").symlink_to("/dev/full")
    outcome = attack.command.run([*SAVE[:-1], target], home)
    failed(attack, index, outcome, home, before, "/dev/full", expected=("m", "link"), codes=(1,))


def pipe_without_reader(attack, index, home, rng):
    """A pipe whose reader goes away."""
    before = content(home / "m")
    os.mkfifo(home / "pipe")
    args = [*SAVE[:-1], "pipe"]
    # Held open all along: the command looks at its target before it trains, and opens it again to save.
    reader = os.open(home / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    began = time.monotonic()
    child = attack.command.start(args, home)
    taken = rng.choice([1, 100, 5000])
    while child.poll() is None and taken > 0 and time.monotonic() < began + 30:
        try:
            came = len(os.read(reader, taken))
            taken -= came
            time.sleep(0 if came else 0.001)  # nothing came: the command has not opened it, or closed it
        except BlockingIOError:
            time.sleep(0.001)
    os.close(reader)
    outcome = attack.command.wait(child, args, began)
    if outcome.code == 0:  # all of it found room in the pipe
        attack.cases += 1
        return
    failed(attack, index, outcome, home, before, "a pipe without a reader", expected=("m", "pipe"), codes=(1,))


def vanishing(attack, index, home, rng):
    """The folder goes, or another one takes the target's name, while training runs."""
    place = home / "place"
    place.mkdir()
    args = ["train", "--hidden", "100,100", "--epochs", "30", "--quiet", "--save", "place/m"]
    began = time.monotonic()
    child = attack.command.start(args, home)
    time.sleep(rng.uniform(0, 0.05))
    if rng.random() < 0.5:
        shutil.rmtree(place, ignore_errors=True)
    else:
        try:
            (place / "m").mkdir()
        except OSError:
            pass  # it has been saved
    outcome = attack.command.wait(child, args, began)
    if not attack.judge(index, outcome, codes=(0, 1), setting="the target's folder vanishes"):
        return
    if place.is_dir() and (left := surplus(place, ["m"])):
        attack.violation(index, f"left behind: {left}")


def over_input(attack, index, home, rng):
    """`--save` and `--output` over a file that is read: refused, and the file is as it was."""
    table(home / "x.csv", 40, 3, rng)
    table(home / "y.csv", 40, 1, rng, integer=2)
    commands = [
        ("x.csv", [*DATA, "--save"]),
        ("y.csv", [*DATA, "--save"]),
        ("x.csv", ["train", "--test-data", "x.csv", "--test-labels", "y.csv", "--data", "x.csv", "--labels", "y.csv", "--save"]),
        ("m", ["predict", "m", "--data", "digits", "--output"]),
        ("x.csv", ["predict", "own", "--data", "x.csv", "--output"]),
        ("m", ["graph", "m", "--format", "svg", "--output"]),
    ]
    name, args = rng.choice(commands)
    if "own" in args:
        attack.command.run([*DATA, "--save", "own"], home)
    if name == "m" and args[0] == "predict":
        (home / "m").rename(home / "m.csv")
        name, args = "m.csv", ["predict", "m.csv", *args[2:]]
    before = content(home / name)
    by = rng.choice(["name", "path", "symbolic link", "hard link"])
    target = {"name": name, "path": str(home / "." / name), "symbolic link": "s.csv", "hard link": "h.csv"}[by]
    if by == "symbolic link":
        (home / target).symlink_to(name)
    elif by == "hard link":
        os.link(home / name, home / target)
    outcome = attack.command.run([*args, target], home)
    codes = (0, 1, 2) if by == "hard link" else (1, 2)  # by a hard link the other name keeps the old content
    shown = f"{' '.join(outcome.args)}  [over an input by {by}]"
    attack.judge(index, outcome, codes=codes, setting=f"over an input by {by}")
    if content(home / name) != before:
        attack.violation(index, f"the input {name} was overwritten", shown)
