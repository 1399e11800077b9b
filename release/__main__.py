"""`python -m release`: what `make audit` and `make version` do, and what make.sh asks."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path

from release import audit, changelog, licenses, version

ROOT = Path(__file__).resolve().parent.parent


def _audit(given: argparse.Namespace) -> int:
    found, unseen = audit.here(ROOT)
    for ask in () if given.here else (audit.known_to_npm, audit.known_to_osv):
        try:
            found += ask(ROOT)
        except OSError as error:
            print(f"known vulnerabilities not looked up: {error}")
    for name, packages in unseen.items():
        print(f"licences not looked at, since not installed here: {packages} of {name}")
    for each in found:
        print(f"error: {each}", file=sys.stderr)
    return 1 if found else 0


def _version(given: argparse.Namespace) -> int:
    changes = ROOT / "CHANGELOG.md"
    today = datetime.datetime.now(datetime.UTC).date()
    text = changelog.released(changes.read_text(), given.version, today)
    version.set_version(ROOT, given.version)
    changes.write_text(text)
    return 0


def _notes(given: argparse.Namespace) -> int:
    number = version.version(given.tree)
    text = (given.tree / "CHANGELOG.md").read_text()
    told = changelog.section(text, number)
    print(told or changelog.section(text, "Unreleased"))
    if not told:
        why = f"CHANGELOG.md has no section {number} yet: make version VERSION={number}"
        print(f"a rehearsal: {why}", file=sys.stderr)
    return 0


def _bill(given: argparse.Namespace) -> int:
    bill = json.loads(given.bill.read_text())
    policy = licenses.Policy.read(ROOT)
    policy.fill(bill, dict(licenses.of_python(ROOT / "requirements" / given.list, policy)))
    given.bill.write_text(json.dumps(bill, indent=2) + "\n")
    return 0


def main() -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m release")
    commands = parser.add_subparsers(required=True)
    add = commands.add_parser("audit", help="versions, pins, licences and known vulnerabilities")
    add.add_argument("--here", action="store_true", help="ask no service")
    add.set_defaults(run=_audit)
    told = "set it everywhere; what is unreleased becomes its section of the changelog"
    add = commands.add_parser("version", help=told)
    add.add_argument("version", metavar="1.2.3")
    add.set_defaults(run=_version)
    add = commands.add_parser("notes", help="what has changed in the version of a tree")
    add.add_argument("tree", type=Path)
    add.set_defaults(run=_notes)
    add = commands.add_parser("bill", help="put licences into a bill of materials of a list")
    add.add_argument("bill", type=Path)
    add.add_argument("list")
    add.set_defaults(run=_bill)
    given = parser.parse_args()
    try:
        return int(given.run(given))
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
