"""Columns of every file by which phases and tables meet: names, kinds and meaning.

A writer calls `SCHEMA.check(frame)` before it writes and a reader after it has read, so a phase never meets a file that
another one shaped differently. Missing text is "", a missing number is NaN.
"""

from bias_exp.schema import Column, Schema

LABEL = "label/"
"""Prefix of a manifest's label columns: `label/profession`, `label/gender`."""

UNKNOWN = "unknown"
"""The label of a picture of which an attribute is not known; a valid value, never a class that a head predicts."""

EVERYONE = "all"
"""The group that stands for all groups together in a table by group."""

PROBE_HEAD = "gender_probe"
"""Head of the reference gender probe (a linear layer on the frozen trunk, fitted on the probe split)."""

METRICS_FILE = "metrics.json"
"""A phase's numbers for the UI, by name."""

SHEET_FILE = "sheet.png"
"""The explain phase's contact sheet."""

SPLITS = ("train", "validation", "test", "probe", "spare")

FACE_BOX = ("face_x0", "face_y0", "face_x1", "face_y1")
LANDMARKS = tuple(f"{point}_{axis}" for point in ("eye0", "eye1", "nose", "mouth0", "mouth1") for axis in ("x", "y"))

MANIFEST = Schema(
    "manifest.csv",
    (
        Column("id", "text", "first 16 hex digits of the picture file's sha256"),
        Column("path", "text", "below the manifest's root; bytes that are no printable UTF-8 are percent-encoded"),
        Column("sha256", "text", "of the picture file"),
        Column("width", "integer", "pixels, after EXIF orientation"),
        Column("height", "integer", "pixels, after EXIF orientation"),
        Column("person", "text", "who is in the picture; '' when not known"),
        Column("kin", "text", "pictures that stay on one side of a split, such as those of one prompt and scene; ''"),
        Column("near_duplicates", "text", "group of near-duplicate pictures, named by its smallest id"),
        Column("split", "text", "train, validation, test, probe or spare"),
        Column("source", "text", "where the picture is from: personas, folder ..."),
        Column("licence", "text", "'' when not known"),
        Column("consent", "text", "'' when not known"),
        Column("publishable", "flag", "may the face be shown in print"),
        Column("regions", "text", "path of the region mask file below the root, or the folder of regions; '' for none"),
        *(Column(name, "number", "face box, xyxy in picture pixels; NaN when not known") for name in FACE_BOX),
        *(Column(name, "number", "landmark in picture pixels, eyes in the viewer's order") for name in LANDMARKS),
    ),
    prefix=LABEL,
)

ORIGIN = (
    Column("licence_url", "text", "'' when not known"),
    Column("author", "text", "'' when not known"),
    Column("url", "text", "of the picture; '' where it was made here"),
    Column("page_url", "text", "of the page that shows it"),
)
ORIGINS = Schema(
    "origins.csv", (Column("id", "text", "as in the manifest; not those of which nothing is known"), *ORIGIN)
)

COLLECTION = Schema(
    "collection.csv",
    (
        Column("path", "text", "below the collection's folder"),
        Column("sha256", "text", "of the picture file"),
        Column("phash", "text", "perceptual hash, 16 hex digits"),
        Column("width", "integer", "pixels, after EXIF orientation"),
        Column("height", "integer", "pixels, after EXIF orientation"),
        Column("source", "text", "how the picture was come by: crawl, generate"),
        Column("person", "text", "who is in the picture; '' when not known"),
        Column("kin", "text", "pictures that stay on one side of a split, such as those of one prompt and scene; ''"),
        Column("licence", "text", "as its page says it; '' when not known"),
        *ORIGIN,
        Column("query", "text", "what was asked for"),
        Column("prompt", "text", "of a generated picture"),
        Column("seed", "text", "of a generated picture"),
        Column("model", "text", "that generated it"),
        Column("made_at", "text", "UTC, ISO 8601: when it was fetched or generated"),
        Column("faces", "number", "faces found; NaN where nobody has looked"),
        Column("gender_from", "text", "who gave the gender: prompt, hand, the labeller's name; '' without one"),
        Column("gender_confidence", "number", "of the labeller, 0 to 1; NaN where it has none"),
    ),
    prefix=LABEL,
)

LABELS = Schema(
    "labels.csv",
    (
        Column("path", "text", "as in collection.csv"),
        Column("sha256", "text", "of the picture file"),
        Column("gender", "text", "unknown where nobody could tell, or nobody was sure enough"),
        Column("gender_from", "text", "as in collection.csv"),
        Column("gender_confidence", "number", "as in collection.csv"),
        Column("faces", "number", "as in collection.csv"),
    ),
)

AUDIT_KEY = Schema(
    "key.csv",
    (
        Column("item", "integer", "number of the picture on the audit's page, from 1"),
        Column("path", "text", "of the picture, below its data set's or collection's root"),
        Column("sha256", "text", "of the picture file"),
        Column("gender", "text", "the label that is audited"),
        Column("source", "text", "where the picture is from"),
    ),
)

PROMPTS = Schema(
    "prompts.csv",
    (
        Column("prompt_id", "text", "profession-template-scene-replicate-gender; names the picture"),
        Column("profession", "text", "label of the picture"),
        Column("gender", "text", "label of the picture; unspecified where the prompt says none"),
        Column("template", "text", "name of the template"),
        Column("scene", "text", "name of the profession's scene"),
        Column("replicate", "integer", "from 0: pictures of one template and scene differ by their seeds"),
        Column("prompt", "text", "what is asked for"),
        Column("negative_prompt", "text", "what is not wanted"),
        Column("seed", "integer", "of the noise; the same for all genders of a pair"),
        Column("width", "integer", "pixels, a multiple of 8"),
        Column("height", "integer", "pixels, a multiple of 8"),
        Column("steps", "integer", "of denoising"),
        Column("guidance", "number", "scale of classifier-free guidance; up to 1 there is none"),
    ),
)

REJECTS = Schema(
    "rejects.csv",
    (
        Column("path", "text", "below the root, percent-encoded as in the manifest"),
        Column("reason", "text", "why the picture is not in the manifest"),
    ),
)

DUPLICATES = Schema(
    "duplicates.csv",
    (
        Column("kind", "text", "exact (the same bytes) or near"),
        Column("group", "text", "exact: the id that the bytes have; near: the group, as in the manifest"),
        Column("path", "text", "below the root, percent-encoded as in the manifest"),
        Column("own_split", "text", "the split that the source itself has the file in; '' when it has none"),
        Column("split", "text", "as in the manifest; '' for a file that was left out"),
        Column("source", "text", "as in the manifest"),
    ),
    prefix=LABEL,
)

ARM = Schema(
    "arm.csv",
    (
        Column("id", "text", "image id; rows stand in the order of the draw"),
        Column("class", "text", "label of the primary head, or 'all' when the group is the primary head"),
        Column("group", "text", "value of the sensitive attribute"),
        Column("source", "text", "as in the manifest"),
    ),
)

HISTORY = Schema(
    "history.csv",
    (
        Column("epoch", "integer", "from 1"),
        Column("step", "integer", "optimiser steps done"),
        Column("split", "text", "train or validation"),
        Column("head", "text", "head name, 'all' for the total loss, or 'adversary'"),
        Column("measure", "text", "loss, accuracy, or weight/<class>/<group> of a loss that moves weights of strata"),
        Column("value", "number", "mean over the epoch's pictures; a weight as it is after the epoch"),
    ),
)

PREDICTIONS = Schema(
    "predictions.parquet",
    (
        Column("id", "text", "image id"),
        Column("split", "text", "test or validation"),
        Column("head", "text", "head name; gender_probe is the reference probe"),
        Column("label", "text", "true class of this head"),
        Column("predicted", "text", "class of the largest logit"),
        Column("p_label", "number", "probability of the true class; NaN when the head does not know it"),
        Column("p_predicted", "number", "probability of the predicted class"),
        Column("class", "text", "true class of the primary head, or 'all'"),
        Column("group", "text", "value of the sensitive attribute"),
        Column("person", "text", "as in the manifest, else the near-duplicate group: the unit of resampling"),
    ),
)

OUTSIDE = Schema(
    "predictions.csv",
    (
        Column("path", "text", "below the folder that was given, percent-encoded as in the manifest"),
        Column("id", "text", "first 16 hex digits of the picture file's sha256"),
        Column("head", "text", "head name; gender_probe is the reference probe"),
        Column("predicted", "text", "class of the largest logit"),
        Column("probability", "number", "of that class"),
    ),
    prefix="p/",
)

CONFUSION = Schema(
    "confusion.csv",
    (
        Column("head", "text", "head name"),
        Column("group", "text", "value of the sensitive attribute; 'all' for all together"),
        Column("label", "text", "true class"),
        Column("predicted", "text", "class of the largest logit"),
        Column("n", "integer", "test pictures"),
    ),
)

CLASS_REPORT = Schema(
    "class_report.csv",
    (
        Column("head", "text", "head name"),
        Column("group", "text", "value of the sensitive attribute; 'all' for all together"),
        Column("class", "text", "class of the head"),
        Column("n", "integer", "test pictures of the class"),
        Column("said", "integer", "test pictures taken for the class"),
        Column("right", "integer", "test pictures of the class taken for it"),
        Column("precision", "number", "right / said; NaN where nothing was taken for the class"),
        Column("precision_lo", "number", "Wilson interval, 95 %, over images"),
        Column("precision_hi", "number", "Wilson interval, 95 %, over images"),
        Column("recall", "number", "right / n; NaN where the group has no picture of the class"),
        Column("recall_lo", "number", "Wilson interval, 95 %, over images"),
        Column("recall_hi", "number", "Wilson interval, 95 %, over images"),
        Column("f1", "number", "2 right / (n + said); NaN where both are 0"),
    ),
)

EXPLANATIONS = Schema(
    "explanations.parquet",
    (
        Column("id", "text", "image id"),
        Column("method", "text", "map method"),
        Column("head", "text", "head that is explained"),
        Column("target", "text", "class that is explained"),
        Column("index", "integer", "row of this picture in maps.safetensors[method/head]; -1 where there is no map"),
        Column("valid", "flag", "False: the map is NA, for the reason given"),
        Column("reason", "text", "why the map is not valid; ''"),
        Column("low", "number", "smallest raw value; NaN where there is no map"),
        Column("high", "number", "largest raw value; NaN where there is no map"),
        Column("completeness", "number", "part of the explained difference that a path method's map misses; NaN"),
        Column("steps", "integer", "path points that a path method took; 0 for the others"),
        Column("class", "text", "as in predictions"),
        Column("group", "text", "as in predictions"),
    ),
)

CHECKS = Schema(
    "checks.parquet",
    (
        Column("id", "text", "image id; '' for a check of all pictures together"),
        Column("class", "text", "as in predictions; ''"),
        Column("group", "text", "as in predictions; ''"),
        Column("check", "text", "what was asked of the map: energy, pointing, focus, insertion, randomisation ..."),
        Column("at", "text", "where: a region, the stage whose weights were drawn anew, another head; ''"),
        Column("method", "text", "map method, or the control map that stands beside the methods"),
        Column("head", "text", "head that is explained"),
        Column("value", "number", "NaN where the check is not defined"),
        Column("baseline", "number", "what a map that says nothing gets (area share, centre prior); NaN"),
        Column("reason", "text", "why the value is not defined; ''"),
    ),
)

ABLATIONS = Schema(
    "ablations.parquet",
    (
        Column("id", "text", "image id"),
        Column("class", "text", "as in predictions"),
        Column("group", "text", "as in predictions"),
        Column("person", "text", "as in predictions"),
        Column("map_head", "text", "head whose map chose the pixels"),
        Column("map_method", "text", "method of that map"),
        Column("fraction", "number", "part of the picture that was to be removed"),
        Column("fill", "text", "what stands in the removed pixels' place"),
        Column("control", "text", "'' for the map itself, else the control's name"),
        Column("draw", "integer", "draw of the control, from 0; 0 for the map itself"),
        Column("removed_share", "number", "part of the picture that was removed"),
        Column("overlap", "number", "part of the control's pixels that the map itself removes"),
        Column("head", "text", "head whose score is measured"),
        Column("label", "text", "true class of this head"),
        Column("predicted_intact", "text", "class predicted on the intact picture: the class that is scored"),
        Column("predicted_removed", "text", "class predicted with the pixels removed"),
        Column("log_odds_intact", "number", "of predicted_intact, intact"),
        Column("log_odds_removed", "number", "of predicted_intact, removed"),
        Column("p_intact", "number", "probability of predicted_intact, intact"),
        Column("p_removed", "number", "probability of predicted_intact, removed"),
    ),
)

NULLS = Schema(
    "null.parquet",
    (
        Column("id", "text", "image id; '' for the mean over all pictures"),
        Column("class", "text", "as in predictions; ''"),
        Column("group", "text", "as in predictions; ''"),
        Column("map_head", "text", "head whose map chose the pixels"),
        Column("map_method", "text", "method of that map"),
        Column("fraction", "number", "part of the picture that was to be removed"),
        Column("fill", "text", "what stands in the removed pixels' place"),
        Column("control", "text", "the control whose draws are the null"),
        Column("head", "text", "head whose score is measured"),
        Column("effect", "number", "log-odds of the class predicted intact, intact minus removed, by the map"),
        Column("null_mean", "number", "mean of the same over the draws"),
        Column("null_sd", "number", "standard deviation over the draws"),
        Column("draws", "integer", "draws R of the control"),
        Column("p", "number", "(1 + draws with at least the map's effect) / (R + 1)"),
    ),
)

FORGOTTEN = Schema(
    "forgotten.csv",
    (
        Column("sha256", "text", "of a picture file that somebody asked to be forgotten"),
        Column("digest", "text", "of the data set that held it until then; '' where no data set did"),
        Column("at", "text", "UTC, ISO 8601: the day"),
    ),
)

FACES = Schema(
    "faces.csv",
    (
        Column("path", "text", "of the picture as it was, below its data set's root"),
        Column("sha256", "text", "of that picture file"),
        Column("faces", "integer", "that the manifest knew or the detector found, however sure"),
        Column("score", "number", "of the chosen face, in the detector's own scale; NaN where it was given"),
        Column("landmarks_from", "text", "given, mtcnn, eyes (the rest from these), box (usual proportions), ''"),
        Column("regions_from", "text", "given, template (from landmarks), '' where there are none"),
        *(Column(name, "number", "box of the chosen face, xyxy in pixels") for name in ("x0", "y0", "x1", "y1")),
        Column("overlap", "number", "part of the faces that control boxes cover; NaN where there are none"),
        Column("reason", "text", "why the picture was left out; '' where it was not"),
    ),
)

COUNTS = Schema(
    "counts.csv",
    (
        Column("class", "text", "of the primary head, or 'all'"),
        Column("group", "text", "value of the group; unknown where it is not known"),
        Column("source", "text", "as in the manifest"),
        *(Column(split, "integer", "pictures in this split") for split in SPLITS),
        Column("pictures", "integer", "in all splits together"),
    ),
)
