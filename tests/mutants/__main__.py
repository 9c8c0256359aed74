"""`python -m tests.mutants [NAME …]`: take each guard out and see its tests turn red."""

import sys
import time

from tests.mutants.catalogue import MUTANTS
from tests.mutants.running import FAILED, PASSED, copy_of_the_project, outcome, taken_out


def main(names: list[str]) -> int:
    """Print one line a mutant; the exit status is 1 when a guard could be missing unseen."""
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    not_caught = 0
    with copy_of_the_project() as copy:
        green: dict[tuple[str, ...], bool] = {}
        for mutant in chosen:
            begin = time.monotonic()
            if mutant.tests not in green:
                # Tests that are red anyway would prove nothing.
                green[mutant.tests] = outcome(copy, mutant.tests)[0] == PASSED
            with taken_out(mutant, copy):
                status, said = outcome(copy, mutant.tests)
            caught = green[mutant.tests] and status == FAILED
            not_caught += not caught
            word = "caught" if caught else "NOT CAUGHT" if green[mutant.tests] else "RED ANYWAY"
            print(f"{word:10}  {mutant.name:28} {time.monotonic() - begin:4.0f} s  {mutant.guard}; {said}", flush=True)
    print(f"{len(chosen) - not_caught} of {len(chosen)} caught")
    return 1 if not_caught else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
