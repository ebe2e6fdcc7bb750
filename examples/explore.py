# A first look at a sweep with pandas; the cells run in any editor that knows "# %%".
#
#   pip install pandas && python examples/explore.py unmask-store
#
# The store is an SQLite file: `datasette unmask-store/unmask.db` browses the same views.

# %% Open read-only, beside a running sweep too
import pathlib
import sqlite3
import sys

import pandas as pd

database = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "unmask-store", "unmask.db")
store = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
sweep = pd.read_sql("SELECT sweep FROM sweeps ORDER BY number DESC LIMIT 1", store).sweep[0]

# %% Accuracy of every finished cell, with its Wilson interval
cells = pd.read_sql("SELECT * FROM cells WHERE sweep = ? AND accuracy IS NOT NULL", store, params=[sweep])
print(cells[["experiment", "alpha", "beta", "seed", "task", "accuracy", "wilson_low", "wilson_high", "leaky"]].to_string(index=False))

# %% Who is hard: accuracy of each held-out subject, over everything that was trained
predictions = pd.read_sql("SELECT * FROM predictions WHERE sweep = ?", store, params=[sweep])
predictions["right"] = predictions.label == predictions.predicted
print(predictions.pivot_table(index="subject", columns="task", values="right", aggfunc="mean").round(3))

# %% Does the prediction of the true emotion follow the mask?
point = ["experiment", "job_key", "point", "seed", "sample"]
both = predictions[predictions.task == "ter"].merge(
    predictions[predictions.task == "der"][["sample", "label"]].drop_duplicates("sample").rename(columns={"label": "shown"}), on="sample")
both = both[both.label != both.shown].drop_duplicates(point)
both["taken_in"] = both.predicted == both.shown
if not both.empty:
    print(both.groupby(["experiment", "point"])[["right", "taken_in"]].mean().round(3))

# %% Did the streams decouple?
jobs = pd.read_sql("SELECT * FROM jobs WHERE sweep = ? AND held_out_hsic IS NOT NULL", store, params=[sweep])
if not jobs.empty:
    print(jobs.groupby(["experiment", "point"])[["held_out_hsic", "stream_cosine"]].median().round(4))
