// Collects what several checks find wrong, so that a user hears of it at once.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/result.h"

namespace unmask {

class AllProblems {
 public:
  // Each problem once, however many checks meet it. The first error's code is that of all.
  template <typename T>
  void Add(const Result<T>& result) {
    if (result.ok()) return;
    if (!error_) {
      error_ = result.error();
      return;
    }
    for (const Problem& problem : result.error().problems) {
      const auto same = [&](const Problem& known) {
        return known.what == problem.what && known.where == problem.where;
      };
      if (std::ranges::none_of(error_->problems, same)) error_->problems.push_back(problem);
    }
  }

  Status status() const { return error_ ? Status(*error_) : Status(); }

 private:
  std::optional<Error> error_;
};

}  // namespace unmask
