// Collects what several checks find wrong, so that a user hears of it at once.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace unmask {

class AllProblems {
 public:
  // Each problem once, however many checks meet it. The code of the first is that of all.
  void Add(ErrorCode code, Problem problem) {
    if (problems_.empty()) code_ = code;
    if (said_.insert({problem.what, problem.where}).second) problems_.push_back(std::move(problem));
  }
  template <typename T>
  void Add(const Result<T>& result) {
    if (result.ok()) return;
    for (const Problem& problem : result.error().problems) Add(result.error().code, problem);
  }

  Status status() const { return problems_.empty() ? Status() : Error(code_, problems_); }

 private:
  ErrorCode code_ = ErrorCode::kInternal;
  std::vector<Problem> problems_;
  std::set<std::pair<std::string, std::string>> said_;  // what and where
};

}  // namespace unmask
