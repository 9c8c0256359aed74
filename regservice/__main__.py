"""`python -m regservice COMMAND`."""

import gc

# What is imported stays: looking for garbage meanwhile would find none, and take a tenth of the time to the first page.
gc.disable()
from regservice.cli import main  # noqa: E402 - the collector rests while this is imported.

gc.enable()

if __name__ == "__main__":
    main()
