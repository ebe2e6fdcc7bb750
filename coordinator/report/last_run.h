// The command that last worked on a sweep, out of its provenance: a sweep goes on with the same
// file and overrides alone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/base/files.h"

namespace unmask {

// {"folder", "config", "overrides", "experiments", "held_out"} as far as they were written down;
// null where nothing was.
nlohmann::json LastRun(const std::string& provenance_json);

// The texts of one of its lists, such as "overrides"; empty where it has none.
std::vector<std::string> WordsOf(const nlohmann::json& last_run, const char* key);

// For a POSIX shell, on this store: "cd ... && unmask --store ... run ...", for all folds. Empty
// where the file is not known.
std::string RunCommand(const nlohmann::json& last_run, const fs::path& store);

}  // namespace unmask
