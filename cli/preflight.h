// What is wrong with a sweep's data, models and pictures, before any process is started.
#pragma once

#include "common/base/files.h"
#include "coordinator/plan/plan.h"

namespace unmask {

// Whether every fold has clips to train on and to validate with. All that lack them are reported.
Status CheckFolds(const PlanOutput& planned);

// That; then opens every model folder and decodes every picture whose faces are not in the store
// yet. All pictures that cannot be used are reported.
Status CheckPlanned(const PlanOutput& planned, const fs::path& store);

}  // namespace unmask
