# The source of notebook.ipynb, a cell below each `# %%`: `make notebook` runs it and keeps what it shows.
# ruff: noqa: B018, E402
# %% [markdown]
# # A study in a notebook
#
# What `bias_exp.load` gives of a finished study: plain pandas frames, read from the tracking server and checked against
# the hashes that each run names. Here it is the `quick` study on drawn people (`make matrix` makes it). Everything that
# it shows is about these small models and drawings, not about photographs.
# %%
import bias_exp

frames = bias_exp.load("quick")  # another server: tracking_uri="http://host:5000"
frames
# %% [markdown]
# ## Accuracy by gender
#
# One row a picture and head in `predictions`; the cells say what each model was trained on.
# %%
test = frames.predictions.query("split == 'test' and head == 'profession'").merge(frames.cells, on="cell")
test["right"] = test["label"] == test["predicted"]
accuracy = test.pivot_table(index=["backbone", "loss", "female_ratio"], columns="group", values="right")
accuracy["female − male"] = accuracy["female"] - accuracy["male"]
accuracy.round(2)
# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 3), dpi=72, layout="tight")
for (backbone, loss), gap in accuracy["female − male"].groupby(level=["backbone", "loss"]):
    axes.plot(gap.index.get_level_values("female_ratio"), gap, marker="o", label=f"{backbone}, {loss}")
axes.axhline(0, color="0.6", linewidth=1)
axes.legend(fontsize=8, frameon=False)
axes.set(xlabel="share of women among the training pictures", ylabel="accuracy, female − male")
figure.align_labels()
# %% [markdown]
# With one seed and 50 test pictures of each gender such a gap moves by about 0.1 by chance alone: the tables
# (`results/quick/*.md`) give every gap its interval, and more seeds (`--set matrix.seeds=[0,1,2]`) tell how much of it
# is the training's.
#
# ## Where a model looks
#
# Files of a run are MLflow artifacts. A panel: the picture, the gender probe's map, the profession head's map.
# %%
from pathlib import Path

from mlflow.artifacts import download_artifacts

cell = frames.cells.query("explain != '' and female_ratio == 0.5").iloc[0]
panels = Path(download_artifacts(run_id=cell["run_id"], artifact_path=f"explain/{cell['explain']}/panels"))
figure, axes = plt.subplots(figsize=(7, 2.6), dpi=64, layout="tight")
axes.imshow(plt.imread(sorted(panels.glob("*.png"))[0]))
axes.set_axis_off()
# %% [markdown]
# ## What removing those pixels does
#
# The fall of each head's log-odds when the pixels that the gender probe's map points at are removed, net of the same
# shape elsewhere (the control). A large fall of `gender_probe` says that the map found gender; what it does to
# `profession` says whether the profession leans on the same pixels.
# %%
import pandas as pd

from bias_exp.ablate.effects import per_picture

parts = [per_picture(rows).assign(cell=cell) for cell, rows in frames.ablations.groupby("cell")]
effects = pd.concat(parts).query("fraction == 0.2").merge(frames.cells, on="cell")
effects.groupby(["backbone", "head"])[["effect", "control_effect", "net_effect"]].mean().round(2)
