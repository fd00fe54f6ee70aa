"""Every table of the product. Times are aware UTC; photos, descriptors and face models are sealed bytes."""

from shared.persistence.tables.accounts import (
    Account,
    AccountNotice,
    Admin,
    AttemptLock,
    FailedTry,
    KnownDevice,
    PasswordLink,
    RecoveryCode,
    SignIn,
    Teacher,
)
from shared.persistence.tables.attendance import (
    Lecture,
    LectureClass,
    Mark,
    MarkChange,
    OwnStatus,
    SheetMarkChange,
    SheetUpload,
)
from shared.persistence.tables.base import Base
from shared.persistence.tables.classes import ListColumns, SchoolClass, Teaching
from shared.persistence.tables.faces import (
    EnrolmentPhoto,
    FaceModelRow,
    FaceVersion,
    NearMatchPair,
    PhotoQuestion,
)
from shared.persistence.tables.families import AnnouncedAbsence, FamilyLink, FamilyQuestion
from shared.persistence.tables.integrations import Integration, IntegrationChoice
from shared.persistence.tables.kiosk import (
    CheckIn,
    FaceFlag,
    HeadTurn,
    KioskPass,
    KioskTicket,
    ModelOffer,
    ToConfirm,
)
from shared.persistence.tables.office_work import AuditEntry, Job, OutgoingMail
from shared.persistence.tables.people import Consent, Student
from shared.persistence.tables.privacy import Erasure, Night
from shared.persistence.tables.spoof import (
    SpoofActivation,
    SpoofMistake,
    SpoofPicture,
    SpoofVersion,
    StrictnessChoice,
)
from shared.persistence.tables.timetable import (
    CalendarLink,
    Cover,
    DayOff,
    PlanDraft,
    PlannedClass,
    PlannedLecture,
    WeeklyGrid,
)

__all__ = [
    "Account",
    "AccountNotice",
    "Admin",
    "AnnouncedAbsence",
    "AttemptLock",
    "AuditEntry",
    "Base",
    "CalendarLink",
    "CheckIn",
    "Consent",
    "Cover",
    "DayOff",
    "EnrolmentPhoto",
    "Erasure",
    "FaceFlag",
    "FaceModelRow",
    "FaceVersion",
    "FailedTry",
    "FamilyLink",
    "FamilyQuestion",
    "HeadTurn",
    "Integration",
    "IntegrationChoice",
    "Job",
    "KioskPass",
    "KioskTicket",
    "KnownDevice",
    "Lecture",
    "LectureClass",
    "ListColumns",
    "Mark",
    "MarkChange",
    "ModelOffer",
    "NearMatchPair",
    "Night",
    "OutgoingMail",
    "OwnStatus",
    "PasswordLink",
    "PhotoQuestion",
    "PlanDraft",
    "PlannedClass",
    "PlannedLecture",
    "RecoveryCode",
    "SchoolClass",
    "SheetMarkChange",
    "SheetUpload",
    "SignIn",
    "SpoofActivation",
    "SpoofMistake",
    "SpoofPicture",
    "SpoofVersion",
    "StrictnessChoice",
    "Student",
    "Teacher",
    "Teaching",
    "ToConfirm",
    "WeeklyGrid",
]
