"""Trains what the shipped last layer makes of a face's surroundings, and tells how all of it does.

    python -m modelling.scene_layer FRAMES_DIR

The folder holds `live/` and `attack_…/`, each with a folder per source; what follows `_p` in a source's
name tells people of one collection apart, and a collection is left out as one. Every picture teaches, its
mirror image, and a part of it as narrow as phones held upright take. Each picture is judged by a layer that
saw nothing of its collection; the close views' part of the last layer is the sum of their margins. Errors
are told with 95 % intervals from drawing people anew, since pictures of one person resemble each other.
`--living` is a folder of folders of more people, who teach as one collection with one picture each and are
not judged, `--only` are collections to tell about as well. `--write` trains on all of them."""

import argparse
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from modelling.manifest import write_model_file
from modelling.spoof_crops import collection_of
from shared.domain.second_lock import Strictness, Zone
from shared.vision.face_finder import Box, FaceFinder
from shared.vision.images import PICTURES, open_photo
from shared.vision.model_files import MODELS_DIR, open_model_file
from shared.vision.spoof_detector import SpoofFeatures, SpoofHeads
from shared.vision.spoof_training import Sample, fit_layer
from shared.vision.spoof_views import CLOSE_VIEWS

LIVE = "live"
# Compared, leaving collections out, on 543 frames: models/README.md.
PULL = 2.0
WEIGHT = 2.3  # of the trained layer's sum beside that of the close views
MARGIN_WEIGHT = 0.35  # of the margin of each close view; 0.2 and 0.5 hardly differ
FOLDS = 12
NARROW = (1.0, 2.2)  # how many times as high as wide: a phone held upright sends 1.3
DRAWS = 2000  # of people, for an interval


@dataclass(frozen=True)
class Seen:
    """A picture with a face: its label, its source, which is one person or a few, its sample, and those of
    its variants, which only teach."""

    label: str
    person: str
    sample: Sample
    variants: list[Sample]


def look_at(folder: Path, models_dir: Path) -> list[Seen]:
    """Look at every picture below the folder in which a face is found; of several the largest."""
    finder, networks, seen = FaceFinder(models_dir=models_dir), SpoofFeatures(models_dir), []
    rng = np.random.default_rng(0)
    for path in sorted(path for path in folder.glob("*/*/*") if path.suffix.lower() in PICTURES):
        label, source = path.parts[-3:-1]
        rgb = open_photo(path.read_bytes())
        faces = finder.find_faces(rgb)
        if not faces:
            continue
        face, told = faces[0].dlib_square, (label != LIVE, collection_of(source))
        varied = (mirror(rgb, face), narrow(rgb, face, rng.uniform(*NARROW)))
        variants = [Sample({"frame": networks.of_frame(*variant)}, *told) for variant in varied]
        seen.append(Seen(label, source, Sample(networks.of_photo(rgb, face), *told), variants))
    return seen


def look_at_living(folder: Path, models_dir: Path) -> list[Sample]:
    """Look at what surrounds everybody living in a folder, at the first picture of each person's folder."""
    finder, networks, samples = FaceFinder(models_dir=models_dir), SpoofFeatures(models_dir), []
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        path = min(path for path in person.iterdir() if path.suffix.lower() in PICTURES)
        rgb = open_photo(path.read_bytes())
        for face in finder.find_faces(rgb)[:1]:
            features = networks.of_frame(rgb, face.dlib_square)
            samples.append(Sample({"frame": features}, is_attack=False, source=folder.name))
    return samples


def mirror(rgb: np.ndarray, face: Box) -> tuple[np.ndarray, Box]:
    """Return the mirror image of a picture and its face."""
    width = rgb.shape[1]
    turned = Box(width - face.right, face.top, width - face.left, face.bottom)
    return np.ascontiguousarray(rgb[:, ::-1]), turned


def narrow(rgb: np.ndarray, face: Box, tall: float) -> tuple[np.ndarray, Box]:
    """Cut a picture beside its face until it is `tall` times as high as wide; return it and its face."""
    height, width = rgb.shape[:2]
    wide = round(min(width, max(height / tall, 1.2 * (face.right - face.left))))
    left = min(max(0, (face.left + face.right - wide) // 2), width - wide)
    moved = Box(face.left - left, face.top, face.right - left, face.bottom)
    return np.ascontiguousarray(rgb[:, left : left + wide]), moved


def of_margins(heads: SpoofHeads, sample: Sample) -> SpoofHeads:
    """Return `heads` with a close part that adds up the margins, the last of the sample's features, alone."""
    weights = {view: np.zeros_like(sample.features[view]) for view in CLOSE_VIEWS}
    for vector in weights.values():
        vector[-1] = MARGIN_WEIGHT
    return replace(heads, weights={**heads.weights, **weights}, close_bias=0.0, threshold=0.5)


def fit_scene(samples: Sequence[Sample], heads: SpoofHeads) -> SpoofHeads:
    """Put a layer of the surroundings trained on these samples into `heads`."""
    features = np.stack([sample.features["frame"] for sample in samples])
    nothing = np.zeros(features.shape[1], np.float32)
    weights, bias = fit_layer(features, list(samples), nothing, 0.0, pull=PULL)
    return replace(
        heads, weights={**heads.weights, "frame": WEIGHT * weights}, frame_bias=float(WEIGHT * bias)
    )


def judge_left_out(seen: Sequence[Seen], living: Sequence[Sample], heads: SpoofHeads) -> np.ndarray:
    """Judge each picture by a layer that saw nothing of its collection: scores (n,)."""
    sizes = Counter(each.sample.source for each in seen)
    # The largest first, so that no two of them are left out together.
    order = sorted(sizes, key=lambda name: (-sizes[name], name))
    scores = np.full(len(seen), np.nan)
    for first in range(min(FOLDS, len(order))):
        out = set(order[first::FOLDS])
        trained = fit_scene([*teaching(seen, without=out), *living], heads)
        for place, each in enumerate(seen):
            if each.sample.source in out:
                scores[place] = trained.score(each.sample.features)
    return scores


def teaching(seen: Sequence[Seen], *, without: Collection[str] = ()) -> list[Sample]:
    """All samples but those of some collections."""
    return [
        sample
        for each in seen
        if each.sample.source not in without
        for sample in (each.sample, *each.variants)
    ]


def tell(seen: Sequence[Seen], scores: np.ndarray, heads: SpoofHeads) -> str:
    """Tell the errors of the scores, and the zones of each strictness by label."""
    labels = np.array([each.label for each in seen])
    people = np.array([each.person for each in seen])
    usual = heads.limits(Strictness.USUAL)
    zones = np.array([usual.zone_of(score) for score in scores])

    def share(zone: Zone, *, of_live: bool) -> Callable[[np.ndarray], float]:
        return lambda drawn: float((zones[drawn] == zone)[(labels[drawn] == LIVE) == of_live].mean())

    figures: dict[str, Callable[[np.ndarray], float]] = {
        "AUC": lambda drawn: area_under_curve(scores[drawn], labels[drawn] == LIVE),
        "attacks that pass where 5 % of the living are refused": lambda drawn: passed_at_five(
            scores[drawn], labels[drawn] == LIVE
        ),
        "attacks at once": share(Zone.LIVING, of_live=False),
        "living at once": share(Zone.LIVING, of_live=True),
        "living refused": share(Zone.ATTACK, of_live=True),
    }
    lines = []
    for name, figure in figures.items():
        low, high = interval(figure, people)
        lines.append(f"{name}: {figure(np.arange(len(scores))):.3f} (95 %: {low:.3f} to {high:.3f})")
    for strictness in Strictness:
        limits = heads.limits(strictness)
        for label in sorted(set(labels)):
            counted = Counter(limits.zone_of(score) for score in scores[labels == label])
            counts = ", ".join(f"{counted[zone]} {zone}" for zone in Zone)
            lines.append(f"{strictness:8}{label:16}{counts}")
    return "\n".join(lines)


def area_under_curve(scores: np.ndarray, is_live: np.ndarray) -> float:
    """Return how often an attack scores above a living person, ties half."""
    live, attacks = scores[is_live], scores[~is_live][:, np.newaxis]
    return float((attacks > live).mean() + (attacks == live).mean() / 2)


def passed_at_five(scores: np.ndarray, is_live: np.ndarray) -> float:
    """Return the share of attacks that pass one threshold which refuses 5 % of the living."""
    live = np.sort(scores[is_live])
    return float((scores[~is_live] <= live[len(live) - 1 - int(0.05 * len(live))]).mean())


def interval(figure: Callable[[np.ndarray], float], people: np.ndarray) -> tuple[float, float]:
    """Return the bootstrap's 95 % interval of a figure of some pictures, of which it is given the places.

    People are drawn with all of their pictures. A draw without the living or without attacks has no figure.
    """
    places = [np.flatnonzero(people == person) for person in sorted(set(people))]
    rng, found = np.random.default_rng(0), []
    with np.errstate(invalid="ignore"):
        for _ in range(DRAWS):
            drawn = rng.integers(len(places), size=len(places))
            found.append(figure(np.concatenate([places[person] for person in drawn])))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the last layer of a face's surroundings.")
    parser.add_argument("frames", type=Path, help="folder of whole frames by label and source")
    parser.add_argument("--only", nargs="*", default=[], help="collections to tell about as well")
    parser.add_argument("--living", type=Path, help="folders of more living people, who only teach")
    parser.add_argument("--models", type=Path, default=MODELS_DIR)
    parser.add_argument("--write", action="store_true", help="ship a last layer trained on all of them")
    arguments = parser.parse_args()
    seen = look_at(arguments.frames, arguments.models)
    shipped = SpoofHeads.from_bytes(open_model_file("spoof/heads", models_dir=arguments.models).content)
    heads = of_margins(shipped, seen[0].sample)
    living = look_at_living(arguments.living, arguments.models) if arguments.living else []
    scores = judge_left_out(seen, living, heads)
    print(tell(seen, scores, heads))
    chosen = [place for place, each in enumerate(seen) if each.sample.source in arguments.only]
    if chosen:
        print(f"{len(chosen)} of {', '.join(arguments.only)}:")
        print(tell([seen[place] for place in chosen], scores[chosen], heads))
    if arguments.write:
        card = {"licence": "ours", "origin": "trained by us; see README.md"}
        content = fit_scene([*teaching(seen), *living], heads).to_bytes()
        write_model_file("spoof/heads", "spoof/heads.npz", content, card, arguments.models)


if __name__ == "__main__":
    main()
