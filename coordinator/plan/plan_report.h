// What a plan costs, and what the store spares it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "coordinator/plan/plan.h"
#include "coordinator/plan/store_history.h"

namespace unmask {

struct PlanReport {
  struct Count {
    std::int64_t jobs = 0;  // distinct
    std::int64_t done = 0;  // of them, in the store already
    // To do at most: views are made as trainings come to them, and none where nothing trains.
    std::int64_t remaining = 0;
  };
  std::map<std::string, Count> kinds;  // by JobKind's name
  std::int64_t folds = 0;              // asked for: experiments x points x seeds x subjects
  std::int64_t shared = 0;             // folds that another fold's job answers
  std::int64_t jobs = 0;               // distinct
  std::int64_t done = 0;
  std::int64_t dead = 0;                    // failed before: they wait for `unmask retry`
  std::int64_t remaining = 0;               // of all kinds
  std::int64_t remaining_bytes = 0;         // blobs of what remains and, about, rows and logs
  std::int64_t checkpoint_bytes = 0;        // of one running job at most: two generations
  std::int64_t unlike = 0;                  // of what remains, unlike any that was measured
  double least_seconds = 0;                 // on one slot, without those
  std::optional<double> remaining_seconds;  // on one slot; nullopt: some are unlike
};

// How many features a backbone gives, by its config.json and the job's settings.
using WidthOfModel = std::function<std::int64_t(const std::string&, const Settings&)>;

PlanReport ReportPlan(const PlanOutput& output, const StoreHistory& history,
                      const WidthOfModel& width_of = {});

// With the resolved configuration.
nlohmann::json PlanReportJson(const PlanOutput& output, const PlanReport& report);

}  // namespace unmask
