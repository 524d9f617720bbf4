"""The tree of attributes: it finds what goes together, and combinations drawn from it look like the data."""

from __future__ import annotations

import numpy as np

from core import attributes
from core.data.cooccurrence import fit_tree, read_tree, save_tree


def test_the_tree_follows_what_goes_together(tmp_path):
    random = np.random.default_rng(0)
    first = random.random(4000) < 0.3
    second = np.where(random.random(4000) < 0.9, first, ~first)
    third = np.where(random.random(4000) < 0.8, second, ~second)
    labels = np.stack([first, random.random(4000) < 0.5, third, second], axis=1) * 2 - 1
    tree = fit_tree(labels, ("a", "noise", "c", "b"))
    nodes = {node.name: node for node in tree}
    assert [tree[0].name, tree[0].parent] == ["a", ""] and abs(tree[0].present - 0.3) < 0.03
    assert nodes["b"].parent == "a" and nodes["c"].parent == "b"
    assert abs(nodes["b"].present - 0.9) < 0.03 and abs(nodes["b"].absent - 0.1) < 0.03
    assert abs(nodes["noise"].present - 0.5) < 0.1 > abs(nodes["noise"].absent - 0.5)


def test_the_tree_of_celeba_has_every_attribute_after_its_parent():
    tree = read_tree()
    names = [node.name for node in tree]
    assert sorted(names) == sorted(attributes.NAMES)
    assert all(not node.parent or node.parent in names[:at] for at, node in enumerate(tree))
    assert all(0 < share < 1 for node in tree for share in (node.absent, node.present))
    nodes = {node.name: node for node in tree}
    assert nodes["Goatee"].parent and nodes["Wearing_Lipstick"].parent


def test_a_tree_is_read_as_it_was_saved(tmp_path):
    tree = read_tree()
    save_tree(tree, tmp_path / "tree.json")
    assert (tmp_path / "tree.json").read_text() == (
        "[\n" + ",\n".join(f' ["{n.name}", "{n.parent}", {n.absent}, {n.present}]' for n in tree) + "\n]\n"
    )
