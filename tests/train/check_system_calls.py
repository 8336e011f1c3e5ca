"""Runs a program that saves checkpoints under strace, and checks the order of what it asks of the system: for each file,
fsync of its temporary, then rename, then fsync of the folder, and only then the deletion of others.

    check_system_calls.py PROGRAM      of kill_keeper; ends with 77 where strace cannot be used
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SAVES = 8


def main():
    if shutil.which("strace") is None or subprocess.run(["strace", "true"], capture_output=True).returncode != 0:
        return 77
    with tempfile.TemporaryDirectory() as temporary:
        folder, trace = os.path.join(temporary, "checkpoints"), os.path.join(temporary, "trace")
        calls = "trace=write,pwrite64,fsync,rename,renameat,renameat2,unlink,unlinkat"
        subprocess.run(["strace", "-f", "-y", "-s", "16", "-e", calls, "-o", trace, sys.argv[1], "--save", str(SAVES), folder],
                       check=True)
        lines = open(trace).read().splitlines()
    state, renamed, deleted = {}, 0, 0  # of the file at hand: written, synced, renamed, durable
    for line in lines:
        if found := re.search(r"(?:write|pwrite64)\(\d+<([^>]*\.tmp-[^>]*)>", line):
            state = {"temporary": found[1], "synced": False, "durable": False}
        elif found := re.search(r"fsync\(\d+<([^>]*)>\) += 0", line):
            if found[1] == state.get("temporary"):
                state["synced"] = True
            if found[1] == folder and state.get("renamed"):
                state["durable"] = True
        elif found := re.search(r'rename\w*\((?:AT_FDCWD[^,]*, )?"([^"]*)", (?:AT_FDCWD[^,]*, )?"([^"]*)"', line):
            assert found[1] == state["temporary"] and state["synced"], "renamed before it was on the disk: " + line
            state["renamed"] = found[2]
            renamed += 1
        elif found := re.search(r'unlink\w*\((?:AT_FDCWD[^,]*, )?"([^"]*)"', line):
            assert state.get("durable"), "deleted before the new file was durable: " + line
            assert found[1] != state["renamed"], "deleted what was just saved: " + line
            deleted += 1
    assert renamed == SAVES and deleted > 0, (renamed, deleted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
