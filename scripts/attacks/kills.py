"""`train --save` killed: the target is what it was or the new model whole, and no more than one file is left behind."""

import signal
import time

from .common import TEMPORARY, Path, content, folder, model, readable, surplus

SAVE = ["train", "--hidden", "300,300", "--epochs", "1", "--quiet", "--save", "m"]


def run(attack):
    with folder() as home:
        home = Path(home)
        model(attack, home / "m")
        began = time.monotonic()
        outcome = attack.command.run(SAVE, home)
        whole = time.monotonic() - began
        attack.judge("warm-up", outcome, codes=(0,))
        counts = {"old": 0, "new": 0, "none": 0, "left": 0}
        for index in attack.indices(attack.args.kills):
            one(attack, index, home, whole, counts)
        attack.note(", ".join(f"{name} {count}" for name, count in counts.items()))


def one(attack, index, home, whole, counts):
    rng = attack.random(index)
    target = home / "m"
    existed = rng.random() < 0.8
    for name in surplus(home, []):
        (home / name).unlink()
    if existed:
        model(attack, target, seed=index)
    before = content(target)
    child = attack.command.start([*SAVE, "--seed", str(index)], home)
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 1.1 * whole))
    else:
        # In the middle of writing: as soon as the unfinished file is there, and a moment later.
        late = time.monotonic() + 5
        while child.poll() is None and not surplus(home, ["m"]) and time.monotonic() < late:
            pass
        time.sleep(rng.uniform(0, 0.002))
    child.kill()
    outcome = attack.command.wait(child, SAVE, time.monotonic())
    if not attack.judge(index, outcome, sent=(signal.SIGKILL,), codes=(0,)):
        return
    after = content(target)
    left = surplus(home, ["m"])
    counts["none" if after is None else "old" if after == before else "new"] += 1
    counts["left"] += len(left)
    if existed and after is None:
        attack.violation(index, "the file is gone")
    elif after is not None and not readable(attack, target):
        attack.violation(index, f"the file of {len(after)} bytes cannot be read")
    elif outcome.code == 0 and after in (None, before):
        attack.violation(index, "exit 0 without the new file")
    if len(left) > 1 or any(not name.startswith(TEMPORARY) for name in left):
        attack.violation(index, f"left behind: {left}")
