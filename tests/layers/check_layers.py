"""Checks that each header includes only its own folder and lower floors of the house.

Usage: check_layers.py INCLUDE_FOLDER | --self-test
"""

import pathlib
import re
import sys
import tempfile

FLOOR = {
    "core": 0,
    "rule": 1, "schedule": 1, "space": 1,
    "optim": 2, "search": 2,
    "train": 3, "study": 3,
    "analysis": 4,
    "report": 5,
    "playbook": 6,
    "sql": 7, "mpi": 7,
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def violations(include):
    """One line per include that climbs a floor, crosses to a neighbour, or is relative."""
    for file in sorted((include / "eigentune").rglob("*")):
        if file.suffix not in (".hpp", ".inc"):
            continue
        place = file.relative_to(include / "eigentune")
        folder = place.parts[0] if len(place.parts) > 1 else None
        if folder is not None and folder not in FLOOR:
            yield f"{place}: there is no floor for the folder {folder}"
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            if match[1] == '"':
                yield f"{place}:{number}: a relative include: {match[2]}"
            target = match[2].split("/")
            if target[0] != "eigentune" or folder is None:
                continue
            other = target[1] if len(target) > 2 else None
            if other == folder:
                continue
            if other is None:
                yield f"{place}:{number}: {folder} includes the umbrella {target[-1]}"
            elif other not in FLOOR or FLOOR[other] >= FLOOR[folder]:
                yield f"{place}:{number}: {folder} includes {other}"


def self_test():
    cases = {
        "core/a.hpp": ("#include <eigentune/core/b.hpp>", True),
        "optim/a.hpp": ("#include <eigentune/rule/b.hpp>", True),
        "rule/a.hpp": ("#include <eigentune/optim/b.hpp>", False),
        "schedule/a.hpp": ("#include <eigentune/rule/b.hpp>", False),
        "core/c.inc": ("#include <eigentune/rule/b.hpp>", False),
        "rule/c.hpp": ('#include "rule.hpp"', False),
        "rule/d.hpp": ("#include <eigentune/optim.hpp>", False),
        "cellar/a.hpp": ("", False),
        "umbrella.hpp": ("#include <eigentune/report/a.hpp>", True),
    }
    for name, (text, allowed) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "eigentune" / name
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            assert (not list(violations(pathlib.Path(folder)))) == allowed, name
    print(f"{len(cases)} cases are judged as they should be")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    return 1 if found else None


if __name__ == "__main__":
    sys.exit(main())
