"""What every rival of scripts/compare shares: the job, MNIST, and how it is asked.

A rival is a process. Its one argument is the job as JSON: `widths`, `threads`, the folder `mnist`, and either `batch`,
`optimizer`, `lr`, `rows` (how many of MNIST's to train on) and `seed`, or `predict` (rows in a call). It says {"ready":
version} and then answers each line of its standard input with a line of JSON: an epoch of training, or a few hundredths
of a second of predictions.
"""

import gzip
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

SECONDS = 0.03  # of predictions for one answer


def job():
    return json.loads(sys.argv[1])


def idx(folder, name):
    """One of MNIST's files, as bytes: (rows, pixels) or (rows)."""
    for separator in "-.":
        for suffix, opener in (("", open), (".gz", gzip.open)):
            path = Path(folder, name.replace("SEPARATOR", separator) + suffix)
            if path.exists():
                with opener(path, "rb") as file:
                    data = file.read()
                dimensions = data[3]
                values = np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions)
                return values.reshape(-1, 784) if dimensions == 3 else values
    sys.exit(f"no {name} of MNIST in {folder}")


def mnist(folder, rows):
    """x, labels, and those to test on; pixels in [0, 1]."""
    images = lambda part: idx(folder, f"{part}-imagesSEPARATORidx3-ubyte").astype(np.float32) / 255
    labels = lambda part: idx(folder, f"{part}-labelsSEPARATORidx1-ubyte").astype(np.int64)
    return images("train")[:rows], labels("train")[:rows], images("t10k"), labels("t10k")


def serve(version, answer):
    """Calls `answer` for every line that comes in, and says what it says."""
    say = lambda thing: print(json.dumps(thing), flush=True)
    say({"ready": version, "cpus": len(os.sched_getaffinity(0))})
    for _ in sys.stdin:
        say(answer())


def trained(epoch, accuracy):
    """The answer of one that trains: `epoch` takes its steps and says how many, `accuracy` is that on the test rows."""

    def answer():
        start = time.perf_counter()
        steps = epoch()
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "steps": steps, "accuracy": float(accuracy())}

    return answer


def predicted(predict):
    """The answer of one that predicts: seconds a call."""

    def answer():
        predict()  # whoever ran before left other things in the caches
        calls, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < SECONDS or calls == 0:
            predict()
            calls += 1
        return {"seconds": spent, "steps": calls}

    return answer
