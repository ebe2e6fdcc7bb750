#include "coordinator/export/exports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/text.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using nlohmann::json;

// One experiment with a hostile name, another that shares no job with it; one attempt was lost.
class Exports : public ::testing::Test {
 protected:
  Exports() {
    env.Register(plan);
    const LeaseId lost = env.LeaseOf(plan.jobs.front().key);
    env.Lease(lost);
    env.Apply(RecordAttemptEnd{
        .lease = lost, .outcome = AttemptOutcome::kLost, .error_class = "lost", .message = ""});
    env.Commit();
    env.Finish(plan.jobs.front(), 2);
    for (std::size_t i = 1; i < plan.jobs.size(); ++i) env.Finish(plan.jobs[i]);
    reader = env.Reader();
  }

  fs::path Out() const { return folder.path() / "out"; }
  Status Export(const char* format) const {
    return FindExporter(format)({reader.get(), plan.sweep, Out()});
  }
  static std::string Text(const fs::path& path) {
    const auto text = ReadFile(path);
    EXPECT_TRUE(text.ok()) << path;
    return text.ok() ? *text : "";
  }
  static std::size_t Lines(const fs::path& path) {
    const std::string text = Text(path);
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }

  StoreEnv env;
  SweepPlan plan =
      MakeTestPlan("study-00000001", {{.name = "../=dsid</script>", .alphas = {0.5, 1}},
                                      {.name = "one", .model = ModelKind::kSingleTask}});
  std::unique_ptr<StoreReader> reader;
  TempFolder folder;
};

TEST_F(Exports, EveryFormatIsKnown) {
  for (const char* format : {"csv", "json", "tensorboard", "trace", "bundle"}) {
    EXPECT_NE(FindExporter(format), nullptr) << format;
  }
  EXPECT_EQ(FindExporter("xml"), nullptr);
}

TEST_F(Exports, CsvHasAFileAView) {
  StoreEnv::Expect(Export("csv"));
  EXPECT_EQ(Lines(Out() / "jobs.csv"), 1 + 9U);
  EXPECT_EQ(Lines(Out() / "attempts.csv"), 1 + 10U);
  EXPECT_EQ(Lines(Out() / "predictions.csv"), 1 + 30U);
  EXPECT_EQ(Lines(Out() / "cells.csv"), 1 + 5U);
  EXPECT_EQ(Lines(Out() / "curves.csv"), 1 + 90U);
  EXPECT_EQ(Lines(Out() / "sweeps.csv"), 2U);
  EXPECT_EQ(Lines(Out() / "checkpoints.csv"), 1U);
}

TEST_F(Exports, JsonIsOneDocument) {
  StoreEnv::Expect(Export("json"));
  const json all = json::parse(Text(Out()));
  EXPECT_EQ(all.at("sweep"), plan.sweep);
  EXPECT_EQ(all.at("config").at("name"), plan.sweep);
  EXPECT_EQ(all.at("runs").size(), 1U);
  EXPECT_EQ(all.at("views").at("jobs").size(), 9U);
  EXPECT_EQ(all.at("views").at("cells").at(0).at("k"), 3);
}

TEST_F(Exports, TensorBoardHasARunAJobAndACell) {
  StoreEnv::Expect(Export("tensorboard"));
  std::size_t runs = 0;
  for (const auto& entry : fs::directory_iterator(Out())) {
    ++runs;
    EXPECT_EQ(entry.path().filename().string().find_first_of("/</> "), std::string::npos);
    const auto file = fs::directory_iterator(entry.path())->path();
    EXPECT_TRUE(file.filename().string().starts_with("events.out.tfevents.")) << file;
    EXPECT_GT(fs::file_size(file), 100U);
  }
  EXPECT_EQ(runs, 9U + 5U);
}

JobRow LeakyJob(const std::string& experiment) {
  JobRow job;
  job.experiment = experiment;
  job.point = R"({"loss.alpha":0.5,"loss.hsic":"paper"})";
  job.validation = "leaky";
  job.held_out = "01";
  return job;
}

CellRow LeakyCell(const std::string& experiment) {
  CellRow cell;
  cell.experiment = experiment;
  cell.point = R"({"loss.alpha":0.5,"loss.hsic":"paper"})";
  cell.leaky = true;
  return cell;
}

TEST(RunName, IsSafeAndKept) {
  EXPECT_EQ(RunName(LeakyJob("dsid")),
            "dsid,loss.alpha=0.5,loss.hsic=paper,seed=0,held_out=01,LEAKY");
  EXPECT_EQ(RunName(LeakyCell("dsid")),
            "cells,dsid,loss.alpha=0.5,loss.hsic=paper,seed=0,ter,LEAKY");
  JobRow job = LeakyJob("../a b");
  job.point = "{}";
  job.validation = "inner-subject";
  job.seed = 7;
  EXPECT_EQ(RunName(job), "_._a_b,seed=7,held_out=01");
}

TEST(RunName, OfALongExperimentIsCutThere) {
  const std::string whole(212, 'a');
  const std::string kept = std::string(51, 'a') + "-" + Sha256Hex(whole).substr(0, 8);
  EXPECT_EQ(RunName(LeakyJob(whole)),
            kept + ",loss.alpha=0.5,loss.hsic=paper,seed=0,held_out=01,LEAKY");
  EXPECT_EQ(RunName(LeakyCell(whole)),
            "cells," + kept + ",loss.alpha=0.5,loss.hsic=paper,seed=0,ter,LEAKY");
  EXPECT_NE(RunName(LeakyJob(whole + "b")), RunName(LeakyJob(whole + "c")));
}

TEST(RunName, IsCutOnlyWhereItIsTooLong) {
  const std::string rest = ",loss.alpha=0.5,loss.hsic=paper,seed=0,held_out=01,LEAKY";
  const std::string fits(200 - rest.size(), 'a');
  EXPECT_EQ(RunName(LeakyJob(fits)), fits + rest);
  EXPECT_NE(RunName(LeakyJob(fits + "a")), fits + "a" + rest);
}

TEST(RunName, KeepsItsMarkBesideTheLongestTexts) {
  std::string korean;  // three bytes a character, cut anywhere
  for (int i = 0; i < 100; ++i) korean += "\uAC10";
  JobRow job = LeakyJob(korean);
  job.point = R"({"loss.hsic":")" + korean + R"("})";
  job.seed = std::numeric_limits<std::int64_t>::min();
  job.held_out = korean;
  CellRow cell = LeakyCell(korean);
  cell.point = job.point;
  cell.seed = job.seed;
  for (const std::string& name : {RunName(job), RunName(cell)}) {
    EXPECT_LE(name.size(), 200U) << name;
    EXPECT_TRUE(name.ends_with(",LEAKY")) << name;
    EXPECT_NE(name.find(",seed=-9223372036854775808,"), std::string::npos) << name;
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; })) << name;
  }
  JobRow other = job;
  other.held_out += "2";
  EXPECT_NE(RunName(other), RunName(job));
}

// Of experiments whose names differ only in what no folder's name may have.
TEST(ExportTensorBoard, RunsOfTheSameNameAreNumbered) {
  StoreEnv env;
  const SweepPlan plan = MakeTestPlan(
      "study-00000001", {{.name = "a b", .model = ModelKind::kSingleTask},
                         {.name = "a/b", .model = ModelKind::kSingleTask, .task = Task::kDer},
                         {.name = "a:b", .model = ModelKind::kSingleTask, .seeds = {1}},
                         {.name = "a_b", .validation = Validation::kLeaky}});
  env.Register(plan);
  env.FinishAll(plan);
  const TempFolder folder;
  StoreEnv::Expect(ExportTensorBoard({env.Reader().get(), plan.sweep, folder.path()}));
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    names.insert(entry.path().filename());
  }
  EXPECT_TRUE(names.contains("a_b,seed=0,held_out=01"));
  EXPECT_TRUE(names.contains("a_b,seed=0,held_out=01_2"));
  EXPECT_TRUE(names.contains("a_b,seed=1,held_out=01"));
  EXPECT_TRUE(names.contains("a_b,loss.alpha=0.5,seed=0,held_out=01,LEAKY"));
}

TEST_F(Exports, TraceHasASpanAnAttempt) {
  StoreEnv::Expect(Export("trace"));
  const json trace = json::parse(Text(Out()));
  std::size_t spans = 0;
  std::set<std::string> threads;
  std::set<std::string> outcomes;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == "X") {
      ++spans;
      EXPECT_GE(event.at("dur").get<std::int64_t>(), 0);
      EXPECT_EQ(event.at("ts"), 1795362000123000);
      outcomes.insert(event.at("args").at("outcome"));
    } else if (event.at("name") == "thread_name") {
      threads.insert(event.at("args").at("name"));
    }
  }
  EXPECT_EQ(spans, 10U);
  EXPECT_EQ(outcomes, (std::set<std::string>{"done", "lost"}));
  EXPECT_TRUE(threads.contains("worker 1 on host-a, slot 0"));
}

// Three jobs for a worker of two slots, all leased at once; each takes 1.5 s.
TEST(ExportTrace, AJobLeasedAheadBeginsWithItsSlot) {
  StoreEnv env;
  const SweepPlan plan = MakeTestPlan("study-00000001", {{}});
  ASSERT_EQ(plan.jobs.size(), 3U);
  env.Register(plan);
  for (const PlannedJob& job : plan.jobs) env.Lease(env.LeaseOf(job.key));
  const std::array ends = {"2026-11-22T15:40:02.123Z", "2026-11-22T15:40:02.123Z",
                           "2026-11-22T15:40:03.623Z"};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const LeaseId lease = env.LeaseOf(plan.jobs[i].key);
    env.Apply(RecordStarted{lease, 0});
    StoreEnv::Expect(env.store->Apply(RecordResult{lease, TestResult(plan.jobs[i].spec)}, ends[i]));
  }
  env.Commit();
  const TempFolder folder;
  const fs::path out = folder.path() / "trace.json";
  StoreEnv::Expect(ExportTrace({env.Reader().get(), plan.sweep, out}));
  std::set<std::int64_t> threads;
  std::multiset<std::int64_t> begins;  // after the lease
  const json trace = json::parse(ReadFile(out).value());
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    threads.insert(event.at("tid").get<std::int64_t>());
    begins.insert(event.at("ts").get<std::int64_t>() - 1795362000123000);
    EXPECT_EQ(event.at("dur"), 1500000);
  }
  EXPECT_EQ(threads.size(), 2U);
  EXPECT_EQ(begins, (std::multiset<std::int64_t>{500000, 500000, 2000000}));
}

TEST_F(Exports, BundleSumsAreOfItsFiles) {
  StoreEnv::Expect(Export("bundle"));
  const std::string sums = Text(Out() / "SHA256SUMS");
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(Out())) {
    if (!entry.is_regular_file() || entry.path().filename() == "SHA256SUMS") continue;
    ++files;
    const std::string line = Sha256Hex(Text(entry.path())) + "  " +
                             entry.path().lexically_relative(Out()).generic_string() + "\n";
    EXPECT_NE(sums.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(sums, '\n')), files);
  EXPECT_EQ(Sha256Hex(Text(Out() / "config.json")), plan.config_sha256);
  EXPECT_TRUE(fs::exists(Out() / "report" / "index.html"));
}

// Not of what else lies there, as from an export of another sweep.
TEST_F(Exports, BundleSumsAreOfThisSweepOnly) {
  StoreEnv::Expect(Export("bundle"));
  const std::string fresh = Text(Out() / "SHA256SUMS");
  const fs::path stale = Out() / "report" / "figures" / "of-another-sweep.svg";
  ASSERT_TRUE(WriteFileDurably(stale, "stale").ok());
  ASSERT_TRUE(WriteFileDurably(Out() / "views" / "notes.csv", "stale").ok());
  StoreEnv::Expect(Export("bundle"));
  EXPECT_EQ(Text(Out() / "SHA256SUMS"), fresh);
  EXPECT_EQ(Text(stale), "stale");
}

TEST_F(Exports, TheSameStoreGivesTheSameBytes) {
  StoreEnv::Expect(Export("bundle"));
  const std::string once = Text(Out() / "SHA256SUMS");
  StoreEnv::Expect(Export("bundle"));
  EXPECT_EQ(Text(Out() / "SHA256SUMS"), once);
}

TEST_F(Exports, WhereNothingCanBeWrittenIsADataError) {
  ASSERT_TRUE(WriteFileDurably(Out(), "a file").ok());
  for (const char* format : {"csv", "tensorboard", "bundle"}) {
    const Status status = Export(format);
    ASSERT_FALSE(status.ok()) << format;
    EXPECT_EQ(status.error().code, ErrorCode::kData) << format;
  }
  for (const char* format : {"json", "trace"}) {
    const fs::path beneath = Out() / "file";
    EXPECT_FALSE(FindExporter(format)({reader.get(), plan.sweep, beneath}).ok()) << format;
    EXPECT_FALSE(FindExporter(format)({reader.get(), plan.sweep, folder.path()}).ok()) << format;
  }
}

}  // namespace
}  // namespace unmask
