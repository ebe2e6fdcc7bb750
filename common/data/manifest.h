// The manifest: one CSV row a clip (docs/formats.md, "Manifest"). Reading reports every problem at
// once, each with line, column and what was expected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/data/feature_table.h"

namespace unmask {

// Where a cell starts in the manifest, both from 1; 0: not read from a file.
struct CellPlace {
  int line = 0;
  int column = 0;  // in characters
};

// One row. Names are any text, kept as they are; whatever may be empty is so where a study does not
// need it.
struct ManifestClip {
  std::string sample;   // never empty, distinct
  std::string subject;  // never empty
  std::string true_label;
  std::string disguised_label;
  std::optional<std::int64_t> onset;  // frame numbers, onset <= apex <= offset
  std::optional<std::int64_t> apex;
  std::optional<std::int64_t> offset;
  std::string frames;                     // relative to the root, beneath it
  std::vector<std::string> action_units;  // FACS codes in the order written, each once
  int line = 0;                           // where the row starts; 0: not read from a file
  CellPlace onset_at, apex_at, frames_at;
};

struct Manifest {
  std::string name;  // the file as messages name it
  std::vector<ManifestClip> clips;
};

// `root` is dataset.root: the folder that `frames` is relative to; empty: the manifest's folder.
// Whether the frames are there is not looked at.
Result<Manifest> LoadManifest(const fs::path& path, const fs::path& root = {});

// What could be read, and every problem that LoadManifest would report: for who looks further, such
// as at the pictures.
struct ManifestDraft {
  Manifest manifest;
  std::vector<Problem> problems;
};
Result<ManifestDraft> LoadManifestDraft(const fs::path& path, const fs::path& root = {});

// `root`, or where it is empty the manifest's folder.
fs::path DatasetRoot(const fs::path& manifest, const fs::path& root);

Result<Manifest> ParseManifest(std::string_view bytes, const std::string& name,
                               const fs::path& root);

// The file, header included, rows in the order given.
std::string ManifestCsv(const std::vector<ManifestClip>& clips);

// Whether the true emotion differs from the disguised one; both labels are there.
bool IsMasked(const ManifestClip& clip);

// What a study consumes.
struct ClipQuery {
  bool masked_only = true;  // dataset.clips
  bool true_label = true;
  bool disguised_label = true;
  bool action_units = true;
  const FeatureTable* features = nullptr;  // whose rows the clips get
  int min_subjects = 2;  // leave-one-subject-out needs 2, with validation inner-subject 3
};

// The clips of a study, sorted by sample name (bytes); columns that it does not consume are empty.
// A DataError where a label that is needed is empty, a clip has no features, no clip is left, or
// subjects are too few.
Result<Dataset> SelectClips(const Manifest& manifest, const ClipQuery& query);

}  // namespace unmask
