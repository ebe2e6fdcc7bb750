// Whether predictions of the true emotion follow the mask: where felt and shown emotion differ, is
// what is predicted the felt one, the shown one, or another?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "coordinator/report_page/report_data.h"

namespace unmask {

struct MaskCounts {
  std::int64_t felt = 0;
  std::int64_t shown = 0;
  std::int64_t other = 0;
  // What `shown` would be if the predictions knew nothing of the mask: same shares of predicted
  // classes, dealt out at random.
  double shown_by_chance = 0;
  ConfusionMatrix by_shown;          // label: the emotion shown; predicted: of the true emotion
  std::vector<double> shown_shares;  // of each seed

  std::int64_t Total() const { return felt + shown + other; }
};

// Knows what each clip shows: from the job itself where it learnt that, else from those of the
// sweep that did, where they agree (experiments may have data sets of their own).
class MaskCounter {
 public:
  explicit MaskCounter(const ReportData& data);

  // Over the clips of all seeds whose felt and shown emotions are known and differ; nullopt: none.
  std::optional<MaskCounts> Count(const ReportCell& cell) const;

 private:
  const ReportData& data_;
  std::map<std::int64_t, std::vector<std::int32_t>> place_;  // of a fold's classes in classes_
  // The place of a clip's shown emotion in classes_, -1: unknown. [clips] of a fold of shown
  // emotions, and of one of true emotions, as other jobs know them.
  std::map<std::int64_t, std::vector<std::int32_t>> shown_, shown_elsewhere_;
  std::vector<std::string> classes_;
};

}  // namespace unmask
