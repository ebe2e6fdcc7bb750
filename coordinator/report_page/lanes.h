// Attempts laid out in time: which worker did what, in which of its slots. The timeline draws them,
// the trace export writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql/rows.h"

namespace unmask {

struct LaneSpan {
  const SpanRow* row = nullptr;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;  // of what still runs: the last moment that the run knows of
  std::size_t slot = 0;     // spans of one slot do not overlap
  std::optional<std::int64_t> work_ms = std::nullopt;  // where it is known
};

// Whether work began: an attempt that was leased ahead of a slot may be given back, or lost,
// before.
bool HasStarted(const AttemptRow& attempt);

// One worker of one run of a coordinator.
struct WorkerLane {
  std::int64_t epoch = 0;
  std::int64_t worker = 0;
  std::string host;
  std::size_t slots = 1;        // as it said, or more where more ran at a time
  std::vector<LaneSpan> spans;  // by start
  std::int64_t busy_ms = 0;     // of all slots
  std::int64_t present_ms = 0;  // from its first lease to the end of the run
};

struct RunSpan {
  std::int64_t epoch = 0;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
};

struct Lanes {
  std::vector<RunSpan> runs;        // by epoch
  std::vector<WorkerLane> workers;  // by epoch, worker and host
};

// `spans` by start, as the store gives them; must outlive the result. `jobs` say how long work
// took: an attempt starts with its lease, and waits where it was leased ahead of a slot.
Lanes LayOutLanes(const std::vector<SpanRow>& spans, const std::vector<JobRow>& jobs);

}  // namespace unmask
