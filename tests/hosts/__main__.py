"""`python -m tests.hosts [--mails N]`: web, two workers, database, relay and people on hosts of their own. As root."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.hosts.network import is_possible
from tests.hosts.town import ANSWERS_WITHIN_S, HEALS_WITHIN_S, Report, run


def show(report: Report) -> bool:
    """The figures; whether every promise was kept."""
    statuses = Counter(entry.status for entry in report.entries if entry.action != "readyz")
    actions = Counter(entry.action for entry in report.entries if entry.status == 200)
    cut = report.worker_cut.end - report.worker_cut.begin
    print(f"worker cut off for {cut:.0f} s: {report.mails_while_worker_was_cut} mails left meanwhile")
    print(f"workers that are alive at the end: {report.workers_at_the_end} of 2")
    print(
        f"mails: {report.lost} lost of {report.mails}, {report.doubled} doubled, "
        f"{report.uncertain} listed as uncertain, {report.unlisted} doubled without being listed"
    )
    print(f"answers: {dict(statuses)}; {actions['register']} registered, {actions['confirm']} confirmed")
    print(f"acknowledged and lost: {len(report.lost_people)}; answers of another kind: {report.problems[:5]}")
    print(
        f"database cut off from the web for {report.database_cut.end - report.database_cut.begin:.0f} s: "
        f"slowest answer {report.slowest_s:.1f} s, /readyz red after {report.red_after_s:.1f} s, "
        f"last refusal {report.healed_after_s:.1f} s after the cut"
    )
    return (
        report.lost == 0
        and not report.unlisted
        and report.workers_at_the_end == 2
        and report.mails_while_worker_was_cut > 0
        and not report.lost_people
        and not report.problems
        and report.slowest_s <= ANSWERS_WITHIN_S
        and report.red_after_s <= ANSWERS_WITHIN_S
        and report.healed_after_s <= HEALS_WITHIN_S
    )


def main() -> int:
    """The exit status is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.hosts")
    parser.add_argument("--mails", type=int, default=2000)
    given = parser.parse_args()
    if not is_possible():
        print("network namespaces need root and the program `ip` of iproute2")
        return 1
    begin = time.monotonic()
    with TemporaryDirectory() as folder:
        report = run(
            Path(folder),
            mails=given.mails,
            say=lambda text: print(f"{time.monotonic() - begin:6.1f} s  {text}", flush=True),
        )
    kept = show(report)
    print(f"hosts: {'kept' if kept else 'BROKEN'}")
    print(f"again: python -m tests.hosts --mails {given.mails}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
