// Reading the cells of a sweep and the folds behind them. SQLite's exceptions pass through:
// StoreReader catches them.
#pragma once

#include <string_view>
#include <vector>

#include "sql/database.h"
#include "sql/rows.h"

namespace unmask {

std::vector<CellRow> ReadCells(Database& database, std::string_view sweep);
std::vector<FoldRow> ReadFolds(Database& database, std::string_view sweep);

}  // namespace unmask
