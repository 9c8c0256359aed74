"""Words that people and organisers read alike."""

from flask_babel import lazy_gettext as _

from regservice.registrations.types import HelpKind

HELP_KIND = {
    HelpKind.DEVICE: _("Borrow a device"),
    HelpKind.WATCH_TOGETHER: _("A place where we watch together"),
    HelpKind.TELEPHONE: _("Take part by telephone"),
    HelpKind.DIALLING_IN: _("Help with dialling in, also a trial before"),
    HelpKind.SIGN_LANGUAGE: _("Sign language or subtitles"),
    HelpKind.OTHER: _("Something else"),
}
