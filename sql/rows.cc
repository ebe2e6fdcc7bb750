#include "sql/rows.h"

#include <algorithm>
#include <array>

namespace unmask {
namespace {

constexpr std::array<std::string_view, 5> kJobStates = {"queued", "running", "done", "failed",
                                                        "quarantined"};

}  // namespace

std::string_view Name(JobState state) { return kJobStates[static_cast<std::size_t>(state)]; }

std::optional<JobState> JobStateFromName(std::string_view name) {
  const auto found = std::ranges::find(kJobStates, name);
  if (found == kJobStates.end()) return std::nullopt;
  return static_cast<JobState>(found - kJobStates.begin());
}

}  // namespace unmask
