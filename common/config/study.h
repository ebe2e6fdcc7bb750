// A whole study: one YAML file, validated and resolved. See docs/formats.md, "Study".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/config/schema.h"
#include "common/config/settings.h"

namespace unmask {

struct GridAxis {
  std::string key;            // full name: "loss.alpha"
  std::vector<Value> values;  // distinct, in the order given
};

struct Grid {
  GridShape shape = GridShape::kProduct;
  std::vector<GridAxis> axes;
};

struct Experiment {
  std::string name;
  bool grid = true;  // whether the grid applies
  Settings
      settings;  // study level < experiment < experiments.NAME.KEY=VALUE; before any grid point
};

// A point: every grid key with its value, in the grid's order. Empty where the grid does not apply.
using GridPoint = std::vector<std::pair<std::string, Value>>;

struct Study {
  std::string name;
  Settings settings;  // study level
  std::vector<std::int64_t> seeds{0};
  Grid grid;
  std::vector<Experiment> experiments;  // at least one; "main" where the file names none
  std::string tables_json = "{}";       // validated; format: docs/formats.md, "Tables"
  std::vector<std::string> notes;       // for the user: an override that is shadowed, ...
};

// Reads a study. `overrides` are KEY=VALUE arguments. Every problem is reported at once, with file
// and line ("command line" for overrides) and the nearest name; bounded: 1 MiB, depth 32, no
// anchors, aliases or tags. Always a UsageError, for a missing file too.
Result<Study> LoadStudy(const std::string& path, const std::vector<std::string>& overrides);

// The same of a text; `name` stands for the file.
Result<Study> ParseStudy(std::string_view text, const std::string& name,
                         const std::vector<std::string>& overrides);

// The distinct points of an experiment, in order: product, or one key at a time around the study's
// own values.
std::vector<GridPoint> PointsOf(const Study& study, const Experiment& experiment);

// The experiment's settings at a point.
Settings SettingsAt(const Experiment& experiment, const GridPoint& point);

std::string PointJson(const GridPoint& point);  // {"loss.alpha":0.5,"loss.beta":1}

}  // namespace unmask
