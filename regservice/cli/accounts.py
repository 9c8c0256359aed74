"""Commands for accounts of organisers and for API tokens."""

import sys

import click

from regservice.accounts import service as accounts
from regservice.accounts.types import AddressTaken, OrganiserFacts, PasswordRefused, Role
from regservice.adapters.addresses import UnusableAddress, ascii_address
from regservice.cli.application import ACTOR, opened, refuse
from regservice.wiring import current_wiring

WHY_REFUSED = {
    "short": "The password is too short: use at least 12 characters.",
    "long": "The password is too long: use at most 128 characters.",
    "known": "The password is too easy to guess: use another one.",
}
password_option = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")


@click.group()
def organiser() -> None:
    """Accounts of organisers."""


@organiser.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.ORGANISER.value)
@password_option
def add(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Make an account."""
    try:
        ascii_address(email.strip())
    except UnusableAddress as refusal:
        refuse(str(refusal))
    given = _password() if password_stdin else ""
    with opened():
        now = current_wiring().now()
        match accounts.add_organiser(email, name, role=Role(role), password=given, by=ACTOR, now=now):
            case AddressTaken():
                refuse("There is an account with this address already.")
            case PasswordRefused(code=code):
                refuse(WHY_REFUSED[code])
            case OrganiserFacts():
                pass


@organiser.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from the first line of stdin.")
def password(email: str, password_stdin: bool) -> None:
    """Set the password of an account; its sessions end."""
    given = _password()
    with opened():
        refused = accounts.set_password(_known(email).id, given, by=ACTOR, now=current_wiring().now())
    if refused:
        refuse(WHY_REFUSED[refused.code])


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _known(email: str) -> OrganiserFacts:
    found = accounts.find_organiser(email)
    if found is None:
        refuse("There is no account with this address.")
    return found


@click.group()
def token() -> None:
    """Tokens for the JSON API."""


@token.command()
@click.argument("name")
@click.option("--organiser", "email", help="The account that events made with this token belong to.")
def create(name: str, email: str | None) -> None:
    """Make an API token and print it, once."""
    with opened():
        owner = _known(email).id if email else None
        click.echo(accounts.make_api_token(name, organiser_id=owner, by=ACTOR, now=current_wiring().now()))


COMMANDS = (organiser, token)
