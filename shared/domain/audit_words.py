"""What somebody did, in words, of the verb and object that the audit trail keeps of it."""

import re

from shared.domain.languages import Sentence, phrase

# The subject is whom or what it was done to.
_SENTENCES = {
    "activate spoof version": phrase("Put the camera check %(subject)s into use"),
    "add admin": phrase("Added the admin %(subject)s"),
    "add class": phrase("Added the class %(subject)s"),
    "add days off": phrase("Added days off: %(subject)s"),
    "add enrolment photo": phrase("Took a photo of %(subject)s to enrol the face"),
    "add spoof version": phrase("Trained the camera check %(subject)s"),
    "add status": phrase("Added the status %(subject)s"),
    "add student": phrase("Added the student %(subject)s"),
    "add teacher": phrase("Added the teacher %(subject)s"),
    "announce absence": phrase("Announced an absence of %(subject)s"),
    "apply sheet": phrase("Saved an edited sheet of %(subject)s"),
    "apply timetable": phrase("Imported %(subject)s into the timetable"),
    "ask about a mark": phrase("Wrote that something is wrong about %(subject)s"),
    "change class": phrase("Changed the class %(subject)s"),
    "change integration": phrase("Changed the integration %(subject)s"),
    "change lecture's clock": phrase("Changed from when on one is late at %(subject)s"),
    "change mark": phrase("Changed a mark: %(subject)s"),
    "change password": phrase("Changed the password of %(subject)s"),
    "change status": phrase("Changed the status %(subject)s"),
    "change student": phrase("Changed the student %(subject)s"),
    "change teacher": phrase("Changed the teacher %(subject)s"),
    "change teacher's classes": phrase("Changed the classes of the teacher %(subject)s"),
    "choose password by link": phrase("Chose a password for %(subject)s by a link"),
    "choose strictness": phrase("Changed how strict the camera check is"),
    "close lecture": phrase("Closed %(subject)s"),
    "confirm check-in": phrase("Accepted a check-in at %(subject)s"),
    "count all on time": phrase("Counted everybody as on time at %(subject)s"),
    "deactivate admin": phrase("Deactivated the admin %(subject)s"),
    "deactivate class": phrase("Deactivated the class %(subject)s"),
    "deactivate student": phrase("Deactivated the student %(subject)s"),
    "deactivate teacher": phrase("Deactivated the teacher %(subject)s"),
    "decline confirmed face": phrase("Erased a face that a teacher had confirmed, of %(subject)s"),
    "decline spoof version": phrase("Deleted the camera check %(subject)s"),
    "delete the old": phrase("Deleted expired records, %(subject)s"),
    "discard enrolment photos": phrase("Deleted the photos taken of %(subject)s"),
    "discard spoof pictures": phrase("Deleted the pictures for the camera check"),
    "end calendar link": phrase("Ended the calendar link of %(subject)s"),
    "end consent": phrase("Ended the consent for %(subject)s, who left, and deleted the face"),
    "end kiosk": phrase("Ended the check-in on a phone at %(subject)s"),
    "end year": phrase("Moved %(subject)s on at the year's end"),
    "erase student": phrase("Erased the student %(subject)s"),
    "export audit trail": phrase("Exported the audit trail as a workbook"),
    "export student": phrase("Exported everything held on %(subject)s"),
    "file photo": phrase("Filed a photo with %(subject)s"),
    "give roll id to another child": phrase("Gave the roll id %(subject)s to another child"),
    "grant cover": phrase("Let somebody cover for %(subject)s"),
    "import roster": phrase("Imported a class list into %(subject)s"),
    "import timetable": phrase("Uploaded %(subject)s for the timetable"),
    "learn confirmed face": phrase("Let the face model of %(subject)s learn a confirmed face"),
    "mail corrections": phrase("Sent corrected letters about %(subject)s"),
    "mail families": phrase("Wrote to the families about %(subject)s"),
    "make calendar link": phrase("Made the calendar link of %(subject)s"),
    "mark the rest": phrase("Marked everybody left at %(subject)s"),
    "move student": phrase("Moved the student %(subject)s"),
    "name second screen": phrase("Added the second screen %(subject)s"),
    "no second screen": phrase("Removed a second screen"),
    "open kiosk": phrase("Started the check-in on a phone at %(subject)s"),
    "open lecture": phrase("Opened %(subject)s"),
    "reactivate admin": phrase("Reactivated the admin %(subject)s"),
    "reactivate class": phrase("Reactivated the class %(subject)s"),
    "reactivate student": phrase("Reactivated the student %(subject)s"),
    "reactivate teacher": phrase("Reactivated the teacher %(subject)s"),
    "record consent": phrase("Recorded the consent for %(subject)s"),
    "refuse check-in": phrase("Refused a check-in at %(subject)s"),
    "remove day off": phrase("Removed the day off %(subject)s"),
    "remove weekly grid": phrase("Removed %(subject)s"),
    "renew face model": phrase("Retrained the face of %(subject)s for the current network"),
    "renew password": phrase("Made a new first-time password for %(subject)s"),
    "renew recovery codes": phrase("Made new recovery codes for %(subject)s"),
    "reopen lecture": phrase("Reopened %(subject)s"),
    "restore backup": phrase("Restored the backup %(subject)s"),
    "retire status": phrase("Retired the status %(subject)s"),
    "retry mail perhaps sent": phrase("Sent letters again that had perhaps been sent, of %(subject)s"),
    "retry refused mail": phrase("Sent refused letters again, of %(subject)s"),
    "revoke family links": phrase("Ended the links in letters about %(subject)s"),
    "rotate keys": phrase("Changed the keys %(subject)s"),
    "say not held": phrase("Said that %(subject)s is not held"),
    "say whose photos": phrase("Said whose photos these are, in %(subject)s"),
    "send class photos": phrase("Sent a zip of photos of %(subject)s"),
    "send password link": phrase("Sent a link for a password to %(subject)s"),
    "send spoof pictures": phrase("Sent pictures for the camera check"),
    "send test message": phrase("Sent a test message to the gateway %(subject)s"),
    "settle family's question": phrase("Settled what the family of %(subject)s wrote"),
    "sign in": phrase("Signed in as %(subject)s"),
    "sign out": phrase("Signed out as %(subject)s"),
    "slow down tries": phrase("Slowed down wrong passwords for %(subject)s"),
    "start planned lecture": phrase("Started %(subject)s from the plan"),
    "take back consent": phrase("Took back the consent for %(subject)s, recorded by mistake"),
    "take back cover": phrase("Took back a cover of %(subject)s"),
    "tie school account": phrase("Tied a school account to %(subject)s"),
    "train face model": phrase("Enrolled the face of %(subject)s"),
    "train spoof check": phrase("Started training the camera check"),
    "turn off integration": phrase("Turned %(subject)s off"),
    "turn off second factor": phrase("Turned off two-step sign-in of %(subject)s"),
    "turn on integration": phrase("Turned %(subject)s on"),
    "turn on second factor": phrase("Turned on two-step sign-in of %(subject)s"),
    "type weekly grid": phrase("Typed %(subject)s"),
    "undo mark": phrase("Took back a mark: %(subject)s"),
    "undo marking the rest": phrase("Took back the marks of everybody left at %(subject)s"),
    "undo sheet": phrase("Took back an edited sheet of %(subject)s"),
    "untie school account": phrase("Undid the tie of a school account to %(subject)s"),
    "use recovery code": phrase("Signed in with a recovery code as %(subject)s"),
    "use status again": phrase("Put the status %(subject)s back into use"),
    "withdraw absence": phrase("Took back an announced absence of %(subject)s"),
    "withdraw consent": phrase("Withdrew the consent for %(subject)s and deleted the face"),
    "write backup": phrase("Wrote the backup %(subject)s"),
}
# What services call a subject, of which the page says the words: how it is stored, and said.
_SUBJECTS = (
    (r"lecture (?P<number>\d+)", phrase("lecture %(number)s")),
    (r"lecture (?P<number>\d+): (?P<about>.*)", phrase("lecture %(number)s: %(about)s")),
    (
        r"lecture (?P<number>\d+), for (?P<teacher>.*?): (?P<about>.*)",
        phrase("lecture %(number)s, for %(teacher)s: %(about)s"),
    ),
    (r"planned (?P<number>\d+): (?P<about>.*)", phrase("planned lecture %(number)s: %(about)s")),
    (r"plan (?P<number>\d+): (?P<about>.*)", phrase("plan %(number)s: %(about)s")),
    (r"grid (?P<number>\d+)", phrase("grid %(number)s")),
    (r"teacher (?P<who>.*)", phrase("teacher %(who)s")),
    (r"status (?P<name>.*)", phrase("status %(name)s")),
    (r"night of (?P<day>.*)", phrase("night of %(day)s")),
    (r"key (?P<number>\d+)", phrase("key %(number)s")),
)
_PARTICLES = ("on", "off", "out", "up", "down", "back", "away")
_PAST = {
    "choose": "Chose",
    "give": "Gave",
    "learn": "Learnt",
    "make": "Made",
    "say": "Said",
    "send": "Sent",
    "set": "Set",
    "take": "Took",
    "undo": "Took back",
    "use": "Used",
    "withdraw": "Withdrew",
    "write": "Wrote",
}


def audit_sentence(action: str, subject: str) -> str:
    """Return the entry as a sentence without its actor: "Added the student 15203A0042"."""
    known, subject = _SENTENCES.get(action), _subject_words(subject)
    if known is not None:
        return phrase(known.one, subject=subject) if "%(subject)s" in known.one else known
    verb, *things = action.split()
    particle = things.pop(0) if things and things[0] in _PARTICLES else ""
    parts = (_past(verb), particle, f"the {' '.join(things)}" if things else "", subject)
    return " ".join(filter(None, parts))


def action_words(action: str) -> str:
    """Return the action alone, to choose it from a list: "Added the student …"."""
    return audit_sentence(action, "…")


def _subject_words(subject: str) -> str:
    """Return a subject in words that each language has; what people typed stays as it is."""
    for stored, words in _SUBJECTS:
        if found := re.fullmatch(stored, subject, re.DOTALL):
            return Sentence(words.one, None, 1, found.groupdict())
    return subject


def _past(verb: str) -> str:
    past = _PAST.get(verb) or verb.capitalize() + ("d" if verb.endswith("e") else "ed")
    return past[:-3] + "ied" if past.endswith("yed") and past[-4:-3] not in "aeiou" else past
