"""Standard output and standard error full, closed, or a pipe that nobody reads; standard input closed or odd."""

import os
import subprocess
import time

from .common import Path, folder, limited, model, table

COMMANDS = [
    ["train", "--epochs", "2", "--hidden", "4"],
    ["train", "--epochs", "2", "--hidden", "4", "--json"],
    ["train", "--epochs", "2", "--hidden", "4", "--save", "new"],
    ["train", "--epochs", "2", "--hidden", "4", "--lr", "1e30"],
    ["eval", "m", "--data", "digits"],
    ["predict", "m", "--data", "digits"],
    ["predict", "m", "--data", "digits", "--output", "out.csv"],
    ["inspect", "m"],
    ["inspect", "m", "--json"],
    ["graph", "m"],
    ["doctor", "m", "--data", "digits"],
    ["gradcheck", "m", "--data", "digits", "--rows", "2"],
    ["trace", "m", "--data", "digits"],
    ["inspect", "no such file"],
    ["train", "--no-such-option"],
    ["train", "--data", "digits", "--labels", "x.csv"],
    ["--help"],
    ["--version"],
    [],
]
# Those whose whole result goes to standard output: with that full, 0 would be a lie.
TELLING = {"eval", "predict", "inspect", "graph", "trace", "gradcheck", "doctor"}
STATES = ["full", "closed", "unread"]
WHICH = [("stdout",), ("stderr",), ("stdout", "stderr")]
INPUTS = {
    "closed": None,
    "empty": b"",
    "noise": bytes(range(256)) * 400,
    "a row too wide": b"1," * 100_000 + b"1\n",
    "no end of line": b"1," * 63 + b"1",
    "a quote that stays open": b'"' + b"1\n" * 100_000,
    "numbers that overflow": b"1e999," * 63 + b"1\n",
}


def run(attack):
    cases = [(args, which, state) for args in COMMANDS for which in WHICH for state in STATES]
    with folder() as home:
        home = Path(home)
        model(attack, home / "m")
        table(home / "x.csv", 20, 3, attack.random(0))
        for index in attack.indices(len(cases) + len(INPUTS)):
            if index < len(cases):
                output(attack, index, home, *cases[index])
            else:
                stdin(attack, index, home, list(INPUTS)[index - len(cases)])


def output(attack, index, home, args, which, state):
    if not os.path.exists("/dev/full") and state == "full":
        attack.skip("full streams", "no /dev/full here")
        return
    handles, streams, closed = [], {}, []
    for name in which:
        if state == "full":
            handles.append(os.open("/dev/full", os.O_WRONLY))
            streams[name] = handles[-1]
        elif state == "unread":
            read, write = os.pipe()
            os.close(read)
            handles.append(write)
            streams[name] = write
        else:
            closed.append({"stdout": 1, "stderr": 2}[name])
    (home / "new").unlink(missing_ok=True)
    command = attack.command
    if closed:
        outcome = run_closed(attack, args, home, closed)
    else:
        outcome = command.run(args, home, **streams)
    for handle in handles:
        os.close(handle)
    setting = " and ".join(which) + " " + state
    if not attack.judge(index, outcome, setting=setting):
        return
    told = args and args[0] in TELLING and "--output" not in args
    if "stdout" in which and state == "full" and told and outcome.code == 0:
        attack.violation(index, "exit 0 though the result could not be written", f"{' '.join(args)}  [{setting}]")
    if "--save" in args and outcome.code == 0 and not (home / "new").exists():
        attack.violation(index, "exit 0 without the file that was asked for", f"{' '.join(args)}  [{setting}]")


def run_closed(attack, args, home, closed):
    """With descriptors closed, as `>&-` of a shell has them."""
    def apply():
        limited({})()
        for number in closed:
            os.close(number)

    began = time.monotonic()
    child = subprocess.Popen(
        [str(attack.command.path), *args], cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=apply,
    )  # fmt: skip
    return attack.command.wait(child, args, began)


def stdin(attack, index, home, kind):
    content = INPUTS[kind]
    args = ["predict", "m"]
    if content is None:
        outcome = run_closed(attack, args, home, [0])
    else:
        path = home / "input"
        path.write_bytes(content)
        with open(path, "rb") as file:
            outcome = attack.command.run(args, home, stdin=file)
    codes = (0,) if kind == "no end of line" else (1, 2)
    attack.judge(index, outcome, codes=codes, setting=f"stdin {kind}")
