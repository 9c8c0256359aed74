"""`python -m benchmarks`."""

from benchmarks import mails, pages

if __name__ == "__main__":
    pages.run()
    mails.run()
