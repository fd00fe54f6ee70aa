"""Which other systems the office has turned on, and how."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from shared.persistence.tables.base import Base, UtcDateTime, word


class Integration(StrEnum):
    """A system of the school that this one can be tied to."""

    ONEROSTER = "oneroster"
    MOODLE = "moodle"
    FAMILIES = "families"
    SCHOOL_SIGN_IN = "school-sign-in"
    MESSAGES = "messages"


class IntegrationChoice(Base):
    """Whether an integration is on, what was chosen for it, and what it last did; no row: it is off."""

    __tablename__ = "integration"

    name: Mapped[Integration] = mapped_column(word(Integration), unique=True)
    is_on: Mapped[bool] = mapped_column(default=False)
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
