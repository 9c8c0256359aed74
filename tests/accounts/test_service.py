"""Accounts on both databases: sign-in and its limits, sessions, one-time links, passwords, tokens."""

from statistics import median
from time import process_time

import pytest
from flask import Flask

from regservice.accounts import passwords
from regservice.accounts import service as accounts
from regservice.accounts.types import (
    AddressTaken,
    LastAdmin,
    LinkPurpose,
    OrganiserFacts,
    PasswordRefused,
    Role,
    SignedIn,
    Throttled,
    WrongCredentials,
)
from tests.conftest import START, Clock

PASSWORD = "a long sentence at noon"
OTHER = "another sentence at night"


def add(email: str = "kim@example.org", *, role: Role = Role.ORGANISER, password: str = PASSWORD) -> OrganiserFacts:
    made = accounts.add_organiser(email, "Kim Muster", role=role, password=password, by="test", now=START)
    assert isinstance(made, OrganiserFacts)
    return made


def signed_in(clock: Clock, password: str = PASSWORD, *, sender: str = "here") -> SignedIn:
    answer = accounts.sign_in("Kim@Example.org", password, sender=sender, now=clock())
    assert isinstance(answer, SignedIn), answer
    return answer


def test_a_right_password_signs_in_and_a_wrong_one_does_not(each_app: Flask, clock: Clock):
    kim = add()
    assert signed_in(clock).organiser == kim
    assert accounts.sign_in(kim.email, OTHER, sender="here", now=clock()) == WrongCredentials()
    assert accounts.sign_in("nobody@example.org", PASSWORD, sender="here", now=clock()) == WrongCredentials()


def test_an_account_without_password_is_not_reached_by_an_empty_one(each_app: Flask, clock: Clock):
    kim = add(password="")
    assert accounts.sign_in(kim.email, "", sender="here", now=clock()) == WrongCredentials()


def test_each_sign_in_has_a_token_of_its_own(each_app: Flask, clock: Clock):
    add()
    first, second = signed_in(clock), signed_in(clock)
    assert first.token != second.token
    accounts.sign_out(first.token, clock())
    assert accounts.find_signed_in(first.token, clock(), clock()) is None
    assert accounts.find_signed_in(second.token, clock(), clock()) is not None


def test_five_tries_in_a_quarter_of_an_hour_an_account(each_app: Flask, clock: Clock):
    kim = add()
    for _ in range(5):
        assert accounts.sign_in(kim.email, OTHER, sender="here", now=clock()) == WrongCredentials()
    opens_at = START.replace(minute=15)
    assert accounts.sign_in(kim.email, PASSWORD, sender="elsewhere", now=clock()) == Throttled(until=opens_at)
    clock.advance(minutes=14, seconds=59)
    assert accounts.sign_in(kim.email, PASSWORD, sender="elsewhere", now=clock()) == Throttled(until=opens_at)
    clock.advance(seconds=1)
    signed_in(clock, sender="elsewhere")


def test_right_passwords_do_not_count_as_tries(each_app: Flask, clock: Clock):
    kim = add()
    for _ in range(4):
        assert accounts.sign_in(kim.email, OTHER, sender="here", now=clock()) == WrongCredentials()
    for _ in range(25):
        signed_in(clock, sender="here")
    assert accounts.sign_in(kim.email, OTHER, sender="here", now=clock()) == WrongCredentials()
    assert isinstance(accounts.sign_in(kim.email, PASSWORD, sender="here", now=clock()), Throttled)


def test_twenty_tries_an_hour_from_one_sender(each_app: Flask, clock: Clock):
    add()
    for number in range(20):
        accounts.sign_in(f"person{number}@example.org", PASSWORD, sender="here", now=clock())
    assert accounts.sign_in("kim@example.org", PASSWORD, sender="here", now=clock()) == Throttled(
        until=START.replace(hour=11)
    )
    signed_in(clock, sender="elsewhere")


def test_a_session_ends_after_half_an_hour_without_a_request(each_app: Flask, clock: Clock):
    kim = add()
    token = signed_in(clock).token
    clock.advance(minutes=30)
    assert accounts.find_signed_in(token, START, clock()) == kim
    clock.advance(seconds=1)
    assert accounts.find_signed_in(token, START, clock()) is None


def test_a_session_ends_after_twelve_hours_however_busy(each_app: Flask, clock: Clock):
    kim = add()
    token = signed_in(clock).token
    clock.advance(hours=12)
    assert accounts.find_signed_in(token, clock(), clock()) == kim
    clock.advance(seconds=1)
    assert accounts.find_signed_in(token, clock(), clock()) is None


def test_a_new_password_ends_every_session_and_begins_one(each_app: Flask, clock: Clock):
    kim = add()
    one, two = signed_in(clock), signed_in(clock)
    answer = accounts.change_password(kim.id, PASSWORD, OTHER, now=clock())
    assert isinstance(answer, SignedIn)
    assert [accounts.find_signed_in(each.token, clock(), clock()) is not None for each in (one, two, answer)] == [
        False,
        False,
        True,
    ]
    assert accounts.sign_in(kim.email, PASSWORD, sender="here", now=clock()) == WrongCredentials()
    signed_in(clock, OTHER)


def test_a_password_is_changed_only_with_the_old_one_and_five_tries(each_app: Flask, clock: Clock):
    kim = add()
    token = signed_in(clock).token
    for _ in range(5):
        assert accounts.change_password(kim.id, OTHER, OTHER, now=clock()) == WrongCredentials()
    assert isinstance(accounts.change_password(kim.id, PASSWORD, OTHER, now=clock()), Throttled)
    assert accounts.find_signed_in(token, clock(), clock()) is not None


def test_the_first_password_after_a_one_time_link_needs_no_old_one(each_app: Flask, clock: Clock):
    kim = add(password="")
    assert isinstance(accounts.change_password(kim.id, "", PASSWORD, now=clock()), SignedIn)
    signed_in(clock)


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "short"), ("x" * 129, "long"), ("passwort12345", "known"), ("aaaaaaaaaaaaaaaa", "known")],
)
def test_a_weak_password_is_refused(app: Flask, clock: Clock, password: str, code: str):
    kim = add()
    assert accounts.change_password(kim.id, PASSWORD, password, now=clock()) == PasswordRefused(code=code)
    signed_in(clock)


def test_a_one_time_link_works_once_and_for_an_hour(each_app: Flask, clock: Clock):
    kim = add(password="")
    token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=kim.id, now=clock())
    answer = accounts.use_sign_in_link(token, clock())
    assert answer is not None
    assert answer.organiser == kim
    assert accounts.use_sign_in_link(token, clock()) is None
    late = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=kim.id, now=clock())
    clock.advance(minutes=59, seconds=59)
    assert accounts.link_is_good(late, LinkPurpose.SIGN_IN, clock())
    clock.advance(seconds=1)
    assert accounts.use_sign_in_link(late, clock()) is None


def test_a_newer_link_ends_the_older_one_and_a_purpose_is_not_another(each_app: Flask, clock: Clock):
    kim = add(password="")
    older = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=kim.id, now=clock())
    newer = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=kim.id, now=clock())
    assert [accounts.link_is_good(token, LinkPurpose.SIGN_IN, clock()) for token in (older, newer)] == [False, True]
    assert not accounts.link_is_good(newer, LinkPurpose.FIRST_ORGANISER, clock())


def test_the_first_organiser_is_made_once_and_may_do_everything(each_app: Flask, clock: Clock):
    token = accounts.make_link(LinkPurpose.FIRST_ORGANISER, now=clock())

    def use(email: str) -> object:
        return accounts.use_first_organiser_link(token, email=email, name="Kim", password=PASSWORD, now=clock())

    answer = use("kim@example.org")
    assert isinstance(answer, SignedIn)
    assert answer.organiser.role is Role.ADMIN
    assert use("alex@example.org") is None
    again = accounts.make_link(LinkPurpose.FIRST_ORGANISER, now=clock())
    assert (
        accounts.use_first_organiser_link(again, email="b@example.org", name="B", password=PASSWORD, now=clock())
        is None
    )
    assert accounts.count_organisers() == 1


def test_a_closed_account_is_closed_everywhere_at_once(each_app: Flask, clock: Clock):
    add("admin@example.org", role=Role.ADMIN)
    kim = add()
    token = signed_in(clock).token
    link = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=kim.id, now=clock())
    api = accounts.make_api_token("list", organiser_id=kim.id, by="test", now=clock())
    assert accounts.disable(kim.id, by="test", now=clock()) is None
    assert accounts.find_signed_in(token, clock(), clock()) is None
    assert accounts.use_sign_in_link(link, clock()) is None
    assert accounts.find_api_token(api) is None
    assert accounts.sign_in(kim.email, PASSWORD, sender="here", now=clock()) == WrongCredentials()
    later = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=kim.id, now=clock())
    assert accounts.use_sign_in_link(later, clock()) is None
    accounts.enable(kim.id, by="test", now=clock())
    signed_in(clock)


def test_one_admin_always_stays(each_app: Flask, clock: Clock):
    one, two = add("one@example.org", role=Role.ADMIN), add("two@example.org", role=Role.ADMIN)
    add()
    assert accounts.disable(one.id, by="test", now=clock()) is None
    assert accounts.disable(two.id, by="test", now=clock()) == LastAdmin()
    assert accounts.get_organiser(two.id).disabled is False


def test_an_address_has_one_account(each_app: Flask, clock: Clock):
    add()
    again = accounts.add_organiser("KIM@example.org", "Kim", by="test", now=clock())
    assert again == AddressTaken()


def test_a_token_is_listed_without_its_secret_and_ends_for_good(each_app: Flask, clock: Clock):
    kim = add()
    token = accounts.make_api_token("spreadsheet", organiser_id=kim.id, by="test", now=clock())
    (listed,) = accounts.api_tokens()
    assert (listed.name, listed.organiser_id, listed.created_at) == ("spreadsheet", kim.id, START)
    assert token not in repr(listed)
    assert accounts.find_api_token(token) == (f"api_token:{listed.id}", kim.id)
    accounts.end_api_token(listed.id, by="test", now=clock())
    accounts.end_api_token(listed.id, by="test", now=clock())
    assert (accounts.find_api_token(token), accounts.api_tokens()) == (None, [])


def test_the_answer_takes_as_long_for_an_unknown_address(app: Flask, clock: Clock):
    add()

    def seconds(email: str) -> float:
        """Of the processor: what others do on the machine meanwhile is not ours to answer for."""
        clock.advance(hours=1)
        begin = process_time()
        assert accounts.sign_in(email, OTHER, sender=email, now=clock()) == WrongCredentials()
        return process_time() - begin

    assert not passwords.needs_rehash(passwords.NOBODYS_HASH)
    pairs = [(seconds("nobody@example.org"), seconds("kim@example.org")) for _ in range(9)]
    assert 0.5 < median(unknown / known for unknown, known in pairs) < 2
