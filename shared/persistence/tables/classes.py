"""The school's classes, and who teaches them."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.persistence.tables.base import (
    Base,
    Code,
    Digest,
    Name,
    SearchText,
    SortKey,
    SourcedId,
    UtcDateTime,
    table,
)
from shared.persistence.tables.search import at_insert, keep_current, search_text, sort_key

_SEARCH_TEXT, _CODE_ORDER = search_text("class_code"), sort_key("class_code")


class SchoolClass(Base):
    """A class, known by its code, such as CO6GA."""

    __tablename__ = "school_class"

    class_code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str] = mapped_column(Name, default="")
    active: Mapped[bool] = mapped_column(default=True)
    search_text: Mapped[str] = mapped_column(SearchText, default=at_insert(_SEARCH_TEXT))
    code_order: Mapped[str] = mapped_column(SortKey, default=at_insert(_CODE_ORDER))
    sourced_id: Mapped[str | None] = mapped_column(SourcedId, unique=True)


keep_current(SchoolClass, search_text=_SEARCH_TEXT, code_order=_CODE_ORDER)


class Teaching(Base):
    """Which classes a teacher teaches."""

    __tablename__ = "teaching"

    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id", ondelete="CASCADE"), index=True)

    __table_args__ = table(UniqueConstraint("teacher_id", "class_id"))


class ListColumns(Base):
    """What the columns of a class list are used for, as the office tied them: fields by the columns' letters.

    `headings` is the set of headings it holds for, `digest` the headings' own, for they are long.
    """

    __tablename__ = "list_columns"

    digest: Mapped[str] = mapped_column(Digest, unique=True)
    headings: Mapped[str] = mapped_column(Text)
    columns: Mapped[dict[str, str]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
