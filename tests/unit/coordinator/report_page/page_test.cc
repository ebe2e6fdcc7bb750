// Pages of small stores: every kind of sweep gets one, and no name gets out of its place.
#include "coordinator/report_page/page.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>

#include "coordinator/report_page/write_report.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

constexpr const char* kHostile = "<script>alert('x')</script>\"&\u202Eevil =1+1";

std::size_t CountOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// An experiment over who chooses the epoch.
SweepPlan ValidationGrid(const std::string& name) {
  SweepPlan plan = MakeTestPlan("study-00000001",
                                {{.name = name}, {.name = name, .validation = Validation::kLeaky}});
  for (JobUse& use : plan.uses) use.point = "{\"train.validation\":\"" + use.validation + "\"}";
  return plan;
}

// Of clips that show another emotion than is felt.
JobResult MaskedResult(const JobSpec& spec) {
  JobResult result = TestResult(spec);
  result.predictions.at(1).labels = {1, 0};
  return result;
}

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

  std::string FileOf(const std::string& id) const {
    const Figure* const figure = Find(id);
    EXPECT_NE(figure, nullptr) << id;
    return figure == nullptr ? "" : FigureFile(*figure);
  }
  std::string NotesOf(const std::string& id) const {
    std::string notes;
    const Figure* const figure = Find(id);
    EXPECT_NE(figure, nullptr) << id;
    if (figure == nullptr) return notes;
    for (const std::string& note : figure->notes) notes += note + "\n";
    return notes;
  }

  void FinishWith(const PlannedJob& job, const JobResult& result) {
    const LeaseId lease = env.LeaseOf(job.key);
    env.Lease(lease);
    env.Apply(RecordStarted{lease, 0});
    env.Apply(RecordResult{lease, result});
    env.Commit();
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

TEST(Figure, SaysWhatItsColoursMeanInAFileToo) {
  Figure figure;
  figure.legend = {{"ter", "felt & right"}};
  for (const std::string& text : {FigureFile(figure), FigureHtml(figure)}) {
    EXPECT_NE(text.find(R"(class="ter")"), std::string::npos) << text;
    EXPECT_NE(text.find("felt &amp; right<"), std::string::npos) << text;
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
                             .outcome = AttemptOutcome::kFailed,
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

TEST_F(Page, CountsOfFoldsDoNotTouch) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0, 0.5, 0.92, 1}}});
  env.Register(plan);
  Read(plan);
  const std::string grid = FileOf("accuracy-dsid-loss.alpha");
  std::map<double, std::vector<double>> rows;  // x by y
  const std::regex count("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\"[^>]*>0/3<");
  for (std::sregex_iterator at(grid.begin(), grid.end(), count), end; at != end; ++at) {
    rows[std::stod((*at)[2])].push_back(std::stod((*at)[1]));
  }
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.begin()->second.size(), 2U);  // 1 of each task
  EXPECT_EQ(rows.rbegin()->second.size(), 6U);
  EXPECT_GT(rows.rbegin()->first - rows.begin()->first, kFontSize);
}

TEST_F(Page, BarsStayWithinTheirPanel) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}, .seeds = {0, 1, 2}}});
  env.Register(plan);
  for (const PlannedJob& job : plan.jobs) {
    JobResult result = TestResult(job.spec);
    const bool right = job.spec.seed < (job.spec.settings.loss.alpha == 1 ? 2 : 1);
    for (TaskPredictions& task : result.predictions) {
      task.predicted = task.labels;
      if (!right) task.predicted = {1 - task.labels[0], 1 - task.labels[1]};
    }
    FinishWith(job, result);
  }
  Read(plan);
  const std::string grid = FileOf("accuracy-dsid-loss.alpha");
  const std::regex bar("y1=\"([0-9.-]+)\"[^>]*y2=\"([0-9.-]+)\" class=\"(ter|der)-line whisker");
  std::size_t bars = 0;
  for (std::sregex_iterator at(grid.begin(), grid.end(), bar), end; at != end; ++at, ++bars) {
    EXPECT_LE(std::stod((*at)[1]), 206);
    EXPECT_GE(std::stod((*at)[2]), 34);
  }
  EXPECT_EQ(bars, 4U);
  EXPECT_NE(Find("accuracy-dsid-loss.alpha")->csv.find(",-0.2440"), std::string::npos);
}

TEST_F(Page, ALineIsNamedWhereItEnds) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0, 0.5, 1}}});
  env.Register(plan);
  for (const PlannedJob& job : plan.jobs) {
    if (job.spec.settings.loss.alpha < 1) env.Finish(job);
  }
  Read(plan);
  const std::string unfinished = FileOf("accuracy-dsid-loss.alpha");
  const std::regex end("<circle cx=\"159\"[^\n]*\n<text x=\"167\"[^>]*>this run<");
  EXPECT_TRUE(std::regex_search(unfinished, end)) << unfinished;
  for (const PlannedJob& job : plan.jobs) {
    if (job.spec.settings.loss.alpha == 1) env.Finish(job);
  }
  Read(plan);
  EXPECT_EQ(CountOf(FileOf("accuracy-dsid-loss.alpha"), "<text x=\"280\""), 2U);
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

TEST_F(Page, AGridMarksTheLeakyPointAlone) {
  const SweepPlan plan = ValidationGrid("dsid");
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  const std::string grid = FileOf("accuracy-dsid-train.validation");
  EXPECT_EQ(CountOf(grid, ">LEAKY</text>"), 2U);  // of each task
  EXPECT_EQ(CountOf(grid, ">this run</text>"), 2U);
}

// A stored table that has TER accuracies of dsid as published, by alpha.
std::string TableOf(const std::string& id, const std::string& label,
                    const std::map<double, double>& accuracies) {
  std::vector<std::string> rows;
  for (const auto& [alpha, accuracy] : accuracies) {
    rows.push_back(fmt::format(
        R"({{"label": "", "cells": [{{"ter": {{"experiment": "dsid", "point": {{"loss.alpha": {}}}}},
            "published": {{"ter": {{"accuracy": {}}}}}}}]}})",
        alpha, accuracy));
  }
  return fmt::format(
      R"("{}": {{"published_label": "{}", "tasks": ["ter"], "columns": [{{}}], "rows": [{}]}})", id,
      label, fmt::join(rows, ","));
}

TEST_F(Page, PublishedValuesStandUnderTheirOwnTablesName) {
  SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}}});
  plan.tables_json = "{" + TableOf("I", "paper A", {{0.5, 0.3}}) + "," +
                     TableOf("II", "paper B", {{0.5, 0.9}, {1, 0.8}}) + "," +
                     TableOf("III", "paper A", {{0.5, 0.3}}) + "}";
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  const std::string grid = FileOf("accuracy-dsid-loss.alpha");
  EXPECT_EQ(CountOf(grid, "<title>paper A</title>"), 1U);
  EXPECT_EQ(CountOf(grid, "<title>paper B</title>"), 2U);
  EXPECT_EQ(CountOf(grid, ">paper A</text>"), 1U);
  EXPECT_EQ(CountOf(grid, ">paper B</text>"), 1U);
  EXPECT_NE(NotesOf("accuracy-dsid-loss.alpha").find("paper A, paper B, as published"),
            std::string::npos);
  const std::string& csv = Find("accuracy-dsid-loss.alpha")->csv;
  EXPECT_NE(csv.find(",published,published_label\r\n"), std::string::npos) << csv;
  EXPECT_EQ(CountOf(csv, ",0.3,paper A\r\n"), 1U) << csv;
  EXPECT_EQ(CountOf(csv, ",0.9,paper B\r\n"), 1U) << csv;
  EXPECT_EQ(CountOf(csv, ",0.8,paper B\r\n"), 1U) << csv;
  EXPECT_EQ(CountOf(csv, "\r\n"), 1U + 3U + 2U) << csv;  // TER: 0.5 has a line for each; DER
}

TEST_F(Page, LongNamesLeaveRoomForPointsAndMarks) {
  const SweepPlan plan = ValidationGrid("an-experiment-with-a-rather-long-name-that-fills-it-all");
  env.Register(plan);
  for (const PlannedJob& job : plan.jobs) FinishWith(job, MaskedResult(job.spec));
  Read(plan);
  for (const char* id : {"subjects-ter", "subjects-der", "mask"}) {
    EXPECT_NE(FileOf(id).find(" validation leaky LEAKY<title>"), std::string::npos) << id;
    EXPECT_NE(FileOf(id).find(" validation inner-subject<title>"), std::string::npos) << id;
  }
  for (const char* what : {"TER accuracy: ", "TER loss: ", "DER accuracy: ", "DER loss: "}) {
    EXPECT_EQ(CountOf(FileOf("training"), std::string("<title>") + what), 1U) << what;
  }
  EXPECT_NE(FileOf("differences").find(" validation leaky LEAKY<title>"), std::string::npos);
}

TEST_F(Page, LinesOfStreamsAreNamed) {
  const SweepPlan plan =
      MakeTestPlan("study-00000001",
                   {{.name = "dsid", .alphas = {0, 0.5, 1}},
                    {.name = "peeks", .alphas = {0, 0.5, 1}, .validation = Validation::kLeaky}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  const std::string streams = FileOf("streams");
  EXPECT_EQ(CountOf(streams, ">dsid hsic paper</text>"), 2U);
  EXPECT_EQ(CountOf(streams, ">peeks hsic paper LEAKY</text>"), 2U);
  EXPECT_EQ(streams.find("class=\"c2"), std::string::npos);  // alpha 0 is part of the lines
}

TEST_F(Page, StreamsThatAreNotDrawnAreCounted) {
  std::vector<TestExperiment> experiments;
  for (int i = 1; i <= 8; ++i) {
    experiments.push_back({.name = "e" + std::to_string(i), .alphas = {0.1 * i, 0.1 * i + 0.05}});
  }
  const SweepPlan plan = MakeTestPlan("study-00000001", experiments);
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_NE(NotesOf("streams").find("6 of 8 lines"), std::string::npos);
}

TEST_F(Page, FiguresOfUnfinishedCellsShowTheirFoldsOnly) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.alphas = {0.5, 1}}});
  env.Register(plan);
  for (std::size_t i = 0; i + 1 < plan.jobs.size(); ++i) {
    FinishWith(plan.jobs[i], MaskedResult(plan.jobs[i].spec));
  }
  Read(plan);
  EXPECT_NE(FileOf("mask").find(">dsid alpha 1, 2/3 folds</text>"), std::string::npos);
  EXPECT_EQ(CountOf(FileOf("mask"), "class=\"hole\""), 1U);
  EXPECT_EQ(CountOf(FileOf("mask"), "class=\"ter\""), 2U);  // the legend, the finished one
  EXPECT_NE(Find("mask")->csv.find(",2/3,4,2,2,0,,,,,\r\n"), std::string::npos)
      << Find("mask")->csv;
  EXPECT_EQ(CountOf(FileOf("streams"), "; folds missing at 1 of 2 points"), 2U);
  EXPECT_NE(Find("streams")->csv.find(",paper,1,2/3,,,,,,\r\n"), std::string::npos)
      << Find("streams")->csv;
}

TEST_F(Page, SubjectsWithoutAFoldAreBlank) {
  SweepPlan plan = MakeTestPlan("study-00000001", {{.name = "a"}, {.name = "b", .alphas = {1}}});
  std::erase_if(plan.uses, [](const JobUse& use) {  // as of other clips
    return use.experiment == "b" && use.held_out == "03";
  });
  std::erase_if(plan.jobs, [](const PlannedJob& job) {
    return job.spec.settings.loss.alpha == 1 && job.spec.held_out == "03";
  });
  env.Register(plan);
  for (std::size_t i = 0; i + 1 < plan.jobs.size(); ++i) env.Finish(plan.jobs[i]);
  Read(plan);
  EXPECT_EQ(CountOf(FileOf("subjects-ter"), "class=\"heat\""), 4U);
  EXPECT_EQ(CountOf(FileOf("subjects-ter"), "class=\"hole\""), 1U);  // of "b" and 02
}

TEST_F(Page, LabelColumnsDoNotCoverOneAnother) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{}});
  env.Register(plan);
  Read(plan);
  EXPECT_FALSE(Has("tbody th[scope=row],"));
  EXPECT_TRUE(Has("tbody th[scope=row]:first-child,"));
}

TEST_F(Page, TrainingSaysHowManyLinesAreDrawn) {
  std::vector<std::int64_t> seeds(11);
  for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = static_cast<std::int64_t>(i);
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.seeds = seeds}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_EQ(CountOf(FileOf("training"), ">17 of 33 lines</text>"), 4U);
}

TEST_F(Page, TrainingWithoutValidationSaysSo) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.validation = Validation::kNone}});
  env.Register(plan);
  for (const PlannedJob& job : plan.jobs) {
    JobResult result = TestResult(job.spec);
    std::erase_if(result.curves,
                  [](const CurvePoint& point) { return point.split == CurveSplit::kValidation; });
    FinishWith(job, result);
  }
  Read(plan);
  EXPECT_EQ(FileOf("training").find("chosen epoch"), std::string::npos);
  EXPECT_EQ(CountOf(FileOf("training"), "no validation: the last weights"), 4U);
}

TEST_F(Page, EpochsOfTheCsvAreThoseOfTheFigure) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_NE(Find("training")->csv.find(",train,1,1.5,"), std::string::npos);
  EXPECT_NE(Find("training")->csv.find(",validation,3,1.5,0.125,1"), std::string::npos);
}

TEST_F(Page, TimelineCountsWhatBegan) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{}});
  env.Register(plan);
  const LeaseId ahead = env.LeaseOf(plan.jobs[0].key);
  env.Lease(ahead);
  env.Apply(RecordAttemptEnd{.lease = ahead,
                             .outcome = AttemptOutcome::kYielded,
                             .error_class = "",
                             .message = "",
                             .job_state = JobState::kQueued});
  env.Commit();
  env.Finish(plan.jobs[0], 2);
  Read(plan);
  EXPECT_NE(
      NotesOf("timeline").find("2 attempts, 1 done, 1 yielded before it began; 0 of them retries"),
      std::string::npos)
      << NotesOf("timeline");
  const std::string& csv = Find("timeline")->csv;
  EXPECT_NE(csv.find(",drawn_from_seconds,drawn_to_seconds,worker_busy\r\n"), std::string::npos);
  EXPECT_NE(csv.find(",yielded,,,,"), std::string::npos) << csv;
}

TEST_F(Page, DifferencesHaveOneScale) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.name = "a", .alphas = {0.1}},
                                                         {.name = "b", .alphas = {0.2}},
                                                         {.name = "c", .alphas = {0.3}}});
  env.Register(plan);
  for (const PlannedJob& job : plan.jobs) {
    JobResult result = TestResult(job.spec);
    if (job.spec.settings.loss.alpha == 0.2) {
      for (TaskPredictions& task : result.predictions) task.predicted = {0, 1};
    }
    FinishWith(job, result);
  }
  Read(plan);
  EXPECT_EQ(Find("differences")->panels.size(), 4U);
  EXPECT_EQ(CountOf(FileOf("differences"), ">-50</text>"), 4U + 6U);  // ticks, and rows of two
}

TEST_F(Page, EqualDifferencesAreEqual) {
  const SweepPlan plan =
      MakeTestPlan("study-00000001", {{.name = "a", .alphas = {0.1}}, {.name = "b"}});
  env.Register(plan);
  std::map<double, std::size_t> right = {{0.1, 6}, {0.5, 5}};  // 7/10 - 6/10 is not 0.1
  for (const PlannedJob& job : plan.jobs) {
    JobResult result = TestResult(job.spec);
    const std::size_t count = ++right[job.spec.settings.loss.alpha];
    for (TaskPredictions& task : result.predictions) {
      task.samples.clear();
      for (int clip = 0; clip < 10; ++clip) task.samples.push_back(std::to_string(clip));
      task.labels.assign(10, 0);
      task.predicted.assign(10, 1);
      std::fill_n(task.predicted.begin(), count, 0);
      task.logits.assign(10 * task.classes.size(), 0);
    }
    FinishWith(job, result);
  }
  Read(plan);
  const std::string& csv = Find("differences")->csv;
  EXPECT_EQ(CountOf(csv, ",0.1\r\n") + CountOf(csv, ",-0.1\r\n"), 6U) << csv;
}

TEST_F(Page, TheSameJobsAreNotTested) {
  const SweepPlan plan = MakeTestPlan("study-00000001", {{.name = "a"}, {.name = "b"}});
  env.Register(plan);
  env.FinishAll(plan);
  Read(plan);
  EXPECT_EQ(FileOf("differences").find("Wilcoxon"), std::string::npos);
  EXPECT_EQ(CountOf(FileOf("differences"), ">the same jobs: both are one result"), 2U);
}

TEST_F(Page, EveryPanelHasANameOfItsOwn) {
  const SweepPlan plan = MakeTestPlan(
      "study-00000001", {{.name = "a", .alphas = {0.1, 0.2}}, {.name = "b", .alphas = {0.3, 0.4}}});
  env.Register(plan);
  for (const PlannedJob& job : plan.jobs) FinishWith(job, MaskedResult(job.spec));
  Read(plan);
  std::map<std::string, int> labels;
  const std::regex label("role=\"img\" aria-label=\"([^\"]*)\"");
  for (std::sregex_iterator at(html.begin(), html.end(), label), end; at != end; ++at) {
    EXPECT_EQ(++labels[(*at)[1]], 1) << (*at)[1];
  }
  EXPECT_GT(labels.size(), 10U);
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
  EXPECT_NE(differences.find(">so far, 3/3 against 2/3 folds</text>"), std::string::npos);
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
  EXPECT_EQ(on_file.error().code, ErrorCode::kData);
  EXPECT_FALSE(WriteReport(data, folder.path() / "file" / "beneath").ok());
  const auto written = WriteReport(data, folder.path() / "new" / "report");
  ASSERT_TRUE(written.ok());
  EXPECT_TRUE(fs::exists(folder.path() / "new" / "report" / "index.html"));
}

}  // namespace
}  // namespace unmask
