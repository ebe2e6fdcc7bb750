#include "sql/rows.h"

#include <algorithm>
#include <array>

namespace unmask {
namespace {

constexpr std::array<std::string_view, 5> kJobStates = {"queued", "running", "done", "failed",
                                                        "quarantined"};
constexpr std::array<std::string_view, 4> kOutcomes = {"done", "failed", "lost", "yielded"};

}  // namespace

std::string_view Name(JobState state) { return kJobStates[static_cast<std::size_t>(state)]; }

std::optional<JobState> JobStateFromName(std::string_view name) {
  const auto found = std::ranges::find(kJobStates, name);
  if (found == kJobStates.end()) return std::nullopt;
  return static_cast<JobState>(found - kJobStates.begin());
}

std::string_view Name(AttemptOutcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

std::optional<AttemptOutcome> AttemptOutcomeFromName(std::string_view name) {
  const auto found = std::ranges::find(kOutcomes, name);
  if (found == kOutcomes.end()) return std::nullopt;
  return static_cast<AttemptOutcome>(found - kOutcomes.begin());
}

std::string_view OutcomeName(const AttemptRow& attempt) {
  return attempt.outcome ? Name(*attempt.outcome) : "running";
}

}  // namespace unmask
