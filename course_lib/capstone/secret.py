"""The secret of a contest: a seed, and the log that it leads to; drawn, sealed, opened again.

In the contest's folder stand secret.json and seal.txt, the SHA-256 of secret.json as `sha256sum`
says it, which is published before the first entry comes in. The seed has 128 bits: nobody finds it
by trying.
"""

import json
import secrets
import shutil
from pathlib import Path

import numpy as np

from course_lib.capstone.contest import Contest, simulated_contest
from course_lib.capstone.seal import canonical, log_bytes, sha256
from course_lib.datasets import read_interactions

SHOP = {"n_users": 1000, "n_items": 300, "weeks": 5}


def draw(folder, *, shop=None, log=None, now=None, **columns):
    """Draw a secret, keep it in the folder with its seal, and return the seal.

    shop: the sizes of the simulated shop; or log: a file for `read_interactions`, which is copied,
    now: the moment at which what is to be predicted begins, and columns: user=, item=, timestamp=.
    Raises ValueError for a folder that has a secret already, and as Contest does.
    """
    folder = Path(folder)
    if (folder / "secret.json").exists():
        raise ValueError(f"{folder.name} is sealed already: another contest needs another folder")
    folder.mkdir(parents=True, exist_ok=True)
    secret = {"seed": f"{secrets.randbits(128):032x}"}
    if log is None:
        secret["shop"] = SHOP if shop is None else shop
    else:
        kept = f"log{''.join(Path(log).suffixes)}"
        shutil.copy(log, folder / kept)
        secret["table"] = {"path": kept, "now": now, **columns}
    secret["sha256 of the log"] = sha256(log_bytes(contest_of(secret, folder).log))
    content = canonical(secret)
    (folder / "secret.json").write_bytes(content)
    (folder / "secret.json").chmod(0o600)
    (folder / "seal.txt").write_text(f"{sha256(content)}\n", encoding="ascii")
    return sha256(content)


def contest_of(secret, folder):
    """The Contest that a secret leads to."""
    seed = int(secret["seed"], 16)
    if "shop" in secret:
        return simulated_contest(seed, **secret["shop"])
    options = dict(secret["table"])
    path, now = folder / options.pop("path"), np.datetime64(options.pop("now"))
    return Contest(read_interactions(path, **options), now, seed=seed)


def opened(folder):
    """The secret in a folder; ValueError if it is not the one that was sealed."""
    folder = Path(folder)
    content = (folder / "secret.json").read_bytes()
    promised = (folder / "seal.txt").read_text(encoding="ascii").strip()
    if sha256(content) != promised:
        raise ValueError(f"the SHA-256 of secret.json must be {promised}, got {sha256(content)}")
    return json.loads(content)


def reveal(folder):
    """Write log.jsonl, the log as it was sealed, beside the secret, and return the secret's text.

    `sha256sum log.jsonl` is what the secret says. Raises ValueError if it is not: another version
    of the course, or another processor's last digit.
    """
    folder = Path(folder)
    secret = opened(folder)
    content = log_bytes(contest_of(secret, folder).log)
    if sha256(content) != secret["sha256 of the log"]:
        raise ValueError(
            f"the log's SHA-256 must be {secret['sha256 of the log']}, got {sha256(content)}"
        )
    (folder / "log.jsonl").write_bytes(content)
    return canonical(secret).decode("ascii")
