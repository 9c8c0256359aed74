"""Every address of the service with its audience, and a way to open them all."""

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.web.story import Story

# Who may open an address. One that is not named here fails the first test.
AUDIENCES = {
    "public": """public.upcoming public.past public.event public.registration_form public.register public.programme
        public.lost public.send_lost public.imprint public.privacy public.accessibility town.logo town.colour
        calendars.event calendars.everything calendars.programme organiser.sign_in organiser.check_sign_in
        organiser.sign_out api.list_events api.show_event api.register api-docs.openapi_json""",
    "machine": "health.healthz health.readyz health.metrics",
    "personal link": """personal.overview personal.ask_to_confirm personal.confirm personal.ask_to_accept
        personal.accept personal.ask_to_cancel personal.cancel personal.undo personal.ask_to_withdraw
        personal.withdraw personal.change_form personal.change personal.calendar personal.join personal.join_part
        personal.make_room personal.enter_part personal.watch_together
        personal.change_attendance personal.digital_too personal.group_form personal.choose_group
        personal.ask_to_join personal.take_part_digitally personal.help_form personal.ask_for_help
        personal.needs_form personal.say_needs
        personal.answer_question personal.ask_to_give_up personal.give_up""",
    "speaker's link": "speaking.room_page speaking.enter speaking.enter_group",
    "decision link": "decision.proposal_page decision.answer_proposal",
    "unsubscribe link": "unsubscribe.ask unsubscribe.switch_off",
    "one-time link": """organiser.one_time_link organiser.use_one_time_link organiser.first_organiser
        organiser.make_first_organiser""",
    "organiser": """organiser.account organiser.change_password organiser.events organiser.events_page
        organiser.new_event organiser.make_event organiser.event_page organiser.edit_event organiser.save_event
        organiser.copy_event organiser.preview_event organiser.publish_check organiser.publish_event
        organiser.ask_to_close organiser.close_registration organiser.postpone_event organiser.take_up_again
        organiser.cancel_event organiser.attendees organiser.new_attendee organiser.enter_attendee organiser.person
        organiser.correct_address organiser.send_link organiser.move_up organiser.cancel_person organiser.door_list
        organiser.accept_for_person organiser.change_person
        organiser.press organiser.help_requested organiser.care_for organiser.clear_needs organiser.settle_help
        organiser.export organiser.event_messages organiser.messages organiser.message
        organiser.send_again organiser.note_returned_mail organiser.replace_link
        organiser.try_address_again organiser_formats.format_page
        organiser_formats.check_switch organiser_formats.switch_now organiser_formats.save_rule
        organiser.call_list organiser.question_list organiser.part_list organiser_switches.call_list
        organiser_formats.preview_rule organiser_formats.confirm_venue
        organiser_formats.remove_rule organiser_formats.add_reading organiser_formats.answer_proposal
        organiser_feeds.feed_page organiser_feeds.source_page organiser_feeds.use_source organiser_feeds.remove_feed
        organiser_returning.ask_to_stay organiser_returning.check_return organiser_returning.return_now
        organiser_switches.switch_page organiser_switches.enter_call
        organiser_sessions.sessions_page organiser_sessions.new_session organiser_sessions.add_session
        organiser_sessions.edit_session organiser_sessions.save_session organiser_sessions.move_session
        organiser_sessions.remove_session organiser_sessions.session_people organiser_sessions.change_session_people
        organiser_speakers.speakers_page organiser_speakers.new_speaker organiser_speakers.add_speaker
        organiser_speakers.edit_speaker organiser_speakers.save_speaker organiser_speakers.remove_speaker
        organiser_questions.questions_page organiser_questions.new_question organiser_questions.add_question
        organiser_questions.edit_question organiser_questions.save_question organiser_questions.move_earlier
        organiser_questions.move_later organiser_questions.remove_question organiser_questions.ask_for_access_needs
        organiser_rooms.room_page organiser_rooms.choose_system organiser_rooms.replace_room organiser_rooms.enter
        organiser_rooms.enter_group
        organiser_speakers.set_deputy organiser.move_person organiser.answer_for_person organiser.change_part""",
    "admin": """organiser.settings organiser.save_settings organiser.organisers organiser.add_organiser
        organiser.make_link organiser.disable_organiser organiser.enable_organiser organiser.tokens
        organiser.make_token organiser.end_token""",
    "API token": """api.create_event api.change_event api.list_registrations api.switch_format api.show_format
        api.ask_to_stay api.return_on_site
        api.show_venue api.confirm_venue api.save_format_rule api.add_reading api.decide api.list_messages""",
}
AUDIENCE = {endpoint: who for who, endpoints in AUDIENCES.items() for endpoint in endpoints.split()}
LINKS = {"personal link", "speaker's link", "decision link", "unsubscribe link", "one-time link"}


def rules(app: Flask, method: str, *audiences: str) -> list[Rule]:
    """The addresses of these audiences that take this method."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return [rule for rule in found if not audiences or AUDIENCE[rule.endpoint] in audiences]


def browser(app: Flask, cookie: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("session", cookie)
    return client


def open_everything(
    app: Flask, story: Story, cookie: str, method: str = "GET", query: str = "", **headers: str
) -> list[tuple[str, TestResponse]]:
    """Everything that can be read, by somebody who may read it."""
    found = []
    for rule in rules(app, "GET"):
        who = AUDIENCE[rule.endpoint]
        client = app.test_client(use_cookies=False)
        proof = {"Authorization": f"Bearer {story.api_token}"} if who == "API token" else {}
        if who in {"organiser", "admin"}:
            proof = {"Cookie": f"session={cookie}; __Host-session={cookie}"}
        given = proof | {name.replace("_", "-"): value for name, value in headers.items()}
        for path in story.addresses(rule):
            found.append((path, client.open(path, method=method, query_string=query, headers=given)))
    return found
