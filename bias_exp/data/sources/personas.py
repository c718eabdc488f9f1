"""The source that draws its own pictures: personas, equally many of each profession and gender, each another person.

Option `per_cell` is the number of each profession and gender; `size` the pictures' side in pixels; `seed` the draw of
everything that is neither; `professions` a choice of them (empty: all). A persona depends on the seed and its own name
alone, so a larger `per_cell` only adds personas.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Factors, draw_factors
from bias_exp.data.personas.render import render
from bias_exp.data.pool import in_order
from bias_exp.data.regions import write_regions
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.errors import RequestError

LICENCE = "CC0-1.0 (drawn by bias_exp)"
CONSENT = "no person is shown"
_SMALLEST = 32


def scan(root: Path | None, out: Path, options: dict[str, Any]) -> Scan:
    """Draw the personas into `out`/pictures and their regions into `out`/regions.

    Raises:
        RequestError: an unknown profession, or a number that is too small.
    """
    if options["per_cell"] < 1 or options["size"] < _SMALLEST:
        raise RequestError(
            f"expected per_cell of at least 1 and size of at least {_SMALLEST} pixels, found per_cell = "
            f"{options['per_cell']}, size = {options['size']}; change the source's options"
        )
    professions = options["professions"] or list(PROFESSIONS)
    people = [
        draw_factors(f"{profession}-{gender}-{number:04d}", profession=profession, gender=gender, seed=options["seed"])
        for profession in dict.fromkeys(professions)
        for gender in GENDERS
        for number in range(options["per_cell"])
    ]

    def drawn(factors: Factors) -> SourceImage:
        return _draw(factors, out, options["size"])

    return Scan(root=out, pictures=list(in_order(drawn, people)))


def _draw(factors: Factors, out: Path, size: int) -> SourceImage:
    persona = render(factors, size)
    place = Path(factors.profession, factors.gender, f"{factors.persona}.png")
    picture, regions = "pictures" / place, "regions" / place
    for path in (picture, regions):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(persona.picture).save(out / picture, format="PNG")
    write_regions(out / regions, persona.masks)
    return SourceImage(
        path=picture,
        labels={"profession": factors.profession, "gender": factors.gender},
        source="personas",
        person=factors.persona,
        licence=LICENCE,
        consent=CONSENT,
        publishable=True,
        face_box=persona.face_box.tolist(),
        landmarks=persona.landmarks.tolist(),
        regions=regions,
    )
