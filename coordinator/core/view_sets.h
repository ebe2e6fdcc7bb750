// The view banks of a sweep as the scheduler keeps them. A training job of a set needs view e for
// its epoch e (after the last view the first comes again), so it waits until that view is made;
// views are called for just ahead of the furthest training job, and made in order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/core/ready_queue.h"

namespace unmask {

struct ViewSet {
  std::vector<JobIndex> views;                            // by view number: the jobs that make them
  std::int64_t available = 0;                             // views below it are made
  std::int64_t called = 0;                                // views below it were called for
  std::int64_t reached = 0;                               // how far the furthest job has come
  std::int64_t live = 0;                                  // training jobs that are not settled
  std::map<std::int64_t, std::vector<JobIndex>> waiting;  // training jobs, by the view they need

  auto size() const { return static_cast<std::int64_t>(views.size()); }
};

class ViewSets {
 public:
  ViewSet& Named(const std::string& name) {
    const auto [found, is_new] = by_name_.try_emplace(name, sets_.size());
    if (is_new) sets_.emplace_back();
    return sets_[found->second];
  }
  // nullptr: no name.
  ViewSet* Find(const std::string& name) {
    if (name.empty()) return nullptr;
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &sets_[found->second];
  }
  const std::vector<ViewSet>& all() const { return sets_; }
  std::vector<ViewSet>& all() { return sets_; }

 private:
  std::vector<ViewSet> sets_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace unmask
