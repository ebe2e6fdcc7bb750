// What is wrong with a sweep's models and pictures, before any process is started.
#pragma once

#include "common/base/files.h"
#include "coordinator/plan/plan.h"

namespace unmask {

// Opens every model folder and decodes every picture whose faces are not in the store yet. All
// pictures that cannot be used are reported.
Status CheckPlanned(const PlanOutput& planned, const fs::path& store);

}  // namespace unmask
