// Reading what the report and the exports show of a sweep beside its cells: predictions, curves,
// attempts with their workers, runs, and the public views row by row. SQLite's exceptions pass
// through: StoreReader catches them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/messages.h"
#include "sql/database.h"
#include "sql/query.h"
#include "sql/rows.h"

namespace unmask {

// Where `only` names jobs, of these alone.
SweepPredictions ReadSweepPredictions(Database& database, std::string_view sweep,
                                      const std::optional<std::set<std::string>>& only);
void VisitSweepCurves(
    Database& database, std::string_view sweep,
    const std::function<void(const std::string&, const std::vector<CurvePoint>&)>& visit);
std::vector<SpanRow> ReadSpans(Database& database, std::string_view sweep);
// Those that `tail` chooses and orders; `limit` of them, all below 0.
std::vector<SpanRow> ReadSomeSpans(Database& database, std::string_view sweep,
                                   const std::string& tail, std::int64_t limit);
std::vector<RunRow> ReadRuns(Database& database, std::string_view sweep);
Status VisitView(Database& database, std::string_view view, std::string_view sweep, RowSink& sink);

}  // namespace unmask
