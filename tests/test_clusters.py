"""Clusters as scikit-learn finds them, and the significance of the traits of a selection."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from core.latents.clusters import ClusterError, by_size, choose_count, cluster, enrichment, fisher, from_the_middle


def blobs() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [60, 40, 20])
    return random.normal(0, 0.4, (120, 5)) + 6 * np.eye(5)[truth], truth


@pytest.mark.parametrize(("method", "count"), [("kmeans", 3), ("mixture", 3), ("hdbscan", 8)])
def test_clusters_that_are_there_are_found_largest_first(method, count):
    points, truth = blobs()
    found = cluster(points, method, count)
    assert adjusted_rand_score(truth, found.labels) > 0.9
    assert found.count == 3 and np.all(np.diff(np.bincount(found.labels[found.labels >= 0])) <= 0)
    assert found.silhouette > 0.7
    assert (cluster(points, method, count).labels == found.labels).all()


def test_kmeans_figures_are_those_of_scikit_learn():
    points, _ = blobs()
    found, wanted = cluster(points, "kmeans", 4), KMeans(4, n_init=3, random_state=0).fit(points)
    assert (found.labels == by_size(wanted.labels_)).all()
    assert found.score == pytest.approx(wanted.inertia_ / len(points))
    assert found.silhouette == pytest.approx(silhouette_score(points, wanted.labels_))


def test_the_right_count_has_the_best_silhouette_and_the_elbow_falls():
    points, _ = blobs()
    tried = choose_count(points, "kmeans", (2, 3, 4, 6))
    assert int(np.argmax([one.silhouette for one in tried])) == 1
    assert np.all(np.diff([one.score for one in tried]) < 0)


def test_what_cannot_be_clustered_is_refused_with_a_sentence():
    with pytest.raises(ClusterError, match="the same"):
        cluster(np.ones((3, 4)), "kmeans", 2)
    with pytest.raises(ClusterError, match="2 different"):
        cluster(np.repeat(np.eye(2), 3, axis=0), "kmeans", 5)
    for count in (-1, 0, 1, 1000):
        with pytest.raises(ClusterError, match="2 to"):
            cluster(blobs()[0], "kmeans", count)
    with pytest.raises(ClusterError, match="choose"):
        cluster(blobs()[0], "magic", 3)


def test_two_pictures_can_be_distinguished():
    found = cluster(np.array([[0.0, 0], [1, 1]]), "kmeans", 2)
    assert sorted(found.labels) == [0, 1] and np.isnan(found.silhouette)


def test_renumbering_keeps_noise_and_ties_in_order():
    assert by_size(np.array([5, 5, -1, 2, 9, 9, 9])).tolist() == [1, 1, -1, 2, 0, 0, 0]


def test_rows_are_ordered_from_the_middle():
    assert from_the_middle(np.array([[0.0], [10], [4], [5]]))[0] in (2, 3)
    assert from_the_middle(np.array([[0.0], [1], [8]])).tolist()[0] == 1


def test_p_values_are_fishers():
    inside, everywhere = np.array([9, 3, 0, 10]), np.array([12, 30, 10, 100])
    found = fisher(inside, 10, everywhere, 100)
    by_hand = hypergeom.pmf(np.arange(9, 11), 100, 12, 10).sum() * 2
    assert found[0] == pytest.approx(by_hand) and found[3] == 1


def test_a_planted_trait_is_significant_and_noise_is_not():
    random = np.random.default_rng(3)
    flags = random.random((500, 40)) < 0.3
    members = np.arange(500) < 80
    flags[members, 5] = random.random(80) < 0.8
    shares, bases, p_values = enrichment(flags, members)
    assert p_values[5] < 1e-6 and shares[5] > 2 * 0.3 > bases[5]
    assert (np.delete(p_values, 5) > 0.01).all()
