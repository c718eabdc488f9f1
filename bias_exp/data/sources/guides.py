"""What a person should know who wants to read a public data set: what to download, where it goes, what is permitted."""

FAIRFACE = """\
From github.com/joojs/fairface: the zip of one margin or of both, and the two tables. Nothing is downloaded for you.

<root>/fairface_label_train.csv
<root>/fairface_label_val.csv
<root>/fairface-img-margin025-trainval/{train,val}/<n>.jpg    unpack each zip into a folder of its own name
<root>/fairface-img-margin125-trainval/{train,val}/<n>.jpg

train and val may lie in <root> itself. There is no public test set: --keep-split keeps val as the test set.
Licence: CC BY 4.0, name the authors. The photographs are of YFCC-100M, each under a Creative Commons licence.
Race (7 words), age (9 groups) and gender (2 words) are what annotators perceived, not what anybody said of themselves.
"""

CELEBA = """\
From mmlab.ie.cuhk.edu.hk/projects/CelebA.html, or a copy that torchvision or Kaggle has laid out. Nothing is
downloaded for you. One of:

<root>/Anno/{list_attr_celeba,identity_CelebA,list_landmarks_align_celeba,list_bbox_celeba}.txt      the release
<root>/Eval/list_eval_partition.txt, <root>/Img/img_align_celeba/<6 digits>.jpg
<root>/celeba/ with all of these lists and img_align_celeba/                                        torchvision
<root>/list_*.csv, <root>/img_align_celeba/img_align_celeba/<6 digits>.jpg                          Kaggle

Identities come on request; without them one person can be on both sides of a split that is drawn.
--keep-split keeps the official partition, which separates persons. pictures=wild reads Img/img_celeba with its boxes.
Licence: non-commercial research only. Neither pictures nor what is derived from them may be passed on: such pictures
are never publishable here, and a tracking server that holds their panels must not be public.
Attributes are what annotators perceived: only 12 of the 40 reach 95 % agreement. Male is taken for the group gender.
"""

UTKFACE = """\
From susanqq.github.io/UTKFace: the aligned and cropped faces, or the faces in the wild. Nothing is downloaded for you.

<root>/UTKFace/[age]_[gender]_[race]_[time].jpg.chip.jpg      aligned; so is crop_part1
<root>/{part1,part2,part3}/[age]_[gender]_[race]_[time].jpg   in the wild: options.pictures=wild

<root> may be one of these folders itself. Names of another form are left out and counted; the release has some.
Licence: non-commercial research only; the copyright of a picture stays with its owner.
Age, gender and race are estimates from the picture, not what anybody said of themselves.
"""

IEAT = """\
From github.com/ryansteed/ieat: a clone, or its folder data/experiments. Nothing is downloaded for you.

<root>/<test>/<category>/<pictures>      such as gender/male/1.jpg; <root> may also be the clone

The pictures are stimuli for association tests, about 800: no set is drawn from them, and no model should train on them.
Licence: CC BY-NC-SA 4.0; the pictures are from Project Implicit and the web and must not be passed on.
"""

OUTLINES = "files below <root> with outlines of regions, from VIA or as COCO JSON: ['outlines.json']"
OUTLINE_WORDS = "what words of outlines mean: {haar = 'hair'}; '' for outlines to leave out"
"""What the options of sources with regions of one's own mean."""

OPENIMAGES = """\
From storage.googleapis.com/openimages/web: Open Images V7 and its extension MIAP ("More Inclusive Annotations for
People"), as much of the pictures as you like. Nothing is downloaded for you. For each split that you have:

<root>/{train,validation,test}/<ImageID>.jpg                      by the project's downloader.py, from its .lst files
<root>/open_images_extended_miap_boxes_{train,val,test}.csv       MIAP: who is where, and how they look
<root>/train-images-boxable-with-rotation.csv, validation-images-with-rotation.csv, test-...   licences, rotation
<root>/oidv6-train-annotations-bbox.csv, validation-annotations-bbox.csv, test-...             faces; may be missing
<root>/oidv7-{train,val,test}-annotations-human-imagelabels.csv   with options.professions: what is in the pictures
<root>/oidv7-class-descriptions.csv                               with options.professions: names of classes

options.professions names a table of yours, such as professions.csv: label,profession / Nurse,nurse / /m/0xyz,cook.
A class counts where people have verified it as present. Pictures with no profession or several are left out.
Each box becomes a picture of its own in <out>/people. Crops of one picture stay on one side of every split;
--keep-split keeps the splits of the release. Groups, drawings and young people are left out and counted.
Licence: annotations CC BY 4.0; pictures are listed as CC BY 2.0, which nobody warrants: name the authors
(origins.csv beside the manifest), and check each picture that you show.
Presentation is how somebody looks to annotators, not who they are. Others use MIAP to evaluate and not to train.
"""

FACES = """\
<root> is a data folder that `bias-exp data` made: it has a manifest. Its landmarks and boxes are believed where it has
them; where it has none, the detector looks: mtcnn (run `make faces` once) or haar (comes with OpenCV 4, less sure).

do=align         each face in the frame of a convention: arcface, fairface025, fairface125, celeba
do=crop          a square around each face's box
do=blur          everything but what is kept (face, head, person) is blurred
do=feather       everything but what is kept fades into the fill
do=blackout      boxes around all faces are filled
do=random_boxes  as many boxes of the same sizes beside the faces: the control of blackout

Labels, persons, licence and consent stay what they were, and so do the splits with --keep-split. Pictures without a
face that can be used are left out with the reason. <out>/faces/faces.csv lists what was found, the report says it by
group.
Found faces are remembered below $BIAS_EXP_HOME/cache/faces: a run that was killed goes on where it was.
"""
