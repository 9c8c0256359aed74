"""Whose service this is."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class TownFacts:
    """Name, look and legal texts; an empty text means that the built-in one is shown."""

    name: str = ""
    sender_name: str = ""
    logo: bytes | None = field(default=None, repr=False)
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
