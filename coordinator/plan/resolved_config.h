// A study with every setting spelled out, in the shape of its YAML.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/config/study.h"

namespace unmask {

// The SHA-256 of the data sets, pictures, models and detectors that an experiment consumes, by its
// name.
using Fingerprints = std::map<std::string, std::vector<std::string>>;

// For people: paths as they were given, tables included.
nlohmann::json ResolvedConfig(const Study& study);

// For the sweep's name: paths replaced by fingerprints; without the tables, which change no number.
nlohmann::json ConfigIdentity(const Study& study, const Fingerprints& fingerprints);

}  // namespace unmask
