// A sweep in the making, as the store has it at one moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/config/settings.h"
#include "sql/rows.h"

namespace unmask {

struct LiveScore {  // right answers among the held-out clips
  Task task = Task::kTer;
  std::int64_t k = 0;
  std::int64_t n = 0;
  bool operator==(const LiveScore&) const = default;
};

struct LiveJobRow {
  std::string job_key;
  std::string held_out;
  JobState state = JobState::kQueued;
  bool features = false;          // a feature job: none to count while it is queued
  std::vector<LiveScore> scores;  // empty until done
};

struct LivePointRow {
  std::string experiment;
  std::string point;  // JSON object
  std::string validation;
  std::int64_t seed = 0;
  std::vector<Task> tasks;
  std::vector<std::size_t> jobs;  // one a fold: indices into LiveRows::jobs
};

struct LiveRows {
  std::vector<LiveJobRow> jobs;      // in the plan's order
  std::vector<LivePointRow> points;  // in the plan's order
  std::vector<SpanRow> running;
  std::vector<SpanRow> failures;  // the newest attempts with an error, newest first
};

}  // namespace unmask
