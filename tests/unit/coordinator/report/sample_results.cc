#include "tests/unit/coordinator/report/sample_results.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/metrics/metrics.h"

namespace unmask {

SampleResults::SampleResults() {
  results_.sweep = "study-0123abcd";
  results_.tables_json = "{}";
}

SampleResults& SampleResults::At(const std::string& experiment, const std::string& point) {
  experiment_ = experiment;
  point_ = point;
  leaky_ = false;
  return *this;
}

SampleResults& SampleResults::Leaky() {
  leaky_ = true;
  return *this;
}

SampleResults& SampleResults::Done(Task task, std::int64_t k, std::int64_t n, double macro_f1,
                                   std::int64_t seed, std::int64_t folds) {
  Incomplete(task, folds, 0, folds, seed);
  Spread(k, n, folds);
  const Interval interval = WilsonInterval(k, n);
  CellMetrics metrics;
  metrics.k = k;
  metrics.n = n;
  metrics.accuracy = static_cast<double>(k) / static_cast<double>(n);
  metrics.wilson_low = interval.low;
  metrics.wilson_high = interval.high;
  metrics.macro_f1 = macro_f1;
  metrics.weighted_f1 = macro_f1 + 0.01;
  metrics.uar = macro_f1 + 0.02;
  metrics.fold_mean_accuracy = macro_f1 + 0.03;
  results_.cells.back().metrics = metrics;
  return *this;
}

SampleResults& SampleResults::Incomplete(Task task, std::int64_t done, std::int64_t failed,
                                         std::int64_t folds, std::int64_t seed) {
  CellRow cell;
  cell.experiment = experiment_;
  cell.point = point_;
  cell.validation = leaky_ ? "leaky" : "inner-subject";
  cell.leaky = leaky_;
  cell.seed = seed;
  cell.task = task;
  cell.folds_done = done;
  cell.folds_failed = failed;
  cell.folds_total = folds;
  cell.features = "action-units";
  AddFolds(cell);
  results_.cells.push_back(std::move(cell));
  return *this;
}

void SampleResults::AddFolds(CellRow& cell) {
  for (std::int64_t i = 0; i < cell.folds_total; ++i) {
    FoldRow fold;
    fold.experiment = cell.experiment;
    fold.point = cell.point;
    fold.seed = cell.seed;
    fold.task = cell.task;
    fold.held_out = fmt::format("s{}", i);
    fold.job_key = fmt::format("{}/{}/s{}", cell.experiment, cell.seed, i);
    fold.state = i < cell.folds_done                       ? JobState::kDone
                 : i < cell.folds_done + cell.folds_failed ? JobState::kQuarantined
                                                           : JobState::kQueued;
    cell.job_keys.push_back(fold.job_key);
    results_.folds.push_back(std::move(fold));
  }
}

// Over the folds just added, as evenly as it goes. Every label is "a".
void SampleResults::Spread(std::int64_t k, std::int64_t n, std::int64_t folds) {
  for (std::int64_t i = 0; i < folds; ++i) {
    const auto share = [&](std::int64_t total) {
      return total / folds + (i < total % folds ? 1 : 0);
    };
    ConfusionMatrix confusion({"a", "b"});
    confusion.counts = {share(k), share(n) - share(k), 0, 0};
    results_.folds[results_.folds.size() - static_cast<std::size_t>(folds - i)].confusion =
        confusion;
  }
}

SampleResults& SampleResults::Commonest(const std::string& name, std::int64_t clips) {
  results_.cells.back().commonest = CommonestClass{name, clips};
  return *this;
}

SampleResults& SampleResults::Tables(const std::string& json) {
  results_.tables_json = json;
  return *this;
}

std::vector<Table> SampleResults::Build(std::string_view id) const {
  auto tables = BuildTables(results_, id);
  if (!tables) {
    ADD_FAILURE() << FormatError(tables.error());
    return {};
  }
  return std::move(tables).value();
}

SampleResults PaperLikeResults() {
  SampleResults sample;
  sample.At("single-task-ter").Done(Task::kTer, 240, 648, 0.3518).Commonest("di", 157);
  sample.At("single-task-der").Done(Task::kDer, 306, 648, 0.4604).Commonest("ha", 209);
  sample.At("dsid-no-hsic", R"({"loss.beta":1})")
      .Incomplete(Task::kTer, 2, 1, 3)
      .Incomplete(Task::kDer, 2, 1, 3);
  sample.At("dsid", R"({"loss.alpha":0.5,"loss.beta":1})")
      .Done(Task::kTer, 254, 648, 0.37066)
      .Done(Task::kDer, 300, 648, 0.51);
  sample.At("cheat").Leaky();
  for (const std::int64_t seed : {0, 1}) {
    sample.Done(Task::kTer, 324 + 6 * seed, 648, 0.5 + 0.01 * static_cast<double>(seed), seed);
  }
  return sample.Tables(R"json({
    "II": {"title": "Ablation (α = 0.5)", "reference": "Single-task", "published_label": "paper (images)",
      "tasks": ["ter", "der"], "columns": [{"label": ""}], "rows": [
        {"label": "Single-task", "cells": [{
          "ter": {"experiment": "single-task-ter", "point": {}},
          "der": {"experiment": "single-task-der", "point": {}},
          "published": {"ter": {"accuracy": 0.3719, "macro_f1": 0.3518},
                        "der": {"accuracy": 0.4707, "macro_f1": 0.4604}}}]},
        {"label": "DSID w/o HSIC", "cells": [{
          "ter": {"experiment": "dsid-no-hsic", "point": {"loss.beta": 1.0}},
          "der": {"experiment": "dsid-no-hsic", "point": {"loss.beta": 1.0}},
          "published": {"ter": {"accuracy": 0.3781, "macro_f1": 0.3683},
                        "der": {"accuracy": 0.5154, "macro_f1": 0.5118}}}]},
        {"label": "DSID", "cells": [{
          "ter": {"experiment": "dsid", "point": {"loss.beta": 1, "loss.alpha": 0.5}},
          "der": {"experiment": "dsid", "point": {"loss.beta": 1, "loss.alpha": 0.5}},
          "published": {"ter": {"accuracy": 0.3920, "macro_f1": 0.3707},
                        "der": {"accuracy": 0.5170, "macro_f1": 0.5166}}}]},
        {"label": "Not run", "cells": [{
          "ter": {"experiment": "dsid", "point": {"loss.beta": 1, "loss.alpha": 9}},
          "der": null,
          "published": {"ter": {"accuracy": 0.3673}}}]}]},
    "seeds": {"title": "", "published_label": null,
      "tasks": ["ter"], "columns": [{"label": "honest"}, {"label": "leaky"}], "rows": [
        {"label": "here", "cells": [
          {"ter": {"experiment": "single-task-ter", "point": {}}},
          {"ter": {"experiment": "cheat", "point": {}}, "published": null}]}]}})json");
}

std::string OneRowTable(const std::string& label, const std::string& published) {
  const nlohmann::json use{{"experiment", "e"}, {"point", nlohmann::json::object()}};
  const nlohmann::json cell{
      {"ter", use}, {"der", nullptr}, {"published", nlohmann::json::parse(published)}};
  const nlohmann::json row{{"label", label}, {"cells", {cell}}};
  const nlohmann::json table{{"title", label},
                             {"published_label", label},
                             {"tasks", {"ter"}},
                             {"columns", {{{"label", label}}}},
                             {"rows", {row}}};
  return nlohmann::json{{"T", table}}.dump();
}

}  // namespace unmask
