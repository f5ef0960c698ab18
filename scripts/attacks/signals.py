"""SIGINT, SIGTERM and SIGHUP at random moments, once and twice: 0 means that the file is there, new and readable."""

import signal
import time

from .common import Path, content, folder, model, readable, surplus

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def run(attack):
    with folder() as home:
        home = Path(home)
        began = time.monotonic()
        model(attack, home / "m")
        start = time.monotonic() - began
        counts = {}
        for index in attack.indices(attack.args.signals):
            one(attack, index, home, start, counts)
        attack.note(", ".join(f"exit {code}: {count}" for code, count in sorted(counts.items())))


def one(attack, index, home, start, counts):
    rng = attack.random(index)
    target = home / "m"
    number, times = rng.choice(NUMBERS), rng.choice([1, 2])
    # Endless runs are ended by the signal alone; steps of a large network take long enough to be hit in the middle.
    large = rng.random() < 0.3
    shape = ["--hidden", "1500,1500", "--batch", "1000"] if large else ["--hidden", "200,200"]
    args = ["train", *shape, "--epochs", "1000000000", "--json", "--save", "m", "--seed", str(index)]
    model(attack, target, seed=index)
    before = content(target)
    child = attack.command.start(args, home)
    learning = rng.random() < 0.5
    if learning:
        # Up to the first epoch's line: steps have been taken, and the signal is to be heeded.
        while b'"event":"epoch"' not in (child.stdout.readline() or b'"event":"epoch"'):
            pass
    time.sleep(rng.uniform(0, 4 * start))
    began = time.monotonic()
    for turn in range(times):
        if turn:
            time.sleep(rng.choice([0, rng.uniform(0, 0.002), rng.uniform(0, 0.05)]))
        child.send_signal(number)
    outcome = attack.command.wait(child, args, began)
    name = f"{number.name} x{times}"
    counts[outcome.code] = counts.get(outcome.code, 0) + 1
    # 1: interrupted before there was anything to save, if it says so.
    if not attack.judge(index, outcome, sent=(number,), codes=(0, 1), setting=name):
        return
    after, shown = content(target), f"{' '.join(args)}  [{name}, exit {outcome.code}]"
    if after is None:
        attack.violation(index, "the file is gone", shown)
    elif not readable(attack, target):
        attack.violation(index, "the file cannot be read", shown)
    elif outcome.code == 0 and after == before:
        attack.violation(index, "exit 0 without the file that was asked for", shown)
    elif learning and times == 1 and after == before:
        attack.violation(index, "one signal after the first epoch, and what was learned is not saved", shown)
    left = surplus(home, ["m"])
    # A signal before the handler is there ends the process at once, whatever it does.
    if len(left) > (1 if outcome.code < 0 else 0):
        attack.violation(index, f"left behind: {left}", shown)
    for extra in left:
        (home / extra).unlink()
