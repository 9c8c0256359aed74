"""Whose service this is."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class TownFacts:
    """Name, look and legal texts; an empty text means that the built-in one is shown.

    `logo_type` is the media type of the logo and empty without one. The picture itself is read only to be served.
    """

    name: str = ""
    sender_name: str = ""
    logo_type: str = ""
    colour: str = ""
    imprint: str = ""
    privacy: str = ""
    accessibility: str = ""
    version: int = 0

    @property
    def unfinished(self) -> tuple[str, ...]:
        """What the town still has to say in its own words before it goes public."""
        return tuple(name for name in ("name", "imprint", "privacy", "accessibility") if not getattr(self, name))


@dataclass(frozen=True, kw_only=True)
class Logo:
    """A picture and its media type."""

    content: bytes = field(repr=False)
    media_type: str
