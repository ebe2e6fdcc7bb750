// The `tables` of a study: rows and columns as experiments and grid points, with published values.
#pragma once

#include <string>
#include <vector>

#include "common/config/read_value.h"
#include "common/config/study.h"

namespace unmask {

// Study::tables_json of the file's `tables`; problems go to the reporter. What a row names need not
// be part of the run, nor of the study, which is noted: a cell without jobs is shown as a dash.
std::string NormaliseTables(const YamlNode& tables, const Study& study, Reporter& reporter,
                            std::vector<std::string>& notes);

}  // namespace unmask
