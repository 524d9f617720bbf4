"""Objectives, solvers and inversion on networks whose answers are known."""

import math

import numpy as np
import pytest
import torch

from core.diffusion.inversion import edit_ddim, edit_ddpm, first_step, guided_edit, levels
from core.diffusion.objective import Objective
from core.diffusion.sampling import (
    Plan,
    adaptive_guidance,
    draw,
    guide,
    make_scheduler,
    noise_for,
    noise_near,
    sample_steps,
    solvers,
)
from core.models.face_unet import PRESETS, FaceUNet

PREDICTIONS = ("epsilon", "v_prediction", "flow")


def oracle(objective, clean):
    """A denoiser that knows the picture: its prediction is exact at every level."""

    def predict(x, timesteps, _attributes):
        t = timesteps.round()
        alpha, sigma = objective.at(t)
        noise = (x - alpha * clean) / sigma
        return objective.target(clean.expand_as(x), noise, t)

    return predict


def random_net(seed=0):
    torch.manual_seed(seed)
    net = FaceUNet(latent_channels=4, sample_size=16, **PRESETS["tiny"]).eval()
    for parameter in net.parameters():  # much of it starts at zero, which would hide the attributes
        torch.nn.init.normal_(parameter, std=0.12)
    return lambda x, t, a: net(x, t, a).detach()


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_conversions_agree(prediction):
    objective = Objective(prediction)
    z, noise = torch.randn(2, 5, 4, 8, 8)
    t = torch.tensor([0, 10, 400, 900, 998])
    x, output = objective.noised(z, noise, t), objective.target(z, noise, t)
    assert torch.allclose(objective.clean(x, output, t), z, atol=2e-3)
    assert torch.allclose(objective.noise(x, output, t), noise, atol=2e-3)


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_every_solver_finds_the_picture(prediction):
    objective = Objective(prediction)
    clean = torch.randn(1, 4, 8, 8)
    for solver in solvers(objective):
        noise, generator = noise_for(7, (4, 8, 8))
        plan = Plan(solver, 20, guidance=1.0)
        found = draw(oracle(objective, clean), objective, plan, noise, torch.zeros(1, 40), generator)
        assert (found - clean).abs().max() < 0.12, solver


def test_unknown_solver_names_the_known():
    with pytest.raises(ValueError, match=r"dpm\+\+, unipc"):
        make_scheduler(Objective(), "euler")


def test_the_plane_around_a_seed_is_reached_by_turning_its_noise():
    shape = (4, 64, 64)
    (start, generator), (noise, _) = noise_near(7, shape, (0.0, 0.0)), noise_for(7, shape)
    assert torch.equal(start, noise) and generator.initial_seed() == 7
    places = {place: noise_near(7, shape, place)[0] for place in ((0.2, 0.0), (1.0, 0.0), (0.0, 1.0), (-0.6, 0.8))}
    for (x, y), found in places.items():
        assert found.std() == pytest.approx(1, abs=0.02)  # N(0, 1) at every distance
        turn = math.hypot(x, y) * math.pi / 2
        cosine = torch.nn.functional.cosine_similarity(found.flatten(), noise.flatten(), dim=0)
        assert cosine == pytest.approx(math.cos(turn), abs=0.03)
    across, down = places[1.0, 0.0], places[0.0, 1.0]
    assert torch.allclose(places[-0.6, 0.8], -0.6 * across + 0.8 * down, atol=1e-5)  # one plane, on whatever way
    assert not torch.allclose(noise_near(8, shape, (1.0, 0.0))[0], across, atol=0.1)  # each seed has its own
    assert torch.equal(noise_near(7, shape, (0.2, 0.0))[0], places[0.2, 0.0])


def test_a_seed_is_a_picture_in_any_batch():
    objective, net = Objective(), random_net()
    plan, attributes = Plan("dpm++", 4, guidance=2.0), torch.ones(1, 40)
    alone = [draw(net, objective, plan, noise_for(s, (4, 16, 16))[0], attributes) for s in range(3)]
    again = [draw(net, objective, plan, noise_for(s, (4, 16, 16))[0], attributes) for s in range(3)]
    batch = draw(
        net, objective, plan, torch.cat([noise_for(s, (4, 16, 16))[0] for s in range(3)]), attributes.expand(3, 40)
    )
    assert all(torch.equal(a, b) for a, b in zip(alone, again, strict=True))
    assert torch.allclose(torch.cat(alone), batch, atol=1e-3)


def test_drawing_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    noise, generator = noise_for(1, (4, 16, 16))
    draw(random_net_fixed, Objective(), Plan("ddpm", 3), noise, torch.ones(1, 40), generator)
    assert torch.equal(before, torch.get_rng_state())


def random_net_fixed(x, _t, _a):
    return 0.1 * x


@pytest.mark.parametrize(("interval", "calls"), [((0.0, 1.0), 10), ((0.3, 0.7), 6), ((1.0, 0.0), 5)])
def test_guidance_only_on_its_interval(interval, calls):
    seen = []

    def net(x, _t, _a):
        seen.append(len(x))
        return torch.zeros_like(x)

    draw(net, Objective(), Plan("ddim", 5, 3.0, interval), torch.randn(1, 4, 8, 8), torch.ones(1, 40))
    assert sum(seen) == calls


def test_guidance_costs_nothing_when_nothing_is_requested():
    seen = []

    def net(x, _t, _a):
        seen.append(len(x))
        return torch.zeros_like(x)

    draw(net, Objective(), Plan("dpm++", 4, 3.0), torch.randn(1, 4, 8, 8), torch.zeros(1, 40))
    assert seen == [1, 1, 1, 1]


def test_a_walk_shows_the_clean_picture_on_the_way():
    objective = Objective()
    clean = torch.randn(1, 4, 8, 8)
    noise, plan = torch.randn(1, 4, 8, 8), Plan("ddim", 5, 1.0)
    steps = list(sample_steps(oracle(objective, clean), objective, plan, noise, torch.zeros(1, 40)))
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]
    assert all((step.clean - clean).abs().max() < 1e-2 for step in steps)


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("edit", [edit_ddpm, edit_ddim])
@pytest.mark.parametrize("faithfulness", [0.0, 0.6, 1.0])
def test_an_empty_request_returns_the_photo(edit, faithfulness, prediction):
    objective, net = Objective(prediction), random_net(2)
    z, attributes = torch.randn(1, 4, 16, 16), torch.ones(1, 40)
    options = {"steps": 12, "guidance": 2.0, "faithfulness": faithfulness}
    if edit is edit_ddpm:
        options["seed"] = 5
    *_, last = edit(net, objective, z, attributes, attributes, **options)
    assert (last.latents - z).abs().max() < 1e-4
    *_, changed = edit(net, objective, z, attributes, -attributes, **options)
    assert (changed.latents - z).abs().mean() > 1e-4


@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_ddim_inversion_finds_the_noise_that_a_known_picture_was_drawn_from(prediction):
    objective = Objective(prediction)
    clean, row = torch.randn(1, 4, 8, 8), torch.zeros(1, 40)
    noises = []

    def net(x, t, attributes):
        alpha, sigma = objective.at(t)
        noises.append(((x - alpha * clean) / sigma)[:1])
        return oracle(objective, clean)(x, t, attributes)

    list(edit_ddim(net, objective, clean, row, row, steps=12, guidance=1.0, faithfulness=0.5))
    assert len(noises) == 2 * (12 - first_step(12, 0.5))
    assert all(torch.allclose(noise, noises[-1], atol=1e-3) for noise in noises[2:])  # one noise all the way, and back


def test_guided_edits_move_changed_attributes_and_work_with_another_network():
    def net(x, _t, attributes):
        return attributes[:, :1, None, None] + 10 * attributes[:, 1:2, None, None] + 0 * x

    x, had, wants = torch.zeros(2, 1, 2, 2), torch.tensor([[1.0, 1.0]]), torch.tensor([[-1.0, 1.0]])
    kept, moved = guided_edit(net, x, torch.tensor(5), had, wants, 3.0)[:, 0, 0, 0].tolist()
    assert (kept, moved) == (33.0, 27.0 - 2.0)  # guided by both, and by the changed one once more
    assert guided_edit(net, x, torch.tensor(5), had, had, 3.0)[:, 0, 0, 0].tolist() == [33.0, 33.0]
    other = guided_edit(net, x, torch.tensor(5), had, wants, 3.0, lambda *given: 2 * net(*given))
    assert other[:, 0, 0, 0].tolist() == [33.0, 50.0]


def test_a_flow_is_edited_at_the_noise_levels_of_ddpm():
    for steps in (8, 24):
        pairs = [objective.at(levels(objective, steps)) for objective in map(Objective, ("epsilon", "flow"))]
        ours, flow = ((sigma / alpha).flatten() for alpha, sigma in pairs)
        assert len(ours) == len(flow) == steps
        assert torch.allclose(ours.log(), flow.log(), atol=0.1)


def test_timesteps_cover_the_table():
    drawn = Objective().draw_timesteps(20000, torch.Generator().manual_seed(0))
    assert drawn.min() >= 0 and drawn.max() <= 999
    counts = np.bincount(drawn.numpy() // 100, minlength=10)
    assert (counts > 200).all()


def test_guidance_adapts_to_many_attributes():
    rows = torch.zeros(3, 40)
    rows[1, :10], rows[2] = 1.0, -1.0
    scales = adaptive_guidance(4.5, rows).flatten().tolist()
    assert scales == pytest.approx([4.5, 2.0, 1 + 3.5 / 11])
    assert torch.equal(adaptive_guidance(1.0, rows), torch.ones(3, 1, 1, 1))


def test_each_picture_of_a_batch_has_its_own_scale():
    x, times, rows = torch.zeros(2, 1, 2, 2), torch.zeros(2), torch.tensor([[1.0], [2.0]])
    guided = guide(lambda x, t, a: x + a.view(-1, 1, 1, 1), x, times, rows, torch.tensor([2.0, 3.0]).view(2, 1, 1, 1))
    assert guided[:, 0, 0, 0].tolist() == [2.0, 6.0]
