#include "coordinator/report_page/mask_counts.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

// Two classes; the true emotion is "an" in all clips, shown is "ha" in all but the last.
TEST(MaskCounter, CountsOnlyClipsWithAMask) {
  ReportData data;
  data.predictions.folds[1] = {{"an", "di", "ha"}, {"a", "b", "c", "d"}, {0, 0, 0, 0}};
  data.predictions.folds[2] = {{"an", "ha"}, {"a", "b", "c", "d"}, {1, 1, 1, 0}};
  data.predictions.rows = {{"job", Task::kTer, 1, {0, 2, 1, 2}},
                           {"job", Task::kDer, 2, {0, 0, 0, 0}}};
  for (const PredictionRow& row : data.predictions.rows) {
    data.predictions_of[row.job_key][static_cast<std::size_t>(row.task)] = &row;
  }
  JobRow job;
  job.job_key = "job";
  ReportCell cell;
  cell.jobs = {&job};
  const auto counts = MaskCounter(data).Count(cell);
  ASSERT_TRUE(counts.has_value());
  EXPECT_EQ(counts->felt, 1);
  EXPECT_EQ(counts->shown, 1);
  EXPECT_EQ(counts->other, 1);
  EXPECT_DOUBLE_EQ(counts->shown_by_chance, 1);  // one of three predictions is "ha", shown in all
  EXPECT_EQ(counts->by_shown.At(2, 2), 1);
  EXPECT_EQ(counts->shown_shares, (std::vector<double>{1.0 / 3}));
  JobRow other = job;  // the same answers in another seed
  other.seed = 1;
  cell.jobs.push_back(&other);
  EXPECT_EQ(MaskCounter(data).Count(cell)->shown_shares, (std::vector<double>{1.0 / 3, 1.0 / 3}));
}

// Experiments on data sets that tell the same clips and feelings, and other masks.
TEST(MaskCounter, TakesTheMaskFromTheJobsOwnDataSet) {
  ReportData data;
  const std::vector<std::string> samples = {"a", "b", "c"};
  data.predictions.folds[1] = {{"an", "di", "ha"}, samples, {0, 0, 0}};
  data.predictions.folds[2] = {{"an", "di", "ha"}, samples, {2, 2, 1}};
  data.predictions.folds[3] = {{"an", "di", "ha"}, samples, {1, 2, 1}};
  data.predictions.rows = {{"first", Task::kTer, 1, {2, 2, 2}},
                           {"first", Task::kDer, 2, {0, 0, 0}},
                           {"second", Task::kTer, 1, {2, 2, 2}},
                           {"second", Task::kDer, 3, {0, 0, 0}},
                           {"alone", Task::kTer, 1, {2, 2, 2}}};
  for (const PredictionRow& row : data.predictions.rows) {
    data.predictions_of[row.job_key][static_cast<std::size_t>(row.task)] = &row;
  }
  const auto count = [&](const char* key) {
    JobRow job;
    job.job_key = key;
    ReportCell cell;
    cell.jobs = {&job};
    return MaskCounter(data).Count(cell).value();
  };
  EXPECT_EQ(count("first").shown, 2);
  EXPECT_EQ(count("first").other, 1);
  EXPECT_EQ(count("second").shown, 1);
  EXPECT_EQ(count("second").other, 2);
  EXPECT_EQ(count("alone").Total(), 2);  // what "a" shows is told in two ways
}

}  // namespace
}  // namespace unmask
