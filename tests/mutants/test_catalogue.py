"""The catalogue of mutants keeps up with the code; `make mutants` runs them."""

import pytest

from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.running import PROJECT


def test_each_mutant_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_guard_is_still_where_the_mutant_takes_it_out(mutant: Mutant) -> None:
    counts = [(PROJECT / change.file).read_text(encoding="utf-8").count(change.old) for change in mutant.changes]
    assert set(counts) == {1}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_tests_that_must_turn_red_are_there(mutant: Mutant) -> None:
    files = [argument.partition("::")[0] for argument in mutant.tests if argument.startswith("tests/")]
    assert files
    assert [name for name in files if not (PROJECT / name).exists()] == []
