"""Mutated files against the readers, in process: builds the test program and runs a share of its inputs a process."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEST = "a_mutated_file_is_refused_or_read_whole"
LINE = re.compile(
    r"attack: (.+?) +(\d+) inputs, (\d+) accepted, (\d+) refused, (\d+) panics, (\d+) over memory; "
    r"at most ([\d.]+) MiB, ([\d.]+) s"
)
HUNG = 3


def build(release):
    # The same packages and features as `cargo test --workspace`, so that a build of that is used.
    command = ["cargo", "test", "--locked", "--workspace", "--test", "attack", "--no-run"]
    command += ["--message-format=json"] + (["--release"] if release else [])
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    for line in built.stdout.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("executable") and message.get("target", {}).get("name") == "attack":
            return message["executable"]
    sys.exit("mutations: the test program could not be built")


def run(attack):
    args = attack.args
    program = build(args.release)
    jobs = 1 if args.index is not None else max(1, args.jobs)
    with tempfile.TemporaryDirectory(prefix="chainrule-attack-") as folder:
        shares = [start(attack, program, folder, job, jobs) for job in range(jobs)]
        totals = {}
        for job, child in enumerate(shares):
            out, err = child.communicate()
            for name, *numbers in LINE.findall(out):
                numbers = [float(number) for number in numbers]
                before = totals.get(name, [0] * len(numbers))
                # All but the last two are added up; of those the largest counts.
                totals[name] = [a + b for a, b in zip(before[:5], numbers)] + [
                    max(a, b) for a, b in zip(before[5:], numbers[5:])
                ]
            judge(attack, child.returncode, out, err, Path(folder) / f"note-{job}")
    report(attack, totals)


def start(attack, program, folder, job, jobs):
    args = attack.args
    environment = {
        **os.environ,
        "ATTACK_INPUTS": str(args.mutations),
        "ATTACK_SEED": str(args.seed),
        "ATTACK_SHARE": f"{job}/{jobs}",
        "ATTACK_NOTE": os.path.join(folder, f"note-{job}"),
        "RAYON_NUM_THREADS": "1",
    }
    if args.reader:
        environment["ATTACK_READER"] = args.reader
    if args.index is not None:
        environment["ATTACK_ONLY"] = str(args.index)
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
        environment["ATTACK_KEEP"] = str(args.keep.absolute())
    command = [program, TEST, "--exact", "--nocapture"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def judge(attack, code, out, err, note):
    """What the program found, or what it died of, told with the input."""
    if code == 0:
        return
    said = (out + err).partition("not survived:\n")[2]
    if said:
        for line in said.splitlines():
            if found := re.match(r"(.+), seed \d+, input (\d+) ", line):
                attack.violation(f"{found[2]} --reader '{found[1]}'", line)
            elif re.match(r".+: \d+ more$", line):
                print(f"      {line}")
        return
    index, _, reader = note.read_text().strip().partition(" ") if note.exists() else ("?", "", "?")
    what = "takes longer than 10 s" if code == HUNG else f"ended the process with {code}: {err.strip()[-300:]!r}"
    attack.violation(f"{index} --reader '{reader.strip()}'", f"{reader.strip()}, input {index}: {what}")


def report(attack, totals):
    for name, (inputs, accepted, refused, panics, over, most, longest) in totals.items():
        print(
            f"   {name:<16} {inputs:9,.0f} inputs {accepted:9,.0f} accepted {refused:9,.0f} refused {panics:3.0f} panics "
            f"{over:3.0f} over memory, at most {most:7.1f} MiB {longest:6.3f} s"
        )
        attack.cases += int(inputs)
    attack.note(f"{sum(x[3] for x in totals.values()):.0f} panics")
    attack.note(f"{sum(x[4] for x in totals.values()):.0f} above the size and 64 MiB")
