"""`python -m regservice COMMAND`."""

from regservice.cli import main

if __name__ == "__main__":
    main()
