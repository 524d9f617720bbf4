"""What every change is compared with: the classifier on the face without attributes, cached for all visitors."""

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tiny_styles import RECIPE

from core.pipelines.faces import pipeline as module
from core.pipelines.faces.pipeline import FacesPipeline


@pytest.fixture()
def faces(styled_root) -> FacesPipeline:
    return FacesPipeline(styled_root)


def test_a_styled_face_is_no_baseline_for_faces_without_a_style(faces, styled_root):
    styled = replace(RECIPE, styles={"oil": 1.5})
    alone = FacesPipeline(styled_root).baseline(RECIPE)
    assert faces.baseline(styled) != faces.baseline(RECIPE) == alone
    assert faces.baseline(replace(styled, style_parts=(0.0, 0.0, 0.0))) == alone
    assert faces.baseline(replace(RECIPE, attributes={}, guidance=9.0, count=3)) == alone


def test_a_baseline_that_is_forgotten_at_once_is_still_answered(faces, monkeypatch):
    monkeypatch.setattr(module, "MOST_BASELINES", 0)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: faces.baseline(replace(RECIPE, seed=seed)), [1, 2, 1, 2]))
    assert found[:2] == found[2:] and found[0] != found[1]


def test_a_baseline_is_not_forgotten_while_it_is_looked_up(styled_root, monkeypatch):
    """Another visitor's face would drop it from the full cache just then."""
    first, second = (replace(RECIPE, seed=seed, attributes={}) for seed in (1, 2))
    dropped, others = threading.Event(), []

    class Watched(OrderedDict):
        def __contains__(self, key):
            found = super().__contains__(key)
            if found and not others:
                others.append(threading.Thread(target=faces.baseline, args=(second,)))
                others[0].start()
                dropped.wait(1.5)  # nobody can drop it now: the other visitor waits
            return found

        def popitem(self, last=True):
            item = super().popitem(last)
            dropped.set()
            return item

    monkeypatch.setattr(module, "OrderedDict", Watched)
    monkeypatch.setattr(module, "MOST_BASELINES", 1)
    faces = FacesPipeline(styled_root)
    alone = faces.baseline(first)
    assert faces.baseline(first) == alone
    others[0].join()
    assert dropped.is_set()
