// Pages of small stores: every kind of sweep gets one, and no name gets out of its place.
#include "coordinator/report_page/page.h"

#include <gtest/gtest.h>

#include <regex>

#include "coordinator/report_page/mask_counts.h"
#include "coordinator/report_page/write_report.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

constexpr const char* kHostile = "<script>alert('x')</script>\"&\u202Eevil =1+1";

class Page : public ::testing::Test {
 protected:
  void Read(const SweepPlan& plan) {
    const Status read = ReadReportData(*env.Reader(), plan.sweep, data);
    ASSERT_TRUE(read.ok()) << (read.ok() ? "" : FormatError(read.error()));
    sections = FigureSections(data);
    html = ReportPage(data, sections);
  }

  bool Has(std::string_view text) const { return html.find(text) != std::string::npos; }
  const Figure* Find(const std::string& id) const {
    for (const ReportSection& section : sections) {
      for (const Figure& figure : section.figures) {
        if (figure.id == id) return &figure;
      }
    }
    return nullptr;
  }

  StoreEnv env;
  ReportData data;
  std::vector<ReportSection> sections;
  std::string html;
};

TEST_F(Page, AGridHasAllItsFigures) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  for (const char* id :
       {"accuracy-dsid-loss.alpha", "confusion-ter", "confusion-der", "subjects-ter",
        "subjects-der", "differences", "streams", "training", "timeline"}) {
    EXPECT_NE(Find(id), nullptr) << id;
    EXPECT_TRUE(Has(std::string("figures/") + id + ".svg")) << id;
  }
  // Felt and shown emotions are the same in these clips, so there is no mask to fall for.
  EXPECT_EQ(Find("mask"), nullptr);
  EXPECT_NE(Find("accuracy-dsid-loss.alpha")->csv.find("dsid,"), std::string::npos);
}

TEST_F(Page, HostileNamesStayText) {
  SweepPlan plan = MakeTestPlan("study-00000001", {{.name = kHostile, .alphas = {0.5, 1}}});
  plan.config_json = R"({"name":"</pre><script>"})";
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_FALSE(Has("<script"));
  EXPECT_FALSE(Has("\u202E"));
  EXPECT_TRUE(Has("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\\u202Eevil"));
  for (const ReportSection& section : sections) {
    for (const Figure& figure : section.figures) {
      EXPECT_EQ(FigureFile(figure).find("<script"), std::string::npos) << figure.id;
      EXPECT_TRUE(std::regex_match(figure.id, std::regex("[A-Za-z0-9._-]+"))) << figure.id;
    }
  }
}

TEST_F(Page, NothingIsFetchedFromAnywhere) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_FALSE(std::regex_search(html, std::regex(R"(https?:|src=|@import|url\(|<link|<iframe)")));
  // Links lead to anchors and to the files beside the page.
  const std::regex link("href=\"([^\"]*)\"");
  for (std::sregex_iterator at(html.begin(), html.end(), link), end; at != end; ++at) {
    EXPECT_TRUE(std::regex_match((*at)[1].str(), std::regex("#.*|tables[.].*|figures/.*")))
        << (*at)[1];
  }
}

TEST_F(Page, IdsAreUsedOnce) {
  const SweepPlan plan = MakeTestPlan(
      "study-00000001", {{.name = "a b", .alphas = {0.5, 1}}, {.name = "a-b", .alphas = {0.5, 1}}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  std::map<std::string, int> ids;
  const std::regex id(" id=\"([^\"]*)\"");
  for (std::sregex_iterator at(html.begin(), html.end(), id), end; at != end; ++at) {
    EXPECT_EQ(++ids[(*at)[1]], 1) << (*at)[1];
  }
  EXPECT_TRUE(ids.contains("accuracy-a-b-loss.alpha-2"));
}

TEST_F(Page, IncompleteFoldsShowNoAccuracy) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}}});
  env.Register(plan);
  env.Finish(plan.jobs.front());
  const LeaseId lease = env.LeaseOf(plan.jobs[1].key);
  env.Lease(lease);
  env.Apply(RecordAttemptEnd{.lease = lease,
                             .outcome = "failed",
                             .error_class = "nan",
                             .message = "loss is <nan>",
                             .job_state = JobState::kFailed});
  env.Commit();
  Read(plan);
  EXPECT_TRUE(Has(">1/3</text>"));
  EXPECT_TRUE(Has("2 of 2 cells have folds missing"));
  EXPECT_TRUE(Has("loss is &lt;nan&gt;"));
  EXPECT_TRUE(Has("1 nan"));
}

TEST_F(Page, ASweepWithNothingDoneHasAPage) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5}}});
  env.Register(plan);
  Read(plan);
  EXPECT_TRUE(Has("0 of 3 done"));
  EXPECT_EQ(Find("training"), nullptr);
  EXPECT_EQ(Find("timeline"), nullptr);
}

TEST_F(Page, SingleTaskAloneAndSeveralSeeds) {
  const SweepPlan plan = MakeTestPlan(
      "study-00000001", {{.name = "one", .model = ModelKind::kSingleTask, .seeds = {0, 1, 2}}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_NE(Find("confusion-ter"), nullptr);
  EXPECT_EQ(Find("confusion-der"), nullptr);
  EXPECT_EQ(Find("streams"), nullptr);
}

TEST_F(Page, LeakyCellsAreMarkedEverywhere) {
  const SweepPlan plan = MakeTestPlan(
      "study-00000001", {{.name = "honest"}, {.name = "peeks", .validation = Validation::kLeaky}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_TRUE(Has("in 1 of 2 cells the held-out subject"));
  EXPECT_NE(FigureFile(*Find("confusion-ter")).find("LEAKY"), std::string::npos);
  EXPECT_NE(FigureFile(*Find("subjects-ter")).find("LEAKY"), std::string::npos);
  EXPECT_NE(FigureFile(*Find("training")).find("LEAKY"), std::string::npos);
  for (const char* id : {"confusion-ter", "differences", "streams", "training", "subjects-ter"}) {
    EXPECT_NE(Find(id)->csv.find("LEAKY"), std::string::npos) << id;
  }
}

TEST_F(Page, CountsOfSeveralSeedsSaySo) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.seeds = {0, 1, 2}}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_NE(FigureFile(*Find("confusion-ter")).find("9/9 folds of 3 seeds added up"),
            std::string::npos);
}

TEST_F(Page, DifferencesOfUnfinishedCellsAreNotTested) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}}});
  env.Register(plan);
  for (std::size_t i = 0; i + 1 < plan.jobs.size(); ++i) env.Finish(plan.jobs[i]);
  Read(plan);
  const std::string differences = FigureFile(*Find("differences"));
  EXPECT_EQ(differences.find("Wilcoxon p"), std::string::npos);
  EXPECT_NE(differences.find("so far, "), std::string::npos);
}

TEST_F(Page, WarningsCountTheSameCells) {
  const SweepPlan plan = MakeTestPlan(
      "study-00000001", {{.name = "honest"}, {.name = "peeks", .validation = Validation::kLeaky}});
  env.Register(plan);
  for (std::size_t i = 0; i + 1 < plan.jobs.size(); ++i) env.Finish(plan.jobs[i]);
  Read(plan);
  EXPECT_TRUE(Has("in 1 of 2 cells the held-out subject"));
  EXPECT_TRUE(Has("1 of 2 cells have folds missing"));
}

TEST_F(Page, TheSameStoreGivesTheSameBytes) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  ReportData again;
  ASSERT_TRUE(ReadReportData(*env.Reader(), plan.sweep, again).ok());
  EXPECT_EQ(ReportPage(again, FigureSections(again)), html);
}

TEST_F(Page, FoldersThatCannotBeAreRefused) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{}});
  env.Register(plan);
  Read(plan);
  const TempFolder folder;
  ASSERT_TRUE(WriteFileDurably(folder.path() / "file", "x").ok());
  const auto on_file = WriteReport(data, folder.path() / "file");
  ASSERT_FALSE(on_file.ok());
  EXPECT_EQ(on_file.error().code, ErrorCode::kUsage);
  EXPECT_FALSE(WriteReport(data, folder.path() / "file" / "beneath").ok());
  const auto written = WriteReport(data, folder.path() / "new" / "report");
  ASSERT_TRUE(written.ok());
  EXPECT_TRUE(fs::exists(folder.path() / "new" / "report" / "index.html"));
}

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

}  // namespace
}  // namespace unmask
