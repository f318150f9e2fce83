from edgeml.sparsify.search import highest, lowest


def test_the_highest_sparsity_that_holds_is_found_to_one_hundredth():
    found = highest(lambda s: s**3, 0.5)
    assert found.sparsity == 0.79
    assert len(found.probes) <= 9
    assert all(p.holds is (p.sparsity**3 <= 0.5) for p in found.probes)


def test_the_lowest_sparsity_that_holds_is_found():
    assert lowest(lambda s: 1 - s, 0.4).sparsity == 0.6
    assert lowest(lambda s: 0.0, 0.4).sparsity == 0.0


def test_a_target_out_of_reach_gives_none():
    assert highest(lambda s: s + 1, 0.5).sparsity is None
    assert lowest(lambda s: 1 - s, 0.4, top=0.5).sparsity is None


def test_the_top_is_tried():
    assert highest(lambda s: 0.0, 1.0, top=0.5).sparsity == 0.5
