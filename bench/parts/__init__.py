"""One module a part: TITLE, MINUTES on a quiet machine, WANTED, ABOUT for the page, measure(lab, rounds) -> Tables."""

from parts import bank, dispatch, extraction, idle, lanes, real_study, scheduler, steps, sweep

# In the order of the page. What needs the real annotation says NEEDS_ANNOTATION.
PARTS = {"steps": steps, "sweep": sweep, "study": real_study, "bank": bank, "lanes": lanes, "extraction": extraction,
         "dispatch": dispatch, "scheduler": scheduler, "idle": idle}


def needs_annotation(part):
    return getattr(part, "NEEDS_ANNOTATION", False)
