// `unmask select`: which grid point to take for each held-out subject, and what an honest choice
// costs. The point that is best over all held-out subjects was chosen by the clips that it is then
// judged on; its number is too high, and the more points there are, the more.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/metrics/metrics.h"
#include "coordinator/report/build_table.h"
#include "coordinator/statistics/seed_mean.h"

namespace unmask {

// How a fold's point is chosen. All take the most right answers (validation: on ties the least
// validation loss), then the first point of the grid; each seed chooses for itself.
enum class SelectionRule {
  kValidation,  // by the fold's own validation clips: nothing of the held-out subject is used
  kOthers,      // by the other subjects' held-out clips; those models trained on this subject's
  kOracle,      // by all held-out clips, one point for all: hindsight
  kStudy,       // none: the study's own values
};
inline constexpr std::array<SelectionRule, 4> kSelectionRules = {
    SelectionRule::kValidation, SelectionRule::kOthers, SelectionRule::kOracle,
    SelectionRule::kStudy};
const char* Name(SelectionRule rule);  // "validation", ...

struct SelectedFold {
  std::string subject;
  std::int64_t seed = 0;
  std::int64_t clips = 0;
  std::int64_t right = 0;
  std::size_t point = 0;  // of TaskSelection::points
  bool tied = false;      // others were as good
};

struct PooledAnswers {  // of one seed
  std::int64_t k = 0;   // right
  std::int64_t n = 0;
  double wilson_low = 0;
  double wilson_high = 0;
};

struct Selection {
  SelectionRule rule = SelectionRule::kOracle;
  std::string unavailable;  // why there is no such choice; the rest is empty then
  std::vector<SelectedFold> folds;
  std::string caution;  // what the choice favours; empty: nothing
  bool leaky = false;   // some fold's point is
  SeedMean accuracy;
  std::optional<PooledAnswers> pooled;  // one seed only
  double price = 0;                     // accuracy of the oracle's choice minus this one's
  Interval price_interval;              // over subjects, the choices as they are
};

struct GridPointFigures {
  std::string point;       // as stored
  std::string validation;  // it may be a key of the grid
  bool leaky = false;      // the held-out subject chose the epoch
  SeedMean accuracy;
};

// One experiment with several points, and one task.
struct TaskSelection {
  std::string experiment;
  Task task = Task::kTer;
  std::string validation;                // of all points: "inner-subject, leaky"
  bool leaky = false;                    // some point is
  std::string incomplete;                // why nothing could be chosen; the rest is empty then
  std::vector<GridPointFigures> points;  // in the plan's order
  std::vector<Selection> selections;     // in the order of kSelectionRules
};

struct SweepSelection {
  std::string sweep;
  std::vector<TaskSelection> tasks;
};

class StoreReader;

// In one snapshot. A UsageError where no experiment has several points.
Result<SweepSelection> SelectPoints(StoreReader& reader, const std::string& sweep);

std::string SelectionText(const SweepSelection& selection);
std::string SelectionJson(const SweepSelection& selection);

}  // namespace unmask
