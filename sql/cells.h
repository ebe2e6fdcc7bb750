// Table cells: a point's metrics, materialised once when its last fold is done.
#pragma once

#include <cstdint>

#include "common/base/result.h"
#include "sql/database.h"

namespace unmask {

// Writes the metrics of every cell of the point, whose folds must all be done. Within the caller's
// transaction.
Status WriteCells(Database& database, std::int64_t point_id);

// The same if all its folds are done; else nothing.
Status CompletePoint(Database& database, std::int64_t point_id);

}  // namespace unmask
