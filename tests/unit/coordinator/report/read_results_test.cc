// From a store that the sql module wrote to the tables, nothing in between made up.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "coordinator/report/render.h"
#include "coordinator/report/sheet.h"
#include "sql/results_store.h"
#include "sql/store_reader.h"
#include "tests/unit/coordinator/report/sample_results.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kNow = "2026-01-02T03:04:05Z";
const std::string kExperiment = "e";

class ReadResultsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ =
        fs::path(testing::TempDir()) / fmt::format("unmask-report-{}-{}", getpid(), test->name());
    fs::remove_all(root_);
    ResultsStore::Options options;
    options.now = kNow;
    auto store = ResultsStore::Open(StorePaths{root_}, options);
    ASSERT_TRUE(store.ok()) << FormatError(store.error());
    store_ = std::move(store).value();
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(root_);
  }

  // A single-task sweep over the subjects; `seeds` jobs each.
  void Register(const std::vector<std::string>& subjects, const std::vector<std::int64_t>& seeds,
                const std::string& tables_json) {
    SweepPlan plan;
    plan.sweep = "study-0123abcd";
    plan.name = "study";
    plan.config_json = "{}";
    plan.config_sha256 = "c";
    plan.tables_json = tables_json;
    for (const std::int64_t seed : seeds) {
      for (const std::string& subject : subjects) {
        PlannedJob job;
        job.spec.settings.model.kind = ModelKind::kSingleTask;
        job.spec.held_out = subject;
        job.spec.seed = seed;
        job.key = JobKey(job.spec);
        JobUse use;
        use.experiment = kExperiment;
        use.point = "{}";
        use.validation = "inner-subject";
        use.seed = seed;
        use.held_out = subject;
        use.job_key = job.key;
        plan.uses.push_back(use);
        plan.jobs.push_back(job);
      }
    }
    jobs_ = plan.jobs;
    Ok(store_->RegisterSweep(plan, "{}", kNow));
  }

  LeaseId Lease(std::size_t job) {
    const LeaseId lease{jobs_[job].key, AttemptNumber{1}, store_->epoch()};
    Ok(store_->Apply(RecordLease{lease, WorkerInfo{}}, kNow));
    return lease;
  }

  // The job's held-out clips: `right` of class "a" called "a", `wrong` called "b".
  void Finish(std::size_t job, int right, int wrong) {
    TaskPredictions predictions;
    predictions.classes = {"a", "b"};
    for (int i = 0; i < right + wrong; ++i) {
      predictions.samples.push_back(jobs_[job].spec.held_out + std::to_string(i));
      predictions.labels.push_back(0);
      predictions.predicted.push_back(i < right ? 0 : 1);
      predictions.logits.insert(predictions.logits.end(), {0.5F, 0.25F});
    }
    JobResult result;
    result.predictions = {predictions};
    Ok(store_->Apply(RecordResult{Lease(job), result}, kNow));
    Ok(store_->Commit());
  }

  void Fail(std::size_t job) {
    RecordAttemptEnd end;
    end.lease = Lease(job);
    end.outcome = AttemptOutcome::kFailed;
    end.job_state = JobState::kFailed;
    Ok(store_->Apply(end, kNow));
    Ok(store_->Commit());
  }

  std::vector<Table> Tables(const std::string& id = "") {
    auto reader = StoreReader::Open(StorePaths{root_});
    if (!reader) {
      ADD_FAILURE() << FormatError(reader.error());
      return {};
    }
    auto results = ReadTableResults(**reader, "");
    if (!results) {
      ADD_FAILURE() << FormatError(results.error());
      return {};
    }
    auto tables = BuildTables(*results, id);
    if (!tables) {
      ADD_FAILURE() << FormatError(tables.error());
      return {};
    }
    return std::move(tables).value();
  }

  static std::vector<std::string> FirstLine(const Table& table) {
    const Sheet sheet = LayOut(table);
    std::vector<std::string> texts;
    for (const SheetCell& cell : sheet.sections.front().lines.front().cells) {
      texts.push_back(cell.text);
    }
    return texts;
  }

  template <typename T>
  static void Ok(const Result<T>& status) {
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : FormatError(status.error()));
  }

  fs::path root_;
  std::unique_ptr<ResultsStore> store_;
  std::vector<PlannedJob> jobs_;
};

TEST_F(ReadResultsTest, PoolsTheFoldsOfAFinishedCell) {
  Register({"s1", "s2"}, {0}, OneRowTable("row", R"({"ter":{"accuracy":0.6}})"));
  Finish(0, 3, 1);
  Finish(1, 4, 2);
  const auto tables = Tables();
  ASSERT_EQ(tables.size(), 1U);
  // 7/10; F1 of "a" is 14/17, of "b" 0; Wilson's interval of 7/10 is [0.3968, 0.8922].
  EXPECT_THAT(FirstLine(tables[0]),
              ElementsAre("0.7000", "0.3968–0.8922", "7/10", "0.4118", "2/2", "0.6000", "+0.1000"));
  const TableCell& cell = tables[0].rows[0].cells[0][0];
  EXPECT_EQ(cell.features, "action-units");
  EXPECT_THAT(cell.seeds[0].job_keys, ElementsAre(jobs_[0].key, jobs_[1].key));
}

TEST_F(ReadResultsTest, CountsDoneAndFailedFolds) {
  Register({"s1", "s2", "s3"}, {0}, OneRowTable("row"));
  Finish(0, 3, 1);
  Fail(1);
  EXPECT_THAT(FirstLine(Tables()[0]), ElementsAre("…", "…", "…", "…", "1/3, 1 failed"));
}

TEST_F(ReadResultsTest, KeepsSeedsApart) {
  Register({"s1"}, {0, 7}, OneRowTable("row"));
  Finish(0, 1, 3);
  Finish(1, 3, 1);
  // 0.25 and 0.75: mean 0.5, sample deviation sqrt(2 * 0.25^2 / 1).
  EXPECT_EQ(FirstLine(Tables()[0])[0], "0.5000 ± 0.3536");
}

TEST_F(ReadResultsTest, WithoutTablesShowsTheCells) {
  Register({"s1"}, {0}, "{}");
  Finish(0, 1, 3);
  const auto tables = Tables();
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0].id, "cells");
  EXPECT_EQ(tables[0].rows[0].label, kExperiment);
  EXPECT_EQ(FirstLine(tables[0])[2], "1/4");
}

TEST_F(ReadResultsTest, RegeneratingGivesTheSameBytes) {
  Register({"s1", "s2"}, {0}, OneRowTable("row"));
  Finish(0, 3, 1);
  for (const char* format : {"md", "csv", "latex", "html", "json"}) {
    EXPECT_EQ(FindTableRenderer(format)(Tables()), FindTableRenderer(format)(Tables())) << format;
  }
}

TEST_F(ReadResultsTest, ReadsNoFoldsWithoutAReference) {
  Register({"s1", "s2"}, {0}, OneRowTable("row"));
  Finish(0, 1, 3);
  auto reader = StoreReader::Open(StorePaths{root_});
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(ReadTableResults(**reader, "").value().folds.empty());
}

TEST_F(ReadResultsTest, ReadsTheFoldsForAReference) {
  std::string tables = OneRowTable("row");
  tables.insert(tables.find("\"title\""), "\"reference\":\"row\",");
  Register({"s1", "s2"}, {0}, tables);
  Finish(0, 1, 3);
  auto reader = StoreReader::Open(StorePaths{root_});
  ASSERT_TRUE(reader.ok());
  const auto results = ReadTableResults(**reader, "").value();
  EXPECT_EQ(results.folds.size(), 2 * results.cells.size());
  EXPECT_EQ(results.folds[0].confusion.Total(), 4);
}

TEST_F(ReadResultsTest, AnUnknownSweepIsAnError) {
  Register({"s1"}, {0}, "{}");
  auto reader = StoreReader::Open(StorePaths{root_});
  ASSERT_TRUE(reader.ok());
  const auto results = ReadTableResults(**reader, "other");
  ASSERT_FALSE(results.ok());
  EXPECT_THAT(FormatError(results.error()), HasSubstr("other"));
}

}  // namespace
}  // namespace unmask
