"""The guards, how each is taken out, and which tests must then turn red: a file a part of the house."""

from tests.mutants.catalogue import events, formats, house, mail, pages, registrations, sending
from tests.mutants.catalogue.mutant import Mutant

__all__ = ["MUTANTS", "Mutant"]

MUTANTS = (
    *registrations.MUTANTS,
    *formats.MUTANTS,
    *events.MUTANTS,
    *sending.MUTANTS,
    *mail.MUTANTS,
    *pages.MUTANTS,
    *house.MUTANTS,
)
