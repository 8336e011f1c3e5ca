"""Checks that the second of README's two commands is the one that the continuous integration runs.

Usage: check_readme.py PROJECT_FOLDER
"""

import pathlib
import sys

project = pathlib.Path(sys.argv[1])
commands = [line.strip() for line in (project / "README.md").read_text(encoding="utf-8").splitlines()
            if line.strip().startswith("sh cmake/install-packages.sh")]
script = (project / ".ci" / "run").read_text(encoding="utf-8").splitlines()
if len(commands) != 2 or commands[1] not in script:
    sys.exit(f"README's commands are {commands}; .ci/run does not have the second of two as a line of its own")
print("the command is", commands[1])
