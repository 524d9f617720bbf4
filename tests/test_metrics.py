"""Our figures against those of scikit-learn, scikit-image and scipy, and at their edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.linalg import sqrtm
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn import metrics as reference

from core import metrics


@pytest.fixture
def random():
    return np.random.default_rng(5)


@pytest.fixture
def pictures(random):
    """Smooth pictures and noisy, shifted and constant versions of them."""
    ramp = np.linspace(0, 255, 64)
    smooth = np.stack([np.add.outer(ramp * a, ramp * (1 - a)) for a in (0.1, 0.5, 0.9)], axis=-1)
    originals = np.stack([smooth, smooth[::-1], smooth.transpose(1, 0, 2), np.full_like(smooth, 255)])
    changed = originals + random.normal(0, 12, originals.shape)
    changed[1] = np.roll(originals[1], 3, axis=0)
    changed[3] = 0
    return changed.clip(0, 255).astype(np.uint8), originals.astype(np.uint8)


def test_binary_report_is_that_of_scikit_learn(random):
    truth, decided = random.random(300) < 0.2, random.random(300) < 0.4
    found = metrics.binary_report(truth, decided)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth, decided))
    assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(truth, decided))
    assert found["precision"] == pytest.approx(reference.precision_score(truth, decided))
    assert found["recall"] == pytest.approx(reference.recall_score(truth, decided))


def test_binary_report_without_one_class():
    found = metrics.binary_report(np.zeros(4, bool), np.zeros(4, bool))
    assert found["accuracy"] == 1.0
    assert np.isnan([found["recall"], found["precision"], found["balanced_accuracy"]]).all()


def test_auc_is_that_of_scikit_learn_with_ties(random):
    truth = random.random(400) < 0.1
    score = np.round(random.normal(size=400) + truth, 1)
    assert metrics.auc(truth, score) == pytest.approx(reference.roc_auc_score(truth, score), abs=1e-12)
    assert np.isnan(metrics.auc(np.ones(3, bool), np.arange(3)))


def test_balanced_threshold_cannot_be_beaten(random):
    truth = random.random(200) < 0.15
    score = np.round(random.normal(size=200) + 1.5 * truth - 2, 1)
    threshold = metrics.balanced_threshold(truth, score)
    best = max(reference.balanced_accuracy_score(truth, score > t) for t in np.arange(-6, 3, 0.05))
    assert reference.balanced_accuracy_score(truth, score > threshold) == pytest.approx(best)
    assert metrics.balanced_threshold(np.array([True, True]), np.array([1.0, 2.0])) == 0.0
    assert metrics.balanced_threshold(np.array([True, False]), np.array([3.0, 3.0])) == 0.0


def test_top_accuracy_is_that_of_scikit_learn(random):
    classes, scores = np.arange(200) % 7, random.normal(size=(200, 7))
    for count in (1, 3):
        expected = reference.top_k_accuracy_score(classes, scores, k=count)
        assert metrics.top_accuracy(classes, scores, count) == pytest.approx(expected)


def test_psnr_and_ssim_are_those_of_scikit_image(pictures):
    changed, originals = pictures
    psnr, ssim = metrics.psnr(changed, originals), metrics.ssim(changed, originals)
    for row, (x, y) in enumerate(zip(changed, originals, strict=True)):
        assert psnr[row] == pytest.approx(peak_signal_noise_ratio(y, x, data_range=255), abs=1e-9)
        expected = structural_similarity(y, x, channel_axis=2, data_range=255)
        assert ssim[row] == pytest.approx(expected, abs=1e-9)


def test_identical_pictures(pictures):
    _, originals = pictures
    assert np.isinf(metrics.psnr(originals, originals)).all()
    assert metrics.ssim(originals, originals) == pytest.approx(1.0)


def test_pictures_that_cannot_be_compared(pictures):
    _, originals = pictures
    with pytest.raises(ValueError, match="uint8"):
        metrics.psnr(originals.astype(float), originals)
    with pytest.raises(ValueError, match="compared"):
        metrics.ssim(originals[:2], originals)
    with pytest.raises(ValueError, match="7x7"):
        metrics.ssim(originals[:, :5, :5], originals[:, :5, :5])


def test_frechet_is_the_textbook_formula(random):
    a, b = random.normal(size=(400, 12)), random.normal(size=(300, 12)) @ random.normal(size=(12, 12)) + 0.5
    (mean1, cov1), (mean2, cov2) = metrics.moments(a), metrics.moments(b)
    expected = ((mean1 - mean2) ** 2).sum() + np.trace(cov1 + cov2 - 2 * sqrtm(cov1 @ cov2).real)
    assert metrics.frechet(a, b) == pytest.approx(expected, rel=1e-8)
    assert metrics.frechet(b, a) == pytest.approx(expected, rel=1e-8)


def test_frechet_without_full_rank(random):
    """Fewer pictures than features: still finite, zero for equal sets, and a shift adds its square."""
    few = random.normal(size=(20, 64)).astype(np.float32)
    assert metrics.frechet(few, few) == pytest.approx(0.0, abs=1e-4)
    assert metrics.frechet(few, few + 2.0) == pytest.approx(4.0 * 64, rel=1e-4)
    with pytest.raises(ValueError, match="at least 2"):
        metrics.frechet(few[:1], few)


def test_cosine_distance():
    a = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    b = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, -1.0], [1.0, 0.0]])
    assert metrics.cosine_distance(a, b) == pytest.approx([0.0, 1.0, 2.0, 1.0])


def test_nearest_finds_what_brute_force_finds(random):
    queries, references = random.normal(size=(9, 40)), random.normal(size=(50, 40))
    references[17] = queries[4]
    distance, index = metrics.nearest(queries, references, chunk=7)
    every = np.linalg.norm(queries[:, None] - references[None], axis=2)
    assert (index == every.argmin(axis=1)).all() and index[4] == 17
    assert distance == pytest.approx(every.min(axis=1), abs=1e-5)


def test_sharpness_falls_with_blur_and_rises_with_noise():
    random = np.random.default_rng(2)
    originals = random.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    assert metrics.sharpness(originals, originals) == pytest.approx(1.0)
    smooth = np.stack([ndimage.gaussian_filter(each.astype(float), (1.5, 1.5, 0)) for each in originals])
    assert metrics.sharpness(smooth.astype(np.uint8), originals) < 0.1
    half = ((originals.astype(float) - 128) / 2 + 128).astype(np.uint8)
    assert metrics.sharpness(half, originals) == pytest.approx(0.25, abs=0.01)  # energy goes with the square
