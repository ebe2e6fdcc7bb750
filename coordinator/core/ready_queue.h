// Jobs that may be leased now, in lanes by who may take them. A lane is sorted; there are few
// lanes, so that the next job for a worker is found without looking at the jobs.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "common/base/ids.h"

namespace unmask {

using JobIndex = std::uint32_t;  // position in the JobTable, which is plan order
using ClassId = std::int32_t;    // an interned numerics class

inline constexpr ClassId kAnyClass = 0;
inline constexpr WorkerId kNoWorker{-1};

// What comes first: features, then jobs that go on from a checkpoint, then the plan. A job that
// crashed goes behind, so that a broken worker meets other jobs (and is drained) before it takes
// the same one again. A gang needs several workers at once, and one that must run alone a whole
// worker: they go last, when slots fall idle anyway, so that no slot is kept free for them.
enum class ReadyRank : std::uint8_t {
  kFeatures,
  kResumed,
  kFresh,
  kCrashed,
  kGang,
  kCrashedGang,
  kAlone
};

struct ReadyOrder {
  ReadyRank rank = ReadyRank::kFresh;
  JobIndex job = 0;
  auto operator<=>(const ReadyOrder&) const = default;
};

struct Lane {
  ClassId numerics_class = kAnyClass;  // its cell's pin
  bool alone = false;                  // only for a worker with nothing else to do
  WorkerId avoid = kNoWorker;          // crashed there: not again, if another can take it
  std::int32_t gang = 1;               // so many workers of one class, each with a free slot
  auto operator<=>(const Lane&) const = default;
};

class ReadyQueue {
 public:
  using Lanes = std::map<Lane, std::set<ReadyOrder>>;

  void Add(const Lane& lane, ReadyOrder order) { lanes_[lane].insert(order); }

  void Remove(const Lane& lane, ReadyOrder order) {
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) return;
    found->second.erase(order);
    if (found->second.empty()) lanes_.erase(found);
  }

  // The first job of the lanes for which `may_take(lane)` holds.
  template <typename Predicate>
  std::optional<ReadyOrder> First(const Predicate& may_take) const {
    std::optional<ReadyOrder> first;
    for (const auto& [lane, orders] : lanes_) {
      if (first && *first < *orders.begin()) continue;
      if (may_take(lane)) first = *orders.begin();
    }
    return first;
  }

  bool empty() const { return lanes_.empty(); }
  const Lanes& lanes() const { return lanes_; }

 private:
  Lanes lanes_;  // never an empty lane
};

}  // namespace unmask
