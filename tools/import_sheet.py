#!/usr/bin/env python3
"""Makes a manifest of a coding sheet (CSV; as CASME II and SAMM have it): a row a clip with one emotion and action units.

usage: import_sheet.py SHEET.csv --out clips.csv --frames 'Cropped/sub{subject}/{filename}'

A clip is called subject/filename, since files of several subjects share names. Of action units the numbers stay, without
sides (L, R), intensities (A to E) and signs; a frame that is empty, `/` or `-` stays empty, and so does `disguised`.
Lines above the header are passed over; headers are compared without spaces and case. Then: unmask data validate clips.csv
"""

import argparse
import csv
import io
import pathlib
import re
import sys

HEADER = ("sample", "subject", "true", "disguised", "onset", "apex", "offset", "frames", "action_units")
COLUMNS = {"subject": "Subject", "filename": "Filename", "onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame",
           "action_units": "Action Units", "emotion": "Estimated Emotion"}


def plain(name):
    return re.sub(r"\s", "", name).lower()


def read_sheet(path, columns):
    """(line, {field: text}) of each clip; the header is the first row with all columns, whatever separates them."""
    try:
        text = pathlib.Path(path).read_bytes().decode("utf-8-sig")
        for delimiter in ",;\t":
            reader, at = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), None
            for row in reader:
                names = [plain(name) for name in row]
                if all(plain(name) in names for name in columns.values()):
                    at = {field: names.index(plain(name)) for field, name in columns.items()}
                    break
            if at:
                return [(reader.line_num, {field: row[i].strip() if i < len(row) else "" for field, i in at.items()})
                        for row in reader if any(text.strip() for text in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        sys.exit(f"import_sheet: {path}: {error} (a CSV file in UTF-8)")
    sys.exit(f"import_sheet: {path}: no line has the columns {', '.join(columns.values())}; --help tells how to name others")


def frame_of(text, where):
    if text in ("", "/", "-"):
        return ""
    number = re.fullmatch(r"(\d+)(\.0*)?", text)  # spreadsheets make 110.0 of it where other cells are empty
    if not number:
        sys.exit(f"import_sheet: {where}: '{text}' is no frame number")
    return number[1]


def clip_of(sheet, line, clip, template):
    where = f"{sheet}:{line}"
    for field in ("subject", "filename", "emotion"):
        if not clip[field]:
            sys.exit(f"import_sheet: {where}: no {field}")
    units = dict.fromkeys(str(int(number)) for number in re.findall(r"\d+", clip["action_units"]))  # L5+R5 is one 5
    frames = template.format(subject=clip["subject"], filename=clip["filename"])
    return [f"{clip['subject']}/{clip['filename']}", clip["subject"], clip["emotion"], "",
            *(frame_of(clip[field], where) for field in ("onset", "apex", "offset")), frames, " ".join(units)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", metavar="SHEET.csv")
    parser.add_argument("--out", required=True, metavar="FILE", help="the manifest")
    parser.add_argument("--frames", default="", metavar="TEMPLATE", help="where a clip's frames lie beneath dataset.root:"
                        " '{subject}/{filename}'; {subject:0>2} writes 1 as 01. Default: no frames")
    for field, name in COLUMNS.items():
        parser.add_argument(f"--{field.replace('_', '-')}", default=name, metavar="COLUMN", help=f"default: {name}")
    given = parser.parse_args()
    try:
        given.frames.format(subject="", filename="")
    except (LookupError, ValueError, AttributeError) as error:
        sys.exit(f"import_sheet: --frames: only {{subject}} and {{filename}} can stand in it ({error!r})")
    sheet = read_sheet(given.sheet, {field: getattr(given, field) for field in COLUMNS})
    clips = [clip_of(given.sheet, line, clip, given.frames) for line, clip in sheet]
    with open(given.out, "w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([HEADER, *clips])
    print(f"{len(clips)} clips of {len({clip[1] for clip in clips})} subjects with {len({clip[2] for clip in clips})} emotions"
          f" written to {given.out}")


if __name__ == "__main__":
    main()
