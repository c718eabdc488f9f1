"""What is refused before anything is made: unknown names, heads without labels, arms that the data cannot give."""

from collections.abc import Sequence

import pandas as pd

from bias_exp.columns import LABEL, PROBE_HEAD, UNKNOWN
from bias_exp.config import Study
from bias_exp.data.manifest import Manifest
from bias_exp.data.sizes import check_sizes
from bias_exp.data.supply import arm_parts
from bias_exp.errors import RequestError
from bias_exp.explain.rows import METHODS
from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.rows import BACKBONES
from bias_exp.models.weights import no_weights
from bias_exp.stages.names import check_settings
from bias_exp.train.rows import rows_of


def check_names(study: Study) -> None:
    """Ask the registries for every name that the study uses.

    Raises:
        RequestError: an unknown name, with the choices.
    """
    check_settings(study.explain, study.ablate, study.matrix.backbones)
    for backbone in study.matrix.backbones:
        BACKBONES[backbone].grid_at(study.image_size)
        check_start(study, backbone)
    for name in study.matrix.losses:
        LOSSES[name].options({})
    for loss, options in study.loss.items():
        LOSSES[loss].options(options)
    rows_of(study.train)
    check_methods(study, study.matrix.backbones)
    check_heads(study)


def check_start(study: Study, backbone: str) -> None:
    """Prove that a backbone can be trained as the study wants it, from where the study wants it.

    Raises:
        RequestError: a trunk that is not trained here, or one without published weights.
    """
    if study.pretrained is True and not BACKBONES[backbone].hub:
        raise no_weights(BACKBONES[backbone])
    if BACKBONES[backbone].frozen_only and not study.train.frozen:
        raise RequestError(
            f"expected train.frozen = true with backbone {backbone}, found false: only heads are trained on it here; "
            "set it, or choose a backbone that is trained whole"
        )


def check_methods(study: Study, backbones: Sequence[str]) -> None:
    """Refuse map methods that none of `backbones` can have; where only some lack one, their maps are NA.

    Raises:
        RequestError: a method that would give no map at all.
    """
    if "explain" not in study.phases:
        return
    rows = [BACKBONES[name] for name in backbones]
    for name in study.explain.methods:
        reasons = [METHODS[name].unavailable(row) for row in rows]
        if all(reasons):
            good = [row.name for row in METHODS if not all(map(row.unavailable, rows))]
            raise RequestError(
                f"expected map methods that {', '.join(backbones)} has, found {name}: {reasons[0]}; set "
                f"explain.methods to some of {', '.join(good)}"
            )


def check_heads(study: Study) -> None:
    """Prove that what is said of single heads is said of heads that there are.

    Raises:
        RequestError: weights of a head of no model, or an ablation by the map of a head that some models lack.
    """
    lists = study.head_lists
    every = list(dict.fromkeys(head for heads in lists for head in heads))
    if strange := sorted(set(study.train.head_weights) - set(every)):
        raise RequestError(
            f"train.head_weights names {', '.join(strange)}; heads of this study: {', '.join(every)}; name these"
        )
    by = study.ablate.map_head
    lacking = [heads for heads in lists if by != PROBE_HEAD and by not in heads]
    if "ablate" in study.phases and lacking:
        raise RequestError(
            f"expected ablate.map_head to be a head of every model, found {by!r}, which models of "
            f"{' + '.join(lacking[0])} do not have; set it to {PROBE_HEAD}, which all have"
        )


def check_data(study: Study, manifest: Manifest) -> None:
    """Prove that the data has the study's labels and can give every arm at every size, before anything trains.

    Raises:
        RequestError: a head or group without labels, or an arm that the data cannot give.
    """
    heads = list(dict.fromkeys(head for names in study.head_lists for head in names))
    for attribute in dict.fromkeys((*heads, study.group)):
        if attribute not in manifest.classes:
            raise RequestError(
                f"expected labels of {attribute!r} in {manifest.folder}, found: {', '.join(manifest.classes)}; "
                f"set heads and group to what the data has"
            )
    check_groups(study.group, manifest)
    if study.train.early_stop and manifest.split("validation").empty:
        raise RequestError(
            f"expected a validation split in {manifest.folder} for train.early_stop to look at, found none; make the "
            "data with a larger split.validation, or leave early_stop out"
        )
    for head in heads:
        if (manifest.split("train")[LABEL + head] == UNKNOWN).all():
            raise RequestError(f"expected a training picture with a label of {head!r}, found none; leave the head out")
    check_sizes(study_parts(study, manifest), study.matrix.arm_sizes)


def check_groups(group: str, manifest: Manifest) -> None:
    """Prove that groups can be compared on the test split, and the reference probe fitted on its own.

    Raises:
        RequestError: they cannot.
    """
    if group not in manifest.classes:
        raise RequestError(
            f"expected labels of {group!r} in {manifest.folder}, found: {', '.join(manifest.classes)}; "
            "set group to what the data has"
        )
    for split in ("test", "probe"):
        counts = manifest.split(split)[LABEL + group].value_counts().to_dict()
        if len(set(counts) - {UNKNOWN}) < 2:
            raise RequestError(
                f"expected pictures of at least two values of {group!r} in the {split} split of "
                f"{manifest.folder}, found: {counts or 'none'}; make the data with a larger split.{split}"
            )


def study_parts(study: Study, manifest: Manifest) -> pd.DataFrame:
    """What every arm takes of each class and group, for every primary head; columns `data.supply.PARTS`.

    Raises:
        RequestError: an arm that does not fit the data's classes and groups.
    """
    return arm_parts(manifest, primaries=[heads[0] for heads in study.head_lists], arms=study.matrix.arms)
