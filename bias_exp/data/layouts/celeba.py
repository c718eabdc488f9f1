"""CelebA in torchvision's layout: aligned faces, 40 attributes, identities, partition, boxes and landmarks.

Every person has one to three pictures, so that identities matter; the partition keeps them apart. Attributes are read
off the factors. Those that drawings do not show are -1 for everybody, and so is Attractive: nobody is judged here.

Lists carry the traps of the real ones: a count in the first line, columns set apart by runs of spaces, an attribute
header without a name for the files, boxes that belong to the uncropped pictures (which are not there).
"""

from bias_exp.data.layouts.session import Session, Sitter, another_picture, save, write_lines
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.frame import CELEBA
from bias_exp.data.personas.palette import hair_colour, luminance
from bias_exp.data.personas.render import Persona, render, render_face
from bias_exp.data.sources.celeba import ATTRIBUTES, POINTS
from bias_exp.seeds import rng_for

WILD = 256  # side of the uncropped pictures that the boxes belong to
_PARTS = {"train": 0, "validation": 1, "test": 2}
_HATS = ("baker", "engineer")


def write_celeba(session: Session) -> int:
    """celeba/img_align_celeba/<6 digits>.jpg and the five lists in celeba/."""
    takes = [
        (sitter, another_picture(sitter.factors, take, session.seed) if take else sitter.factors)
        for sitter in session.sitters
        for take in range(1 + int(rng_for(session.seed, "layout", sitter.factors.persona, "takes").integers(3)))
    ]
    numbers = {factors.persona: number for number, (_, factors) in enumerate(takes, 1)}
    root = session.out / "celeba"

    def put(sitter: Sitter) -> list[tuple[str, str, str]]:
        return [
            _put(session, f"{numbers[factors.persona]:06d}.jpg", factors) for owner, factors in takes if owner is sitter
        ]

    rows = sorted(row for rows in session.each(put) for row in rows)
    attributes, boxes, landmarks = zip(*rows, strict=True)
    count = str(len(takes))
    write_lines(root / "list_attr_celeba.txt", [count, " ".join(ATTRIBUTES) + " ", *attributes])
    write_lines(root / "list_bbox_celeba.txt", [count, "image_id x_1 y_1 width height", *boxes])
    header = " ".join(f"{point}_{axis}" for point in POINTS for axis in "xy") + " "
    write_lines(root / "list_landmarks_align_celeba.txt", [count, header, *landmarks])
    names = [(f"{numbers[factors.persona]:06d}.jpg", sitter) for sitter, factors in takes]
    write_lines(root / "identity_CelebA.txt", [f"{name} {sitter.number}" for name, sitter in names])
    write_lines(root / "list_eval_partition.txt", [f"{name} {_PARTS[sitter.split()]}" for name, sitter in names])
    return len(takes)


def _put(session: Session, name: str, factors: Factors) -> tuple[str, str, str]:
    """Write one picture; its lines in the lists of attributes, boxes and landmarks."""
    face = render_face(factors, CELEBA)
    save(session.out / "celeba" / "img_align_celeba" / name, face.picture)
    x0, y0, x1, y1 = (round(float(edge)) for edge in render(factors, WILD).face_box)
    values = " ".join(f"{1 if shown else -1:2d}" for shown in attributes_of(factors, face).values())
    points = " ".join(f"{round(float(value)):3d}" for value in face.landmarks.ravel())
    box = f"{x0:4d} {y0:4d} {x1 - x0:4d} {y1 - y0:4d}"
    return f"{name} {values}", f"{name} {box}", f"{name}  {points}"


def attributes_of(factors: Factors, face: Persona) -> dict[str, bool]:
    """The 40 attributes in CelebA's order; `face` says whether hair is seen at all."""
    hair, shape, beard = factors.hair, factors.shape, factors.shown("facial_hair") < 0.5
    texture, lips = min(int(3.0 * hair.wave), 2), factors.shown("lips") > 0.7
    hat = factors.profession in _HATS and factors.cues.task > 0.0
    known = {
        "5_o_Clock_Shadow": beard and hair.beard > 0.8,
        "Arched_Eyebrows": shape.brow_arch > 0.65,
        "Bangs": hair.fringe > 0.84 and texture < 2,
        "Big_Lips": lips,
        "Big_Nose": shape.nose_width > 0.7,
        "Blurry": factors.camera.blur > 0.003,
        "Bushy_Eyebrows": shape.brow_weight > 0.7,
        "Chubby": factors.build > 0.85,
        "Eyeglasses": factors.extras.glasses > 0.0,
        "Goatee": beard and 0.45 < hair.beard <= 0.8,
        "Male": factors.gender == "male",
        "Mouth_Slightly_Open": factors.pose.smile > 0.65,
        "Mustache": beard and hair.beard <= 0.8,
        "Narrow_Eyes": shape.eye_size < 0.25,
        "No_Beard": not beard,
        "Oval_Face": shape.length > 0.6,
        "Pale_Skin": factors.skin_tone <= 2,
        "Receding_Hairline": hair.thinning > 0.6 and factors.age > 50.0,
        "Sideburns": beard and hair.beard <= 0.45,
        "Smiling": factors.pose.smile > 0.5,
        "Straight_Hair": texture == 0,
        "Wavy_Hair": texture == 1,
        "Wearing_Hat": hat,
        "Wearing_Lipstick": lips,
        "Young": factors.age < 40.0,
    }
    if face.masks["hair"].any():
        known[_hair_word(factors)] = True
    return {name: known.get(name, False) for name in ATTRIBUTES}


def _hair_word(factors: Factors) -> str:
    colour = hair_colour(factors.hair.shade, factors.age, factors.skin_tone)
    if factors.age > 55.0:
        return "Gray_Hair"
    light = luminance(colour)
    return "Black_Hair" if light < 45 else "Brown_Hair" if light < 130 else "Blond_Hair"
