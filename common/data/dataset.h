// The clips that a job consumes, as a content-addressed blob. The coordinator writes it into the
// store at the start of a run; trainers read it by its SHA-256, so a job never depends on a path,
// and an edited manifest is a new data set. Blob: canonical JSON
// {"clips":[{"action_units":["1","12"],"disguised":"ha","sample":"22_an2_ha","subject":"22",
// "true":"an"},...]}, clips sorted by sample name (bytes); columns that the job does not consume
// are left out, and so are empty ones. Features of a table: "features":"3f8000003e99999a...", the
// bits of each float32 as 8 hex digits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace unmask {

struct Clip {
  std::string sample;
  std::string subject;
  std::string true_label;       // empty where not consumed (single-task der)
  std::string disguised_label;  // empty where not consumed (single-task ter)
  std::vector<std::string>
      action_units;  // FACS codes in the vocabulary's order, without laterality, each once
  // Of a table (feature_table.h); as many in every clip. NOLINTNEXTLINE(*-redundant-member-init)
  std::vector<float> features = {};  // may be left out of braces
};

struct Dataset {
  std::vector<Clip> clips;
};

std::string DatasetBlob(const Dataset& dataset);
Result<Dataset> ParseDatasetBlob(std::string_view blob);

// Distinct subjects, sorted by bytes: the order in which `inner-subject` takes "the next one",
// cyclic.
std::vector<std::string> SortedSubjects(const Dataset& dataset);

// Distinct labels of a column, sorted by bytes.
std::vector<std::string> TrueClasses(const Dataset& dataset);
std::vector<std::string> DisguisedClasses(const Dataset& dataset);

// The fixed FACS vocabulary (Ekman, Friesen & Hager 2002) that action units are one-hot over, and a
// code's place in it.
const std::vector<std::string>& FacsVocabulary();
int FacsIndex(std::string_view code);  // -1: not a FACS code

}  // namespace unmask
