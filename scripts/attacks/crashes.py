"""`train --checkpoint` killed again and again: each time it goes on, and at last the model is, byte for byte, that of a run that was
left alone."""

import signal
import time

from .common import TEMPORARY, Path, content, folder, surplus

# A step takes a fraction of a millisecond and a checkpoint some; a life of the process has some of both.
RUN = ["train", "--hidden", "64,64", "--norm", "batch", "--dropout", "0.1", "--optimizer", "adam", "--epochs", "30"]
RUN += ["--patience", "25", "--accumulate", "2", "--schedule", "cosine", "--threads", "2", "--quiet"]
KEEP = ["--checkpoint", "c", "--every", "7", "--keep", "2", "--save", "m"]
RESUME = ["train", "--resume", "c", "--quiet"]


def run(attack):
    with folder() as home:
        home = Path(home)
        began = time.monotonic()
        attack.judge("undisturbed", attack.command.run([*RUN, "--save", "whole"], home), codes=(0,))
        whole = time.monotonic() - began
        counts = {"killed": 0, "begun": 0, "gone on": 0, "whole": 0, "left": 0}
        for index in attack.indices(attack.args.kills):
            one(attack, index, home, whole, counts)
        finish(attack, home, counts)
        attack.note(", ".join(f"{name} {count}" for name, count in counts.items()))


def checkpoints(home):
    place = home / "c"
    return sorted(path.name for path in place.iterdir()) if place.is_dir() else []


def one(attack, index, home, whole, counts):
    rng = attack.random(index)
    there = [name for name in checkpoints(home) if name.startswith("checkpoint-")]
    # Of the process that was killed before; one that is killed while it looks at its options has not removed it yet.
    before = unfinished(home)
    args = RESUME if there else [*RUN, *KEEP]
    counts["gone on" if there else "begun"] += 1
    child = attack.command.start(args, home)
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 0.6 * whole))
    else:
        # In the middle of writing, some checkpoints on: as soon as an unfinished file is there, and a moment later.
        for _ in range(rng.randrange(1, 4)):
            late = time.monotonic() + 0.6 * whole
            while child.poll() is None and not unfinished(home) and time.monotonic() < late:
                pass
            time.sleep(rng.uniform(0, 0.002))
    child.kill()
    outcome = attack.command.wait(child, args, time.monotonic())
    if not attack.judge(index, outcome, sent=(signal.SIGKILL,), codes=(0,)):
        restart(home)
        return
    if outcome.err:
        attack.violation(index, f"not without a word: {outcome.message()[:300]!r}")
    if outcome.code == 0:
        compare(attack, index, home, counts)
        return
    counts["killed"] += 1
    left = [name for name in unfinished(home) if name not in before]
    # The model itself may have been half written.
    of_model = [name for name in surplus(home, ["c", "m", "whole"]) if name.startswith(TEMPORARY)]
    for name in of_model:
        (home / name).unlink()
    counts["left"] += len(left) + len(of_model)
    if len(left) + len(of_model) > 1:
        attack.violation(index, f"left behind: {left} {of_model}")
    if there and not [name for name in checkpoints(home) if name.startswith("checkpoint-")]:
        attack.violation(index, "the checkpoints are gone")


def unfinished(home):
    return [name for name in checkpoints(home) if name.startswith(TEMPORARY)]


def finish(attack, home, counts):
    """What the last kill left goes on to the end."""
    if any(name.startswith("checkpoint-") for name in checkpoints(home)):
        outcome = attack.command.run(RESUME, home)
        if attack.judge("the last", outcome, codes=(0,)):
            compare(attack, "the last", home, counts)


def compare(attack, index, home, counts):
    counts["whole"] += 1
    if content(home / "m") != content(home / "whole"):
        attack.violation(index, "the model is another one than that of the run that was left alone")
    if unfinished(home) or surplus(home, ["c", "m", "whole"]):
        attack.violation(index, f"left behind: {unfinished(home)} {surplus(home, ['c', 'm', 'whole'])}")
    restart(home)


def restart(home):
    for name in checkpoints(home):
        (home / "c" / name).unlink()
    (home / "m").unlink(missing_ok=True)
