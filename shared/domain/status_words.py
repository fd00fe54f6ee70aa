"""The words people write for the statuses of attendance, in registers, other systems and languages."""

import re
import unicodedata
from difflib import get_close_matches

from shared.domain.attendance import MarkStatus
from shared.domain.typed_text import fold

# Moodle's letters are P, L, E, A. An absence that was allowed, for whatever reason, is "excused" here.
_WORDS = {
    MarkStatus.PRESENT: "present, p, pr, prs, pres, here, attended, in class, on time, "
    "उपस्थित, उपस्थिती, उप, हाजिर, हाज़िर, हजर, anwesend, présent, présente, presente, asistió",
    MarkStatus.LATE: "late, l, lt, tardy, came late, late coming, late comer, late arrival, delayed, "
    "देर से, देर, देरी से, विलंब, विलंब से, उशीर, उशिरा, verspätet, zu spät, en retard, retard, tarde, "
    "tardanza, देरी, उशिरा आला, उशिरा आली, देर से आया, देर से आई",
    MarkStatus.EXCUSED: "excused, e, ex, exc, excused absence, leave, on leave, lv, leave granted, "
    "with leave, ml, medical, medical leave, med, mc, medical certificate, sick, sick leave, sl, ill, cl, "
    "casual leave, "
    "od, on duty, duty, duty leave, dl, permission, permitted, authorised, authorized, authorised absence, "
    "authorized absence, छुट्टी, अवकाश, छुट्टी पर, अवकाश पर, चिकित्सा अवकाश, मेडिकल, मेडिकल छुट्टी, मेडिकल लीव, "
    "मेडिकल रजा, बीमार, बीमारी, रजा, रजेवर, वैद्यकीय रजा, "
    "वैद्यकीय, आजारी, आजारपण, कर्तव्य पर, कर्तव्यावर, ड्यूटी पर, entschuldigt, beurlaubt, krank, excusé, "
    "excusée, justifié, justifiée, malade, dispensé, dispensée, justificado, justificada, enfermo, enferma",
    MarkStatus.ABSENT: "absent, a, ab, abs, abst, not present, did not come, unexcused, unexcused absence, "
    "not excused, "
    "unauthorised absence, unauthorized absence, missing, no show, not attended, fehlt, fehlend, absente, "
    "faltó, falta, अनु, अनुपस्थित, गैरहाजिर, ग़ैरहाज़िर, गैरहजर, abwesend, ausente",
}
# Seen in other registers, but a 1 may count a presence as well as an absence: asked about, never guessed.
_PERHAPS = {
    MarkStatus.PRESENT: "1, true, yes, y, in, ✓, ✔, हाँ, हां, होय, ok",
    MarkStatus.LATE: "t",
    MarkStatus.EXCUSED: "h, hl, pl, exam, exam duty, ncc, sports, event, urlaub",
    MarkStatus.ABSENT: "0, false, no, n, f, bunk, -, ✗, ✘, नहीं, नाही",
}


def letters_of(word: str) -> str:
    """Return a word without what nobody writes the same way twice: case, dots, dashes, spaces."""
    folded = fold(word)
    letters = "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LMN")
    return letters or folded.strip()


def _by_key(words: dict[MarkStatus, str]) -> dict[str, MarkStatus]:
    return {letters_of(word): status for status, line in words.items() for word in line.split(",")}


_STATUS_OF = _by_key(_WORDS)
_PERHAPS_OF = _by_key(_PERHAPS)


def read_status(typed: str) -> MarkStatus | None:
    """Return the status a word means; None where it means none for certain."""
    return _STATUS_OF.get(letters_of(typed))


def guess_status(typed: str) -> MarkStatus | None:
    """Return the status to ask about; None where nothing is near."""
    key = letters_of(typed)
    words = re.findall(r"\w+", fold(typed))
    if len(words) > 1:
        said = [status for word in words if (status := _STATUS_OF.get(letters_of(word))) is not None]
        if words[0] == "not":
            return MarkStatus.ABSENT
        if said:  # "present, but late" is late
            return next((status for status in said if status is not MarkStatus.PRESENT), said[0])
    near = get_close_matches(key[:40], _STATUS_OF, n=1, cutoff=0.7)
    begins = next(
        (
            word
            for word in sorted(_STATUS_OF, key=len, reverse=True)
            if len(word) > 2 and key.startswith(word)
        ),
        "",
    )
    if key in _PERHAPS_OF:
        return _PERHAPS_OF[key]
    return _STATUS_OF[begins or near[0]] if begins or near else None
