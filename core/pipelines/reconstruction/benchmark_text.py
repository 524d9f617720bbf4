"""Describes the benchmark's figures in sentences. A sentence is written only if its figures were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.pipelines.reconstruction.types import Measured, Row


def sentences(kind: str, rows: Sequence[Row], found: Sequence[Measured]) -> Iterator[str]:
    """Describe the rows of one set, best PSNR first, with all metrics."""
    sizes = [row.picture_size for row in rows if not row.baseline]
    usual = max(sizes, key=sizes.count, default="")  # figures at other sizes are not comparable
    rows = [row for row in rows if row.picture_size == usual]
    models = [row for row in rows if not row.baseline]
    if len(models) > 1:
        yield _order(rows, models)
        yield _distance(rows, models)
    yield from _price(rows, models)
    yield from _prior(kind, found)
    yield from _posterior(kind, found)


def _order(rows: Sequence[Row], models: Sequence[Row]) -> str:
    listed = ", ".join(f"{row.title} {row.psnr:.2f} dB" for row in models)
    nothing = next((row for row in rows if row.key == "mean_picture"), None)
    if nothing is None:
        return f"By PSNR: {listed}."
    return (
        f"By PSNR: {listed}; the mean training picture, which knows nothing of the one in hand, {nothing.psnr:.2f} dB."
    )


def _distance(rows: Sequence[Row], models: Sequence[Row]) -> str:
    """Say whether the Fréchet distance and PSNR give the same order."""
    judged = [*models, *(row for row in rows if row.key == "mean_picture")]
    ordered = sorted(judged, key=lambda row: row.frechet)
    same = [row.key for row in ordered] == [row.key for row in sorted(judged, key=lambda row: -row.psnr)]
    listed = ", ".join(f"{row.title} {_short(row.frechet)}" for row in ordered)
    return f"The Fréchet distance puts them in {'the same' if same else 'another'} order: {listed}."


def _price(rows: Sequence[Row], models: Sequence[Row]) -> Iterator[str]:
    """Say how far the code compresses, and what downscaling to as many numbers would give."""
    if models and len({row.values for row in models}) > 1:
        kept = ", ".join(f"{row.title} {row.values:,}" for row in models)
        yield f"They keep different amounts of a picture, so this is no comparison at equal size. Numbers kept: {kept}."
    for row in models:
        rivals = [other for other in rows if other.baseline and row.values / 2 <= other.values <= row.values]
        if not rivals:
            continue
        rival = max(rivals, key=lambda other: other.values)
        better, closer = row.psnr > rival.psnr, row.frechet < rival.frechet
        verdict = {
            (True, True): "better by both",
            (True, False): "better by PSNR, worse by Fréchet distance",
            (False, True): "worse by PSNR, better by Fréchet distance",
            (False, False): "worse by both",
        }[better, closer]
        yield (
            f"{row.title} against a picture shrunk to {rival.latent_size.removesuffix('x3').replace('x', '×')} pixels, "
            f"{rival.values:,} numbers, and enlarged: {row.psnr:.1f} against {rival.psnr:.1f} dB, Fréchet distance "
            f"{_short(row.frechet)} against {_short(rival.frechet)}: {verdict}."
        )


def _prior(kind: str, found: Sequence[Measured]) -> Iterator[str]:
    """Say whether a sample of N(0, 1) decodes to a picture."""
    known = [(one.at("prior", "samples_of_the_prior", "frechet"), one) for one in found]
    known = [(value, one) for value, one in known if isinstance(value, int | float)]
    against = next((one.at("prior_against") for _, one in known if isinstance(one.at("prior_against"), list)), [])
    if len(known) < 2 or kind not in against:
        return
    listed = ", ".join(f"{one.title} {_short(value)}" for value, one in sorted(known, key=lambda pair: pair[0]))
    what = " and ".join({"celeba": "faces", "food101": "food"}.get(str(each), str(each)) for each in against)
    yield f"Codes drawn from N(0, 1) and decoded are at this Fréchet distance from test {what}: {listed}."
    if {"cae", "vae"} <= {one.key for _, one in known}:
        yield (
            "The variational one was trained with a divergence that holds its codes near N(0, 1); those of the "
            "convolutional one have mean 0 and deviation 1 in each dimension and no more than that."
        )


def _posterior(kind: str, found: Sequence[Measured]) -> Iterator[str]:
    for one in found:
        row = one.at("posterior", kind)
        if isinstance(row, dict) and {"divergence_nats", "active_dimensions", "dimensions"} <= row.keys():
            yield (
                f"{one.title}: its posterior is {row['divergence_nats']:.0f} nats from N(0, 1) per picture, and "
                f"{row['active_dimensions']} of {row['dimensions']} dimensions are active (the posterior's mean varies "
                "by more than 0.01 over the pictures: Burda et al. 2015, arXiv:1509.00519)."
            )


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
