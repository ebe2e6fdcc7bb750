#include "coordinator/report/sweep_list.h"

#include <fmt/format.h>

#include "common/base/text.h"
#include "coordinator/report/last_run.h"
#include "coordinator/report/text_table.h"

namespace unmask {
Result<std::vector<ListedSweep>> ListSweeps(StoreReader& reader) {
  std::vector<ListedSweep> list;
  UNMASK_TRY(reader.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(const std::vector<SweepRow> sweeps, reader.Sweeps());
    for (const SweepRow& sweep : sweeps) {
      UNMASK_ASSIGN(const SweepTexts texts, reader.Texts(sweep.sweep));
      list.push_back({sweep, WordsOf(LastRun(texts.provenance_json), "overrides")});
    }
    return {};
  }));
  return list;
}

std::string SweepListText(const std::vector<ListedSweep>& sweeps) {
  const std::vector<std::string> headings = {"number", "sweep", "done", "failed", "overrides"};
  TextTable table(headings, headings.size());
  for (const auto& [sweep, overrides] : sweeps) {
    table.Add({fmt::format("{}", sweep.number), sweep.sweep,
               fmt::format("{}/{}", sweep.done, sweep.jobs),
               fmt::format("{}", sweep.failed + sweep.quarantined), Join(overrides, " ")});
  }
  return table.Text();
}

nlohmann::json SweepListJson(const std::vector<ListedSweep>& sweeps) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [sweep, overrides] : sweeps) {
    list.push_back({{"number", sweep.number},
                    {"sweep", sweep.sweep},
                    {"created_at", sweep.created_at},
                    {"jobs", sweep.jobs},
                    {"done", sweep.done},
                    {"failed", sweep.failed},
                    {"quarantined", sweep.quarantined},
                    {"overrides", overrides}});
  }
  return list;
}

}  // namespace unmask
