"""What somebody did, in words, of the verb and object that the audit trail keeps of it."""

# {} is whom or what it was done to.
_SENTENCES = {
    "activate spoof version": "Put the camera check {} into use",
    "add enrolment photo": "Took a photo of {} to enrol the face",
    "add spoof version": "Trained the camera check {}",
    "announce absence": "Announced an absence of {}",
    "apply sheet": "Saved an edited sheet of {}",
    "ask about a mark": "Wrote that something is wrong about {}",
    "change password": "Changed the password of {}",
    "choose password by link": "Chose a password for {} by a link",
    "choose strictness": "Changed how strict the camera check is",
    "close lecture": "Closed {}",
    "confirm check-in": "Accepted a check-in at {}",
    "count all on time": "Counted everybody as on time at {}",
    "decline confirmed face": "Erased a face that a teacher had confirmed, of {}",
    "decline spoof version": "Deleted the camera check {}",
    "delete the old": "Deleted what was past its time, {}",
    "discard enrolment photos": "Deleted the photos taken of {}",
    "discard spoof pictures": "Deleted the pictures for the camera check",
    "end consent": "Ended the consent for {}, who left, and deleted the face",
    "end kiosk": "Ended the check-in on a phone at {}",
    "end year": "Moved {} on at the year's end",
    "export audit trail": "Took the audit trail away as a workbook",
    "export student": "Took away everything held on {}",
    "file photo": "Filed a photo with {}",
    "give roll id to another child": "Gave the roll id {} to another child",
    "grant cover": "Let somebody cover for {}",
    "import roster": "Imported a class list into {}",
    "learn confirmed face": "Let the face model of {} learn a confirmed face",
    "mark the rest": "Marked everybody left at {}",
    "name second screen": "Named a second screen: {}",
    "no second screen": "Took a second screen's name away",
    "open kiosk": "Started the check-in on a phone at {}",
    "open lecture": "Opened {}",
    "record consent": "Recorded the consent for {}",
    "refuse check-in": "Refused a check-in at {}",
    "renew face model": "Trained the face of {} anew for the present network",
    "renew password": "Made a new first-time password for {}",
    "renew recovery codes": "Made new recovery codes for {}",
    "reopen lecture": "Reopened {}",
    "retry mail perhaps sent": "Sent letters again that had perhaps been sent, of {}",
    "revoke family links": "Ended the links in letters about {}",
    "say whose photos": "Said whose photos these are, in {}",
    "send class photos": "Sent a zip of photos of {}",
    "send password link": "Sent a link for a password to {}",
    "send spoof pictures": "Sent pictures for the camera check",
    "settle family's question": "Settled what the family of {} wrote",
    "sign in": "Signed in as {}",
    "sign out": "Signed out as {}",
    "slow down tries": "Slowed down wrong passwords for {}",
    "take back cover": "Took back a cover of {}",
    "take back consent": "Took back the consent for {}, recorded by mistake",
    "tie school account": "Tied a school account to {}",
    "train face model": "Enrolled the face of {}",
    "train spoof check": "Began to train the camera check",
    "turn off integration": "Turned {} off",
    "turn on integration": "Turned {} on",
    "untie school account": "Undid the tie of a school account to {}",
    "undo marking the rest": "Took back the marks of everybody left at {}",
    "undo sheet": "Took back an edited sheet of {}",
    "use recovery code": "Signed in with a recovery code as {}",
    "withdraw absence": "Took back an announced absence of {}",
    "withdraw consent": "Withdrew the consent for {} and deleted the face",
}
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
    sentence = _SENTENCES.get(action)
    if sentence is None:
        verb, *things = action.split()
        particle = things.pop(0) if things and things[0] in _PARTICLES else ""
        parts = (_past(verb), particle, f"the {' '.join(things)}" if things else "", "{}")
        sentence = " ".join(filter(None, parts))
    return sentence.replace("{}", subject).strip()


def action_words(action: str) -> str:
    """Return the action alone, to choose it from a list: "Added the student …"."""
    return audit_sentence(action, "…").removesuffix(" …")


def _past(verb: str) -> str:
    past = _PAST.get(verb) or verb.capitalize() + ("d" if verb.endswith("e") else "ed")
    return past[:-3] + "ied" if past.endswith("yed") and past[-4:-3] not in "aeiou" else past
