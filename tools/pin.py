"""Compile requirements.txt from pyproject.toml: every package pinned and hashed, no index named.

    python tools/pin.py             keep the pins that still fit
    python tools/pin.py --upgrade   take the newest that fit

One file serves Python 3.11 to 3.13 on Linux, macOS and Windows.
"""

import subprocess
import sys
from pathlib import Path

COMPILE = [
    *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "test", "--quiet"),
    *("--universal", "--python-version", "3.11.0", "--generate-hashes", "--no-header"),
    *("--no-emit-index-url", "--no-emit-find-links", "--output-file", "requirements.txt"),
]

if __name__ == "__main__":
    subprocess.run([*COMPILE, *sys.argv[1:]], cwd=Path(__file__).parents[1], check=True)
