# SPDX-License-Identifier: Apache-2.0
"""Durable events a second, beside an append and fdatasync of the same bytes to the same disk."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from measure import Bench, QUICK, TREE

program = pathlib.Path(os.environ.get("STORE_APPEND", TREE / "build/release/bench/store_append"))
if not program.exists():
    sys.exit(f"{program} is not built; build it, or set STORE_APPEND")
with Bench() as bench:
    subprocess.run([program, bench.folder, "1" if QUICK else "5"], check=True)
