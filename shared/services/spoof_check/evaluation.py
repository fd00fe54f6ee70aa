"""How the spoof check does on folders of pictures, through the product's own path from file to answer.

The words are those of ISO/IEC 30107-3. APCER: of the attacks, how many passed at once as live. BPCER: of the
live photos, how many were refused at once. The doubtful between are asked to turn the head. A photo without
exactly one face marks nobody and is counted apart from all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.domain.error_rates import wilson_bounds
from shared.domain.languages import phrase
from shared.domain.second_lock import Zone, ZoneLimits
from shared.errors import InvalidInput, PhotoRefused
from shared.toolbox import Toolbox
from shared.vision.images import PICTURES, open_photo

LIVE = "live"
ATTACK_PREFIX = "attack"
PHONES = "phones"  # an attack that training takes too: phones, with or without a face

_LONGEST_LABEL = 64
# How the names of folders begin that people give to the living instead of LIVE; never guessed, only told.
_MEANT_AS_LIVE = ("liv", "alive", "real", "genuine")


@dataclass(frozen=True)
class Judged:
    """One picture's answer; `score` is None if no single face was found in it."""

    path: Path
    label: str
    source: str
    score: float | None

    @property
    def is_attack(self) -> bool:
        return self.label != LIVE


@dataclass
class Tally:
    """The first look's answers to some pictures of one label: `at_once` are clearly living and pass, `asked`
    are doubtful and must turn the head, `refused` are clearly attacks. `passed` says `at_once` again, as it
    did before anybody was asked."""

    n: int = 0
    at_once: int = 0
    asked: int = 0
    refused: int = 0
    no_face: int = 0
    passed: int = 0
    bounds: dict[str, tuple[float, float] | None] = field(default_factory=dict)

    def count(self, judged: Judged, limits: ZoneLimits) -> None:
        self.n += 1
        if judged.score is None:
            self.no_face += 1
        else:
            zone = limits.zone_of(judged.score)
            self.at_once += zone is Zone.LIVING
            self.asked += zone is Zone.DOUBTFUL
            self.refused += zone is Zone.ATTACK
        self.passed = self.at_once
        counts = {"passed": self.passed, "asked": self.asked, "refused": self.refused}
        self.bounds = {name: wilson_bounds(count, self.with_face) for name, count in counts.items()}

    @property
    def with_face(self) -> int:
        return self.n - self.no_face


def label_of(folder: str) -> str | None:
    """Return what a folder's name says that its pictures show: LIVE, or a kind of attack; None if neither."""
    label = _as_label(folder)
    return label if label in (LIVE, PHONES) or label.startswith(ATTACK_PREFIX) else None


def refuse_unknown(folders: Iterable[str]) -> None:
    """Raise InvalidInput for the first name that says neither: its living people would be taught as
    attacks."""
    for folder in sorted(folders):
        if label_of(folder) is not None:
            continue
        if _as_label(folder).startswith(_MEANT_AS_LIVE):
            raise InvalidInput(
                phrase(
                    "Pictures of living people belong in a folder called live, not “%(folder)s”. "
                    "Nothing was changed.",
                    folder=folder[:_LONGEST_LABEL],
                ),
                field="file",
            )
        raise InvalidInput(
            phrase(
                "The name of the folder “%(folder)s” does not say what its pictures show. Call it live for "
                "living people, attack_… (such as attack_phone or attack_print) for attacks, or phones for "
                "phones with or without a face. Nothing was changed.",
                folder=folder[:_LONGEST_LABEL],
            ),
            field="file",
        )


def _as_label(folder: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_")[:_LONGEST_LABEL]


def find_pictures(folder: Path, *, to_learn: bool = False) -> list[tuple[Path, str, str]]:
    """Return every picture below `folder` as (path, label, source).

    The folder holds `live/` and folders `attack…/`, each with a folder per source; a picture directly in its
    label's folder has the source "". Other folders are left out; but `to_learn` from, `phones/` are attacks
    too, and others are refused. Raise InvalidInput for them, and without live pictures or attacks.
    """
    pictures = [
        (path, top.name, path.relative_to(top).parts[0] if path.parent != top else "")
        for top in sorted(folder.iterdir() if folder.is_dir() else [])
        if top.is_dir()
        for path in sorted(top.rglob("*"))
        if path.suffix.lower() in PICTURES
    ]
    if to_learn:
        refuse_unknown({top for _, top, _ in pictures})
    found = [
        (path, label, source)
        for path, top, source in pictures
        if (label := label_of(top)) and (to_learn or label != PHONES)
    ]
    if not {label == LIVE for _, label, _ in found} == {True, False}:
        raise InvalidInput(f"{folder} needs pictures in live/ and in at least one folder of attacks.")
    return found


def judge_pictures(toolbox: Toolbox, pictures: Iterable[tuple[Path, str, str]]) -> Iterator[Judged]:
    """Answer each picture as the kiosk would; one that cannot be opened has no face.

    Raise ModelUnavailable if a model is missing, altered or failing.
    """
    for path, label, source in pictures:
        try:
            rgb = open_photo(path.read_bytes())
        except PhotoRefused:
            yield Judged(path, label, source, None)
            continue
        reading = toolbox.face_matcher.read(rgb)
        if reading.face is None:
            yield Judged(path, label, source, None)
        else:
            verdict = toolbox.spoof_detector.judge(reading.turn(rgb), reading.face)
            yield Judged(path, label, source, verdict.score)


def summarise(answers: list[Judged], limits: ZoneLimits) -> dict[str, Any]:
    """Return the figures of some answers, ready for JSON; see `models/README.md` for what each says."""
    labels: dict[str, Tally] = {}
    sources: dict[str, dict[str, Tally]] = {}
    for answer in answers:
        labels.setdefault(answer.label, Tally()).count(answer, limits)
        per_source = sources.setdefault(answer.label, {})
        per_source.setdefault(answer.source, Tally()).count(answer, limits)
    attacks = [tally for label, tally in labels.items() if label != LIVE]
    passed, n = sum(tally.passed for tally in attacks), sum(tally.n for tally in attacks)
    with_face = sum(tally.with_face for tally in attacks)
    live = labels.get(LIVE, Tally())
    return {
        "threshold": limits.living_below,
        "attack_from": limits.attack_from,
        "auc": area_under_curve(answers),
        "apcer_at_bpcer_5": apcer_at(answers, bpcer=0.05),
        "bpcer": _share(live.refused, live.with_face),
        "bpcer_bounds": wilson_bounds(live.refused, live.with_face),
        "live_asked": _share(live.asked, live.with_face),
        "live_at_once": _share(live.at_once, live.with_face),
        "apcer": _share(passed, with_face),
        "apcer_bounds": wilson_bounds(passed, with_face),
        "apcer_over_all": _share(passed, n),
        "apcer_worst": max((_share(t.passed, t.with_face) or 0.0 for t in attacks), default=None),
        "labels": {label: asdict(tally) for label, tally in labels.items()},
        "sources": {
            label: {source: asdict(tally) for source, tally in tallies.items()}
            for label, tallies in sources.items()
        },
    }


def apcer_at(answers: list[Judged], *, bpcer: float) -> float | None:
    """Return how many attacks would pass one single threshold that refuses this share of the living: a
    measure of the scores, whatever the limits in use. None without both."""
    live, attacks = _scores(answers)
    if not live or not attacks:
        return None
    last_to_pass = sorted(live)[max(0, len(live) - 1 - int(bpcer * len(live)))]
    return _share(sum(score <= last_to_pass for score in attacks), len(attacks))


def as_table(figures: dict[str, Any]) -> str:
    """Return the figures for a person: a line per label, then the rates."""
    columns = ("n", "at_once", "asked", "refused", "no_face")
    heads = ("pictures", "at once", "asked", "refused", "no face")
    lines = [" " * 24 + "".join(f"{head:>10}" for head in heads)]
    for label, tally in figures["labels"].items():
        lines.append(f"{label:24}" + "".join(f"{tally[column]:>10}" for column in columns))
    for rate, words in (("apcer", "attacks passed (APCER)"), ("bpcer", "live refused (BPCER)")):
        if figures[rate] is not None:
            low, high = figures[f"{rate}_bounds"]
            lines.append(f"{words}: {figures[rate]:.1%} (95 %: {low:.1%} to {high:.1%})")
    lines.append(
        f"AUC: {figures['auc']}; passed below a score of {figures['threshold']:.3f}, "
        f"refused from {figures['attack_from']:.3f}"
    )
    return "\n".join(lines)


def _share(count: int, of: int) -> float | None:
    return round(count / of, 4) if of else None


def area_under_curve(answers: list[Judged]) -> float | None:
    """Return how often an attack scores above a live photo (ties half), of those with a face; None without
    both."""
    from sklearn.metrics import roc_auc_score

    live, attacks = _scores(answers)
    if not live or not attacks:
        return None
    return round(float(roc_auc_score([0] * len(live) + [1] * len(attacks), live + attacks)), 4)


def _scores(answers: list[Judged]) -> tuple[list[float], list[float]]:
    """Return the scores of live photos and of attacks."""
    live = [answer.score for answer in answers if answer.score is not None and not answer.is_attack]
    attacks = [answer.score for answer in answers if answer.score is not None and answer.is_attack]
    return live, attacks


def draw_errors(answers: list[Judged], limits: ZoneLimits) -> str:
    """Return an SVG of both error rates over the threshold; the limits in use are dashed lines."""
    live, attacks = _scores(answers)
    steps = [step / 100 for step in range(101)]
    apcer = [(at, sum(score < at for score in attacks) / max(1, len(attacks))) for at in steps]
    bpcer = [(at, sum(score >= at for score in live) / max(1, len(live))) for at in steps]

    def line(points: list[tuple[float, float]], colour: str, dash: str = "") -> str:
        path = " ".join(f"{40 + 400 * x:.1f},{260 - 220 * y:.1f}" for x, y in points)
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        return f'<polyline points="{path}" {style}/>'

    def text(x: int, y: int, words: str, colour: str = "#444") -> str:
        return f'<text x="{x}" y="{y}" font-size="13" fill="{colour}">{words}</text>'

    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300" font-family="sans-serif">',
            '<rect width="480" height="300" fill="white"/>',
            line([(0, 1), (0, 0), (1, 0)], "#444"),
            *(
                line([(at, 1), (at, 0)], "#888", dash="4")
                for at in sorted({limits.living_below, limits.attack_from})
            ),
            line(apcer, "#b02a37"),
            line(bpcer, "#0a58ca"),
            text(40, 24, "attacks passed (APCER)", "#b02a37"),
            text(250, 24, "live refused (BPCER)", "#0a58ca"),
            text(205, 288, "threshold"),
            text(2, 48, "100 %"),
            text(14, 264, "0 %"),
            "</svg>\n",
        ]
    )
