// Right answers of each held-out subject.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "coordinator/report_page/report_data.h"

namespace unmask {

struct RightOf {
  std::int64_t right = 0;
  std::int64_t clips = 0;
  double Share() const { return static_cast<double>(right) / static_cast<double>(clips); }
};
using SubjectCounts = std::map<std::string, RightOf>;  // by subject; finished folds only

// Over all seeds together.
SubjectCounts CountBySubject(const ReportCell& cell, Task task);

}  // namespace unmask
