"""What the moon does to the tide on a day: a plugin of personae with one tool and the persona that it speaks in."""

from __future__ import annotations

from datetime import UTC, date, datetime

from personae.tools.declared import Legs
from personae.tools.plugin import Plugin, PluginTool

__all__ = ["plugin", "spring_or_neap"]

_NEW_MOON = datetime(2000, 1, 6, 18, 14, tzinfo=UTC)
_SYNODIC_MONTH_DAYS = 29.530588


def spring_or_neap(day: str) -> dict[str, object]:
    """Say how old the moon is at noon UTC of a day, and whether that makes spring tides, neap tides, or neither.

    Args:
        day: The day, such as 2026-11-24.
    """
    noon = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=UTC).replace(hour=12)
    age = (noon - _NEW_MOON).total_seconds() / 86_400 % _SYNODIC_MONTH_DAYS
    # Springs follow new and full moon, neaps the quarters, each by about a day and a half.
    phase = (age - 1.5) % (_SYNODIC_MONTH_DAYS / 2)
    quarter = _SYNODIC_MONTH_DAYS / 4
    tide = "spring" if min(phase, 2 * quarter - phase) < 2 else "neap" if abs(phase - quarter) < 2 else "between"
    return {"day": day, "moon_age_days": round(age, 1), "tide": tide}


plugin = Plugin(
    name="tides",
    # It computes and touches nothing, so it may be called again, and brings no leg of the trifecta.
    tools=(PluginTool(function=spring_or_neap, effect="none", legs=Legs()),),
    persona_name="harbor-pilot",
)
