"""The school's classes, and who teaches them."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.persistence.tables.base import Base, Code, Name, table


class SchoolClass(Base):
    """A class, known by its code, such as CO6GA."""

    __tablename__ = "school_class"

    class_code: Mapped[str] = mapped_column(Code, unique=True)
    name: Mapped[str] = mapped_column(Name, default="")
    active: Mapped[bool] = mapped_column(default=True)


class Teaching(Base):
    """Which classes a teacher teaches."""

    __tablename__ = "teaching"

    teacher_id: Mapped[int] = mapped_column(ForeignKey("teacher.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id", ondelete="CASCADE"), index=True)

    __table_args__ = table(UniqueConstraint("teacher_id", "class_id"))
