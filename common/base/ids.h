// Identifiers that cannot be mixed up.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace unmask {

template <typename Tag, typename Rep = std::int64_t>
struct StrongId {
  Rep value{};
  auto operator<=>(const StrongId&) const = default;
};

using WorkerId = StrongId<struct WorkerTag, std::int32_t>;  // the agent's MPI rank
using AttemptNumber =
    StrongId<struct AttemptTag, std::int32_t>;  // 1, 2, ... within a job, for ever rising
using CoordinatorEpoch = StrongId<struct CoordinatorEpochTag>;  // rises with every `run` on a store

}  // namespace unmask

template <typename Tag, typename Rep>
struct std::hash<unmask::StrongId<Tag, Rep>> {
  std::size_t operator()(unmask::StrongId<Tag, Rep> id) const noexcept {
    return std::hash<Rep>()(id.value);
  }
};
