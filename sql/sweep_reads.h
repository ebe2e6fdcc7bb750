// Reading what belongs to a sweep. SQLite's exceptions pass through: StoreReader catches them.
#pragma once

#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "sql/database.h"
#include "sql/rows.h"

namespace unmask {

std::vector<SweepRow> ReadSweeps(Database& database);  // newest first
Result<SweepRow> FindSweepRow(Database& database, std::string_view name);
Result<SweepTexts> ReadSweepTexts(Database& database, std::string_view sweep);
SweepProgress ReadProgress(Database& database, std::string_view sweep);
std::vector<DeadJobRow> ReadDeadJobs(Database& database, std::string_view sweep,
                                     std::int64_t limit);
std::vector<JobRow> ReadJobRows(Database& database, std::string_view sweep);

}  // namespace unmask
