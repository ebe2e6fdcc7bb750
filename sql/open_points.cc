#include "sql/open_points.h"

#include <algorithm>

namespace unmask {

std::vector<std::int64_t> OpenPoints::OnDone(std::int64_t job_id) {
  if (!loaded_) Load();
  std::vector<std::int64_t> complete;
  const auto first = std::ranges::lower_bound(uses_, std::pair(job_id, std::int64_t{0}));
  for (auto use = first; use != uses_.end() && use->first == job_id; ++use) {
    if (--left_[use->second] == 0) complete.push_back(use->second);
  }
  return complete;
}

void OpenPoints::Load() {
  uses_.clear();
  left_.clear();
  for (Rows rows(database_,
                 "SELECT job_id, point_id FROM fold_use WHERE NOT EXISTS (SELECT 1 FROM attempt"
                 " WHERE attempt.job_id = fold_use.job_id AND attempt.outcome = 'done')"
                 " ORDER BY job_id, point_id");
       rows.Next();) {
    uses_.emplace_back(rows.Int(0), rows.Int(1));
    ++left_[rows.Int(1)];
  }
  loaded_ = true;
}

}  // namespace unmask
