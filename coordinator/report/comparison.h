// `unmask diff`: two sweeps, or two points, side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/report/clip_index.h"
#include "coordinator/report/job_difference.h"
#include "coordinator/report/operand.h"
#include "coordinator/report/pairing.h"
#include "coordinator/report/table.h"
#include "coordinator/statistics/bootstrap.h"
#include "coordinator/statistics/paired_tests.h"

namespace unmask {

// The tests of one cell's change. Differences are second minus first.
struct PairedTests {
  std::optional<ClipCounts> clips;  // one seed only
  std::optional<double> mcnemar_p;
  WilcoxonResult wilcoxon;  // of the subjects' accuracies
  PValue sign_flip;         // of the subjects' right answers
  double sign_flip_holm = 1;
};

// Macro F1 with bootstrap intervals over subjects; one seed only.
struct ComparedF1 {
  Interval first;
  Interval second;
  double difference = 0;
  Interval interval;  // of the difference
};

struct ComparedCell {
  PointName first;
  PointName second;  // the same but where two points are compared
  Task task = Task::kTer;
  CellSummary first_summary;
  CellSummary second_summary;
  bool first_leaky = false;
  bool second_leaky = false;
  Pairing pairing;
  double difference = 0;             // where pairing.ok()
  Interval interval;                 // of the difference, over subjects
  std::optional<PairedTests> tests;  // nullopt: not comparable, or the same jobs
  std::optional<ComparedF1> f1;      // where there are tests, of one seed
};

struct Comparison {
  std::string first;
  std::string second;
  std::vector<FieldDifference> settings;
  std::int64_t jobs_shared = 0;
  std::int64_t jobs_only_first = 0;
  std::int64_t jobs_only_second = 0;
  std::vector<ComparedCell> cells;
  std::vector<std::string> cells_only_first;  // labels
  std::vector<std::string> cells_only_second;
};

// Read in one snapshot, and computed after it. Operands as in operand.h; a UsageError where one is
// a sweep and the other a point.
Result<Comparison> Compare(StoreReader& reader, const std::string& first,
                           const std::string& second);

std::string ComparisonText(const Comparison& comparison);
std::string ComparisonJson(const Comparison& comparison);

}  // namespace unmask
