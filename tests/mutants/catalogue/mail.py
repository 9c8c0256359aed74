"""Guards of the way to the relay: what its answers mean, how long it is waited for, and what a letter may hold."""

from tests.mutants.catalogue.mutant import Change, Mutant

PROFILES = "tests/relay/test_profiles.py"
WHERE_IT_ENDS = (PROFILES, "-k", "each_fault_ends and sqlite")
NEIGHBOURS = (PROFILES, "-k", "neighbours")

MUTANTS = (
    Mutant(
        name="dot-not-noted",
        guard="what the relay may have after the final dot is uncertain, and not just tried again",
        file="regservice/adapters/smtp.py",
        old="        self.progress = Progress.DOT_WRITTEN\n",
        new="",
        tests=WHERE_IT_ENDS,
    ),
    Mutant(
        name="refused-content-ends-the-address",
        guard="a message that the relay refuses after DATA says nothing about the address",
        file="regservice/adapters/relay_answers.py",
        old="address_is_bad=at_recipient and bool(_BAD_ADDRESS.match(answer))",
        new="address_is_bad=True",
        tests=(PROFILES, "-k", "only_a_missing_mailbox"),
    ),
    Mutant(
        name="missing-mailbox-unnoticed",
        guard="550 5.1.1 at RCPT ends the address",
        file="regservice/adapters/relay_answers.py",
        old="address_is_bad=at_recipient and bool(_BAD_ADDRESS.match(answer))",
        new="address_is_bad=False",
        tests=(PROFILES, "-k", "only_a_missing_mailbox"),
    ),
    Mutant(
        name="450-slows-all",
        guard="450 concerns the one message",
        file="regservice/adapters/relay_answers.py",
        old="        return Retry(reason=reason, scope=Scope.MESSAGE)\n",
        new="        return Retry(reason=reason, scope=Scope.ALL)\n",
        tests=NEIGHBOURS,
    ),
    Mutant(
        name="421-slows-one",
        guard="421 concerns all messages",
        file="regservice/adapters/relay_answers.py",
        old="_CONCERNS_ALL = {421, 454, 530, 535}",
        new="_CONCERNS_ALL = {454, 530, 535}",
        tests=NEIGHBOURS,
    ),
    Mutant(
        name="silence-slows-one",
        guard="a relay that says nothing concerns all messages",
        file="regservice/adapters/relay_answers.py",
        old="scope=Scope.ALL if timed_out(failure) else Scope.MESSAGE",
        new="scope=Scope.MESSAGE",
        tests=("tests/adapters/test_mail.py", "-k", "falls_silent"),
    ),
    Mutant(
        name="impatient-plan",
        guard="a message is tried again after 1, 5 and 15 minutes, then every hour",
        file="regservice/outbox/rules.py",
        old="timedelta(minutes=5), timedelta(minutes=15))",
        new="timedelta(minutes=5), timedelta(minutes=5))",
        tests=(PROFILES, "-k", "never_heals and 450"),
    ),
    Mutant(
        name="patient-for-ever",
        guard="a relay that says nothing is given up",
        file="regservice/adapters/mail.py",
        old="        return RecordingSMTP(settings.server, settings.port, timeout=settings.timeout_s)",
        new="        return RecordingSMTP(settings.server, settings.port, timeout=600)",
        tests=("tests/adapters/test_mail.py", "-k", "silence_is_ended"),
    ),
    Mutant(
        name="short-wait-after-the-dot",
        guard="the answer to the whole message may take longer than the others",
        file="regservice/adapters/smtp.py",
        old="        self._wait(self.answer_timeout_s)\n",
        new="",
        tests=("tests/adapters/test_mail.py", "-k", "may_take_longer"),
    ),
    Mutant(
        name="any-certificate",
        guard="nothing is said to a relay whose certificate no authority of the system vouches for",
        file="regservice/adapters/mail.py",
        old="tls_context or ssl.create_default_context()",
        new="tls_context or ssl._create_unverified_context()",
        tests=("tests/adapters/test_mail.py", "-k", "authorities_are_the_default"),
    ),
    Mutant(
        name="starttls-with-anybody",
        guard="after STARTTLS the relay's certificate is checked",
        file="regservice/adapters/mail.py",
        old="host.starttls(context=self._tls_context)",
        new="host.starttls()",
        tests=("tests/adapters/test_mail.py", "-k", "wrong_certificate"),
    ),
    Mutant(
        name="starttls-where-offered",
        guard="a relay whose STARTTLS was taken away on the way gets neither password nor mail",
        file="regservice/adapters/mail.py",
        old="            if self._settings.use_tls:\n",
        new='            host.ehlo()\n            if self._settings.use_tls and host.has_extn("starttls"):\n',
        tests=("tests/adapters/test_mail.py", "-k", "without_starttls"),
    ),
    Mutant(
        name="headers-with-line-ends",
        guard="no header of a mail holds the end of a line, whatever made it",
        file="regservice/adapters/letters.py",
        old="super().has_bad_headers() or any(_CONTROL.search(value) for value in values)",
        new="bool(values) and super().has_bad_headers()",
        tests=("tests/adapters/test_mail.py", "-k", "last_guard"),
    ),
    Mutant(
        name="mails-with-line-ends",
        guard="what people write adds no header: line ends become blanks, and what holds one all the same is refused",
        file="regservice/adapters/letters.py",
        old='return " ".join(_CONTROL.sub(" ", text).split())',
        new="return text",
        also=(
            Change(
                file="regservice/adapters/letters.py",
                old="        if self.has_bad_headers():\n",
                new="        self.has_bad_headers = lambda: False  # type: ignore[method-assign]\n        if False:\n",
            ),
        ),
        tests=("tests/relay/test_masses.py", "-k", "no_text_adds"),
    ),
    Mutant(
        name="connection-for-each-mail",
        guard="one connection is kept for many mails",
        file="regservice/adapters/mail.py",
        old="self._connection.num_emails >= MAILS_PER_CONNECTION",
        new="self._connection.num_emails",
        tests=("tests/adapters/test_mail.py", "-k", "one_connection_is_kept"),
    ),
)
