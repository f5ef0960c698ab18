"""Downloads KANN at a pinned commit and builds rival_kann.c with it and OpenBLAS."""

import gzip
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

COMMIT = "f2601198ccb672d2b9019f03cfbacdc163256529"
ARCHIVE = f"https://codeload.github.com/attractivechaos/kann/tar.gz/{COMMIT}"
HERE = Path(__file__).resolve().parent


def build(folder, mnist):
    """The program, or None and why there is none. It finds MNIST's files, unpacked, beside itself."""
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if compiler is None:
        return None, "there is no C compiler"
    source = folder / f"kann-{COMMIT}"
    if not source.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with urllib.request.urlopen(ARCHIVE, timeout=20) as answer:
                with tarfile.open(fileobj=answer, mode="r|gz") as files:
                    files.extractall(folder, filter="data")
        except (urllib.error.URLError, OSError) as error:
            return None, f"{ARCHIVE}: {error}"
    program = folder / "rival_kann"
    files = [HERE / "rival_kann.c", source / "kann.c", source / "kautodiff.c"]
    command = [compiler, "-O3", "-march=native", "-DHAVE_CBLAS", "-DHAVE_PTHREAD", "-I", source, *files, "-o", program]
    done = subprocess.run([*command, "-lopenblas", "-lpthread", "-lm"], capture_output=True, text=True)
    if done.returncode != 0:
        return None, f"it does not build; apt-get install libopenblas-dev? {done.stderr.strip().splitlines()[-1]}"
    unpack(Path(mnist), folder)
    return program, None


def unpack(mnist, folder):
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            packed, plain = mnist / f"{part}-{kind}-ubyte.gz", mnist / f"{part}-{kind}-ubyte"
            data = gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes()
            (folder / f"{part}-{kind}-ubyte").write_bytes(data)
