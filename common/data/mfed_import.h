// Reads the annotation of the Masked Facial Expression Database (MFED) and cleans what is odd in
// it. Nothing is changed silently: everything cleaned is in the report.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/data/manifest.h"

namespace unmask {

// What was odd in a cell of action units.
struct CleanUnits {
  std::vector<std::string> units;  // FACS codes in the order written, each once
  std::vector<std::string> kinds;  // "trailing .0", "laterality", ...: each once, in order of sight
};

// Codes separated by commas. A trailing ".0" goes; any other dot, a full-width comma and white
// space separate; "?" and sides (L, R) go; what is no FACS code then is dropped as "unknown code".
CleanUnits CleanActionUnits(std::string_view text);

struct CleanedEntry {
  std::string entry;   // key in the JSON
  std::string sample;  // Filename
  std::string before;
  std::string after;
  std::vector<std::string> kinds;
};

// Duration is offset - onset + 1 frames; the import does not need it.
struct WrongDuration {
  std::string entry;
  std::string sample;
  std::string duration;  // as written
  std::int64_t expected = 0;
};

struct MfedImport {
  std::vector<ManifestClip> clips;  // by the entries' numbers
  std::vector<CleanedEntry> cleaned;
  std::vector<WrongDuration> durations;
  std::vector<std::string> missing_frames;  // samples of which none or several folders
                                            // were found, where frames were asked for
};

// `name` is the file as messages name it. `frames_root`: the folder with each clip's images,
// wherever they lie in it (clip_folders.h); without it `frames` stays empty. A DataError names
// every entry that cannot be read.
Result<MfedImport> ImportMfed(std::string_view json, const std::string& name,
                              const std::optional<fs::path>& frames_root);

}  // namespace unmask
