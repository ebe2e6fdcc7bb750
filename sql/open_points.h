// Which points still wait for folds: a point's cells are filled when its last fold is done. Read
// from the database when it is first asked, then counted down, so that a result need not look its
// points up.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sql/database.h"

namespace unmask {

class OpenPoints {
 public:
  explicit OpenPoints(Database& database) : database_(database) {}

  // The job's result is there: the points whose last fold it was. Call once for each result, before
  // it is written.
  std::vector<std::int64_t> OnDone(std::int64_t job_id);
  // Rows have changed otherwise: a sweep was added, or a transaction rolled back.
  void Forget() { loaded_ = false; }

 private:
  void Load();

  Database& database_;
  bool loaded_ = false;
  std::vector<std::pair<std::int64_t, std::int64_t>> uses_;  // job, point; sorted; of jobs not done
  std::unordered_map<std::int64_t, std::int32_t> left_;      // by point: its jobs that are not done
};

}  // namespace unmask
