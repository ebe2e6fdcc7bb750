// What a store might say of a sweep, built in memory.
#pragma once

#include <string>

#include "coordinator/report/build_table.h"

namespace unmask {

class SampleResults {
 public:
  SampleResults();

  // An experiment at a point; what follows is added to it.
  SampleResults& At(const std::string& experiment, const std::string& point = "{}");
  SampleResults& Leaky();
  // `folds` folds, all done, with k of n right.
  SampleResults& Done(Task task, std::int64_t k, std::int64_t n, double macro_f1,
                      std::int64_t seed = 0, std::int64_t folds = 3);
  // The first `done` folds are done, the next `failed` failed, the others queued.
  SampleResults& Incomplete(Task task, std::int64_t done, std::int64_t failed, std::int64_t folds,
                            std::int64_t seed = 0);
  // Of the cell just done: `clips` of its labels are `name`, fewer any other.
  SampleResults& Commonest(const std::string& name, std::int64_t clips);
  SampleResults& Tables(const std::string& json);

  const SweepResults& results() const { return results_; }
  // Fails the test where the tables cannot be built.
  std::vector<Table> Build(std::string_view id = "") const;

 private:
  void Spread(std::int64_t k, std::int64_t n, std::int64_t folds);
  void AddFolds(CellRow& cell);

  SweepResults results_;
  std::string experiment_;
  std::string point_;
  bool leaky_ = false;
};

// A study in the paper's shape: complete, incomplete, absent, leaky and seeded cells.
SampleResults PaperLikeResults();

// One table "T", one row of `label` with the experiment "e" in both tasks and `published` as JSON.
std::string OneRowTable(const std::string& label, const std::string& published = "{}");

}  // namespace unmask
