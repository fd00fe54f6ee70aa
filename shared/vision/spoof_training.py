"""Trains the last layer of the spoof check: from the active one, on the features of some pictures.

The networks stay as they are, so a few hundred pictures are enough and minutes do. What is trained is pulled
back to the active layer, so that pictures of one kind do not make it forget the others.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from shared.errors import InvalidInput, PhotoRefused
from shared.vision.face_finder import FaceFinder
from shared.vision.images import open_photo
from shared.vision.model_files import MODELS_DIR
from shared.vision.spoof_detector import SpoofFeatures, SpoofHeads
from shared.vision.spoof_views import CLOSE_VIEWS

# How strongly weights are pulled back to the active ones, per squared deviation of their feature. For the
# close views, leaving sources out, 1, 0.3 and 0.1 gave AUCs of 0.976, 0.970 and 0.965 on whole frames, and
# refused 21, 10 and 4 % of degraded press portraits at one threshold (LFW, November 2026).
CLOSE_PULL = 0.3
FRAME_PULL = 0.4
STEPS = 300  # of the solver, at most
FOLDS = 5
MAX_BPCER = 0.05  # the threshold refuses at most this share of the live photos kept out


@dataclass(frozen=True)
class Sample:
    """One picture: its features by view (only "frame" if it shows no face), whether it is an attack, and its
    source: the person or collection it comes from."""

    features: dict[str, np.ndarray]
    is_attack: bool
    source: str

    @property
    def has_face(self) -> bool:
        return all(view in self.features for view in CLOSE_VIEWS)


@dataclass(frozen=True)
class KeptOut:
    """A sample with a face, by its place in the list: its score by the active layer, and by one that was
    trained without its source. Each is 0…1, and an attack's should be the higher."""

    place: int
    before: float
    after: float


@dataclass(frozen=True)
class Candidate:
    """A trained last layer, and how it and the active one judge sources that were kept out."""

    heads: SpoofHeads
    kept_out: list[KeptOut]


class SpoofTrainer:
    """Looks at pictures with the networks as they are, and trains the last layer on what these say."""

    def __init__(self, models_dir: Path = MODELS_DIR) -> None:
        """Raise ModelUnavailable if a network is missing or altered."""
        self._features = SpoofFeatures(models_dir)
        self._finder = FaceFinder(models_dir=models_dir)

    def look(self, rgb: np.ndarray, *, is_attack: bool, source: str) -> Sample | None:
        """Make a sample of an upright (rows, columns, 3) uint8 RGB picture. Raise ModelUnavailable.

        An attack without exactly one face, such as a photo of a phone, teaches the whole frame alone; a live
        photo without one teaches nothing: None.
        """
        sample = Sample(self._find_features(rgb), is_attack, source)
        return sample if is_attack or sample.has_face else None

    def look_at_file(self, path: Path, *, is_attack: bool, source: str, cache_dir: Path) -> Sample | None:
        """Make a sample of a file as `look` does, its features kept in `cache_dir` for the next time. None
        also for a file that is no photo we can open. Raise ModelUnavailable."""
        content = path.read_bytes()
        digest = hashlib.sha256(self._features.networks.encode() + content).hexdigest()
        cached = cache_dir / f"{digest}.npz"
        if not cached.exists():
            cache_dir.mkdir(parents=True, exist_ok=True)
            try:
                np.savez(cached, allow_pickle=False, **self._find_features(open_photo(content)))
            except PhotoRefused:
                return None
        with np.load(cached, allow_pickle=False) as file:
            sample = Sample({view: file[view] for view in file.files}, is_attack, source)
        return sample if is_attack or sample.has_face else None

    def _find_features(self, rgb: np.ndarray) -> dict[str, np.ndarray]:
        faces = self._finder.find_faces(rgb)
        if len(faces) == 1:
            return self._features.of_photo(rgb, faces[0].dlib_square)
        return {"frame": self._features.of_frame(rgb)}

    def train(
        self,
        samples: list[Sample],
        active: SpoofHeads,
        *,
        on_progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> Candidate:
        """Train on all samples, for the networks at hand; see `train`."""
        candidate = train(samples, active, on_progress=on_progress)
        return replace(candidate, heads=replace(candidate.heads, networks=self._features.networks))


def train(
    samples: list[Sample],
    active: SpoofHeads,
    *,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> Candidate:
    """Train on all samples; threshold and judgements come from leaving out a fifth of the sources at a time.

    `on_progress` is told (done, of). Raise InvalidInput unless live photos and attacks with a face come from
    two sources each.
    """
    groups = _folds(samples)
    left_out: list[tuple[int, SpoofHeads]] = []
    for done, group in enumerate(groups):
        on_progress(done, len(groups) + 1)
        heads = fit([sample for sample in samples if sample.source not in group], active)
        left_out += [
            (place, heads)
            for place, sample in enumerate(samples)
            if sample.source in group and sample.has_face
        ]
    on_progress(len(groups), len(groups) + 1)
    # By what is seen: how near people stood for these pictures is no reason to move the threshold.
    live = [
        heads.seen_score(samples[place].features) for place, heads in left_out if not samples[place].is_attack
    ]
    # Just above the live score at this share, so that the one it was read from passes.
    threshold = float(np.nextafter(np.quantile(live, 1 - MAX_BPCER, method="higher"), 1.0))
    threshold = float(np.clip(threshold, 1e-6, 1 - 1e-6))
    # What a seen device does to a score depends on the threshold, so all are scored by the one found.
    kept_out = [
        KeptOut(
            place,
            active.score(samples[place].features),
            replace(heads, threshold=threshold).score(samples[place].features),
        )
        for place, heads in left_out
    ]
    return Candidate(replace(fit(samples, active), threshold=threshold), kept_out)


def _folds(samples: list[Sample]) -> list[set[str]]:
    """Return the sources in groups to be left out, so that no group holds all of the living or all attacks.

    Raise InvalidInput unless live photos and attacks with a face come from two sources each.
    """
    live = {sample.source for sample in samples if sample.has_face and not sample.is_attack}
    attacks = {sample.source for sample in samples if sample.has_face and sample.is_attack}
    if len(live) < 2 or len(attacks) < 2:
        raise InvalidInput("Live photos and attacks must come from at least two sources each.")
    # Dealt out in this order, what has live photos lies together, and so does what has attacks.
    others = sorted({sample.source for sample in samples} - live - attacks)
    dealt = [*others, *sorted(attacks - live), *sorted(attacks & live), *sorted(live - attacks)]
    count = min(FOLDS, len(dealt))
    return [set(dealt[first::count]) for first in range(count)]


def fit(samples: list[Sample], start: SpoofHeads) -> SpoofHeads:
    """Move `start` towards the samples, the close views and the frame each for itself."""
    with_face = [sample for sample in samples if sample.has_face]
    close = np.stack([np.concatenate([s.features[view] for view in CLOSE_VIEWS]) for s in with_face])
    begin = np.concatenate([start.weights[view] for view in CLOSE_VIEWS])
    weights, close_bias = fit_layer(close, with_face, begin, start.close_bias, pull=CLOSE_PULL)
    near, wide = np.split(weights, len(CLOSE_VIEWS))
    frames = np.stack([sample.features["frame"] for sample in samples])
    frame, frame_bias = fit_layer(frames, samples, start.weights["frame"], start.frame_bias, pull=FRAME_PULL)
    return SpoofHeads(
        {"near": near, "wide": wide, "frame": frame}, close_bias, frame_bias, threshold=start.threshold
    )


def fit_layer(
    features: np.ndarray, samples: list[Sample], weights: np.ndarray, bias: float, *, pull: float
) -> tuple[np.ndarray, float]:
    """Fit a logistic regression on `features` (n, d) that starts at `weights` (d,) and is pulled back to
    them.

    Both classes weigh the same and, within its class, every source as the root of its pictures.
    """
    from scipy.optimize import minimize

    mean, scale = features.mean(axis=0), features.std(axis=0) + 0.05
    values = ((features - mean) / scale).astype(np.float64)
    given = values @ (weights * scale) + weights @ mean + bias
    sign = np.array([1.0 if sample.is_attack else -1.0 for sample in samples])
    share = _even_weights(samples) / len(samples)

    def loss(step: np.ndarray) -> tuple[float, np.ndarray]:
        agreement = sign * (given + values @ step[:-1] + step[-1])
        slope = -share * sign * np.exp(-np.logaddexp(0.0, agreement))
        gradient = np.append(values.T @ slope + 2 * pull * step[:-1], slope.sum())
        return float(share @ np.logaddexp(0.0, -agreement) + pull * step[:-1] @ step[:-1]), gradient

    # The loss is convex, so L-BFGS finds the one best step; there is nothing random in it.
    found = minimize(
        loss, np.zeros(values.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
    )
    step = found.x[:-1] / scale
    return (weights + step).astype(np.float32), float(bias + found.x[-1] - step @ mean)


def _even_weights(samples: list[Sample]) -> np.ndarray:
    pictures = Counter((sample.is_attack, sample.source) for sample in samples)
    weights = np.array([pictures[sample.is_attack, sample.source] ** -0.5 for sample in samples])
    is_attack = np.array([sample.is_attack for sample in samples])
    for group in (is_attack, ~is_attack):
        weights[group] *= len(samples) / 2 / weights[group].sum()
    return weights
