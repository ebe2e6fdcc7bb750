// A snapshot from the store alone, beside whoever runs the sweep.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "coordinator/live/live_snapshot.h"
#include "sql/store_reader.h"

namespace unmask {

// `wall_time` is now, ISO 8601 UTC: what runs is shown with its age.
Result<LiveSnapshot> ReadSnapshot(StoreReader& store, const StorePaths& paths,
                                  const std::string& sweep, const std::string& wall_time);

// 0 where a time is not ISO 8601, or `to` is before `from`.
double SecondsBetween(std::string_view from, std::string_view to);

}  // namespace unmask
