"""The only caller of git."""

import os
import subprocess

_HARDENED = (
    "git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
)  # fmt: skip


def identity(folder: str) -> tuple[str, str]:
    """(name, e-mail) that git would commit with in that folder, empty where it has none."""
    name = os.environ.get("GIT_AUTHOR_NAME", "")
    email = os.environ.get("GIT_AUTHOR_EMAIL", "")
    if not (name and email):
        settings = _settings(folder)
        name = name or settings.get("user.name", "")
        email = email or settings.get("user.email", "")
    return name, email


def _settings(folder: str) -> dict[str, str]:
    command = (*_HARDENED, "-C", folder, "config", "--null", "--get-regexp")
    try:
        answer = subprocess.run(
            (*command, r"^user\.(name|email)$"),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    entries = answer.stdout.decode("utf-8", "replace").split("\0")
    pairs = (entry.partition("\n") for entry in entries if entry)
    return {name.lower(): value.strip() for name, _, value in pairs}
