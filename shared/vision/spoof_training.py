"""Trains the last layer of the spoof check: from the active one, on the features of some pictures.

The networks stay as they are, so a few hundred pictures are enough and minutes do. What is trained is pulled
back to the active layer, so that pictures of one kind do not make it forget the others.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from shared.errors import InvalidInput, PhotoRefused
from shared.vision.face_detector import FaceDetector
from shared.vision.images import open_photo
from shared.vision.model_files import open_model_file
from shared.vision.spoof_conversion import write_model_file
from shared.vision.spoof_detector import NETWORKS, SpoofFeatures, SpoofHeads
from shared.vision.spoof_views import CLOSE_VIEWS

# How strongly weights are pulled back to the active ones, per squared deviation of their feature. For the
# close views, leaving sources out, 1, 0.3 and 0.03 gave AUCs of 0.952, 0.951 and 0.938 on whole frames, and
# 0.925, 0.937 and 0.948 on degraded pictures (November 2026).
CLOSE_PULL = 0.2
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
class Figures:
    """On sources kept out of training, 0…1: attacks passed, live refused, area under the curve."""

    apcer: float
    bpcer: float
    auc: float

    def is_worse_than(self, other: "Figures") -> bool:
        return self.apcer + self.bpcer > other.apcer + other.bpcer


@dataclass(frozen=True)
class Candidate:
    """A trained last layer, and what the active one and it make of sources that were kept out."""

    heads: SpoofHeads
    before: Figures
    after: Figures


def read_samples(
    pictures: Iterable[tuple[Path, bool, str]], models_dir: Path, cache_dir: Path
) -> Iterator[Sample]:
    """The features of pictures given as (path, is_attack, source), kept in `cache_dir` for the next time.

    A live photo without exactly one face, and whatever cannot be opened, is left out; an attack without one,
    such as a photo of a phone, teaches only the whole frame. Raises ModelUnavailable.
    """
    networks, detector = SpoofFeatures(models_dir), FaceDetector(models_dir=models_dir)
    version = "".join(open_model_file(f"spoof/{name}", models_dir=models_dir).sha256 for name in NETWORKS)
    cache_dir.mkdir(parents=True, exist_ok=True)
    for path, is_attack, source in pictures:
        content = path.read_bytes()
        cached = cache_dir / (hashlib.sha256(version.encode() + content).hexdigest() + ".npz")
        if not cached.exists():
            np.savez(cached, allow_pickle=False, **_features(content, networks, detector))
        with np.load(cached, allow_pickle=False) as file:
            features = {view: file[view] for view in file.files}
        sample = Sample(features, is_attack, source)
        if features and (is_attack or sample.has_face):
            yield sample


def _features(content: bytes, networks: SpoofFeatures, detector: FaceDetector) -> dict[str, np.ndarray]:
    try:
        rgb = open_photo(content)
    except PhotoRefused:
        return {}
    faces = detector.find_faces(rgb)
    return networks.of_photo(rgb, faces[0]) if len(faces) == 1 else {"frame": networks.of_frame(rgb)}


def train(
    samples: list[Sample],
    active: SpoofHeads,
    *,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> Candidate:
    """Train on all samples. Threshold and figures come from leaving out a fifth of the sources at a time.

    `on_progress` is told (done, of). Raises InvalidInput unless live photos and attacks with a face come from
    two sources each.
    """
    sources = sorted({sample.source for sample in samples})
    for is_attack in (False, True):
        if len({s.source for s in samples if s.has_face and s.is_attack == is_attack}) < 2:
            raise InvalidInput("Live photos and attacks must come from at least two sources each.")
    folds = min(FOLDS, len(sources))
    judged: list[tuple[Sample, float]] = []
    for fold in range(folds):
        on_progress(fold, folds + 1)
        kept_out = set(sources[fold::folds])
        heads = fit([sample for sample in samples if sample.source not in kept_out], active)
        judged += [
            (sample, heads.score(sample.features))
            for sample in samples
            if sample.source in kept_out and sample.has_face
        ]
    on_progress(folds, folds + 1)
    threshold = float(np.quantile([score for sample, score in judged if not sample.is_attack], 1 - MAX_BPCER))
    before = [(sample, active.score(sample.features)) for sample, _ in judged]
    heads = replace(fit(samples, active), threshold=float(np.clip(threshold, 1e-6, 1 - 1e-6)))
    return Candidate(heads, _figures(before, active.threshold), _figures(judged, heads.threshold))


def active_heads(models_dir: Path) -> SpoofHeads:
    """The last layer in use. Raises ModelUnavailable."""
    return SpoofHeads.from_bytes(open_model_file("spoof/heads", models_dir=models_dir).content)


def write_candidate(candidate: Candidate, path: Path, *, pictures: int) -> None:
    """Write the last layer to `path` and its card beside it, as .json."""
    path.write_bytes(candidate.heads.to_bytes())
    card = {
        "before": asdict(candidate.before),
        "after": asdict(candidate.after),
        "pictures": pictures,
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def activate(path: Path, models_dir: Path, *, even_if_worse: bool = False) -> None:
    """Put the last layer of `path` into use. The one before stays in `models_dir` and can be activated again.

    Raises InvalidInput if its card is missing or says it is worse than what it was compared with, unless
    `even_if_worse`; ModelUnavailable if the file is damaged.
    """
    content = path.read_bytes()
    SpoofHeads.from_bytes(content)
    card_path = path.with_suffix(".json")
    card = json.loads(card_path.read_text(encoding="utf-8")) if card_path.exists() else None
    if not even_if_worse:
        if card is None:
            raise InvalidInput(f"{path} has no card that says how good it is.")
        if Figures(**card["after"]).is_worse_than(Figures(**card["before"])):
            raise InvalidInput("This version is worse than the one it was compared with.")
    file = f"spoof/heads-{hashlib.sha256(content).hexdigest()[:8]}.npz"
    description = {"licence": "ours", "origin": f"spoof train, {(card or {}).get('trained_at', 'no card')}"}
    write_model_file("spoof/heads", file, content, description, models_dir)


def _figures(judged: list[tuple[Sample, float]], threshold: float) -> Figures:
    from sklearn.metrics import roc_auc_score

    is_attack = np.array([sample.is_attack for sample, _ in judged])
    scores = np.array([score for _, score in judged])
    return Figures(
        apcer=float((scores[is_attack] < threshold).mean()),
        bpcer=float((scores[~is_attack] >= threshold).mean()),
        auc=float(roc_auc_score(is_attack, scores)),
    )


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
    """Logistic regression on `features` (n, d) that starts at `weights` (d,) and is pulled back to them.

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
