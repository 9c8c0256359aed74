"""What happens when a part is away: `python -m tests.outages [--seed N] [--restarts N] [--only NAME]`."""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.outages import idle, restarts, silence


def restarted(folder: Path, seed: int, count: int) -> bool:
    """The database server is restarted while people register."""
    report = restarts.run(folder, restarts=count, seed=seed, settle_s=180)
    modes = Counter(restart.mode for restart in report.restarts)
    statuses = Counter(entry.status for entry in report.entries)
    registered, confirmed = report.count("register", 200), report.count("confirm", 200)
    ready = max(restart.ready_after_s for restart in report.restarts)
    mail = max(restart.mail_after_s for restart in report.restarts)
    slowest = max(entry.seconds for entry in report.entries)
    healed = max(report.recovered_after_s)
    print(f"PostgreSQL restarted {count} times under load ({modes['fast']} fast, {modes['immediate']} immediate)")
    print(
        f"answers: {len(report.entries)} in all, {statuses[200]} x 200, {statuses[503]} x 503; slowest {slowest:.1f} s"
    )
    print(f"answers of another kind: {len(report.problems)} of {len(report.entries)} {report.problems[:3]}")
    print(f"acknowledged and lost: {len(report.lost)} of {registered} registrations and {confirmed} confirmations")
    print(f"people with two rows: {len(report.doubled_rows)} of {registered}")
    print(
        f"last refusal after the server was back: {healed:.1f} s; /readyz green: {ready:.1f} s; next mail: {mail:.1f} s"
    )
    print(
        f"mails: {report.mails} handed over, {report.doubled_mails} doubled, {report.uncertain} listed as uncertain, "
        f"{report.unlisted} doubled without being listed, {report.never_came} called sent that never came"
    )
    print(f"messages left over: {report.unsent}")
    within = max(healed, ready, mail) <= restarts.RECOVERS_WITHIN_S
    kept = not (report.problems or report.lost or report.doubled_rows or report.unsent)
    return within and kept and not report.unlisted and not report.never_came


def silent(folder: Path, _seed: int, _count: int) -> bool:
    """A worker is killed."""
    death = silence.run(folder)
    print(
        f"worker killed: /readyz red after {death.red_after_s:.1f} s, green {death.green_after_s:.1f} s after the next"
    )
    return death.red_after_s <= silence.RED_WITHIN_S


def idled(folder: Path, _seed: int, _count: int) -> bool:
    """A thousand connections that say nothing, and some that stop in the middle of a request."""
    report = idle.run(folder, idle=1000, stalled=20, seconds=15)
    print(
        f"{report.idle} idle and {report.stalled} stalled connections: p95 of {len(report.seconds)} pages "
        f"{report.p95_s * 1000:.0f} ms (without them {report.alone_p95_s * 1000:.0f} ms), failed {report.failed}"
    )
    return report.p95_s < idle.P95_WITHIN_S and not report.failed


RUNS = {"restarts": restarted, "silence": silent, "idle": idled}


def main() -> int:
    """The exit status is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.outages")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--only", choices=sorted(RUNS))
    given = parser.parse_args()
    kept = True
    for name in [given.only] if given.only else list(RUNS):
        with TemporaryDirectory() as folder:
            well = RUNS[name](Path(folder), given.seed, given.restarts)
        print(f"{name}: {'kept' if well else 'BROKEN'}", flush=True)
        kept = kept and well
    print(f"again: python -m tests.outages --seed {given.seed} --restarts {given.restarts}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
