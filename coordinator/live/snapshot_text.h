// A snapshot for programs: JSON for the page and scripts, and Prometheus' text format
// (docs/formats.md, "Dashboard").
#pragma once

#include <string>

#include "coordinator/live/live_snapshot.h"

namespace unmask {

// On one line. Bytes that are not UTF-8 become U+FFFD.
std::string SnapshotJson(const LiveSnapshot& snapshot);

// Exposition format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
std::string SnapshotMetrics(const LiveSnapshot& snapshot);

}  // namespace unmask
