"""Many processes at the same places at the same moment, and a checker that reads afterwards what each was told.

`python -m tests.races` runs the whole and prints its figures; the tests here run the same functions on a tenth or less.
"""
