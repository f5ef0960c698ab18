"""Memory: under a limit on the address space and for requests that no machine meets, an error with a message."""

import re
import resource
import signal

from .common import Path, folder, model, table

# The smallest limit under which the program loads is found first; each of these lies above it, in MiB.
ABOVE = [2, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128]
# The standard library's own strings and lists end the process when there is no memory for them; what grows with the
# size of a network, a minibatch or a file must not.
SMALL = 4 << 20
COMMANDS = [
    ["train", "--hidden", "256", "--epochs", "1", "--save", "new"],
    ["train", "--hidden", "2000,2000", "--epochs", "1"],
    ["eval", "m", "--data", "digits"],
    ["predict", "m", "--data", "digits"],
    ["inspect", "m"],
    ["graph", "m", "--output", "g.svg"],
    ["gradcheck", "m", "--data", "digits", "--rows", "2"],
    ["trace", "m", "--data", "digits"],
]
# Whatever the machine has, these ask for more.
IMPOSSIBLE = [
    ["train", "--hidden", "4000000000,4000000000", "--epochs", "1"],
    ["train", "--hidden", "200000,200000", "--epochs", "1"],
    ["train", "--hidden", "18446744073709551615", "--epochs", "1"],
    ["train", "--hidden", "288230376151711744", "--epochs", "1"],
    ["train", "--hidden", "4", "--epochs", "1", "--classes", "4294967295"],
    ["train", "--data", "x.csv", "--labels", "y.csv", "--classes", "1000000000", "--epochs", "1"],
    ["train", "--hidden", "4", "--epochs", "1", "--threads", "100000"],
    ["train", "--hidden", "4", "--epochs", "1", "--threads", "18446744073709551615"],
    ["graph", "--layers", "1000000-1000000-1000000"],
    ["graph", "--layers", "-".join(["2"] * 20_000), "--output", "g.png"],
    ["gradcheck", "--hidden", "4000000000", "--data", "digits"],
]
# These cost nothing though their numbers are large.
HARMLESS = [
    ["train", "--hidden", "4", "--epochs", "1", "--batch", "18446744073709551615"],
    ["train", "--hidden", "4", "--epochs", "1", "--accumulate", "18446744073709551615"],
    ["gradcheck", "m", "--data", "digits", "--rows", "18446744073709551615", "--directions", "1", "--coordinates", "1"],
]


def run(attack):
    cases = [(args, limit, (0, 1)) for args in COMMANDS for limit in ABOVE]
    cases += [(args, None, (1, 2)) for args in IMPOSSIBLE] + [(args, None, (0, 1, 2)) for args in HARMLESS]
    with folder() as home:
        home = Path(home)
        model(attack, home / "m")
        table(home / "x.csv", 20, 3, attack.random(0))
        table(home / "y.csv", 20, 1, attack.random(1), integer=2)
        floor = smallest(attack, home)
        attack.note(f"the program loads in {floor} MiB")
        ended = 0
        for index in attack.indices(len(cases)):
            if attack.left_out(index):
                continue
            args, above, codes = cases[index]
            limits = {} if above is None else {resource.RLIMIT_AS: (floor + above) << 20}
            setting = "" if above is None else f"ulimit -v {(floor + above) << 10}"
            outcome = attack.command.run(args, home, limits)
            if not small(outcome):
                attack.judge(index, outcome, codes=codes, setting=setting)
            else:
                attack.cases += 1
                ended += 1
        attack.note(f"{ended} ended by Rust itself for want of less than {SMALL >> 20} MiB")


def small(outcome):
    """Whether the standard library ended the process because it could not have a few bytes more."""
    found = re.search(rb"memory allocation of (\d+) bytes failed", outcome.err)
    return outcome.code == -signal.SIGABRT and found is not None and int(found[1]) < SMALL


def smallest(attack, home):
    """MiB of address space in which the command tells its version."""
    for size in range(2, 200):
        if attack.command.run(["--version"], home, {resource.RLIMIT_AS: size << 20}).code == 0:
            return size
    return 200
