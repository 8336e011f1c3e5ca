"""Runs an example and compares what it prints with the comment at its top.

Usage: check_example.py SOURCE PROGRAM

The expected output is the lines after "// Output:" up to the first line that is no comment, each without its "//" and a
space.
"""

import subprocess
import sys

source, program = sys.argv[1:]
lines = open(source, encoding="utf-8").read().splitlines()
expected = []
for line in lines[lines.index("// Output:") + 1:]:
    if not line.startswith("//"):
        break
    expected.append(line[3:])
result = subprocess.run([program], capture_output=True, text=True, timeout=60)
found = result.stdout.splitlines()
if result.returncode != 0 or found != expected:
    sys.exit(f"exit code {result.returncode}\nexpected: {expected}\nfound:    {found}\n{result.stderr}")
print("\n".join(found))
