// What a dashboard shows, without a sweep.
#pragma once

#include <optional>
#include <string>

#include "coordinator/dashboard/routes.h"

namespace unmask {

class FakeSource final : public DashboardSource {
 public:
  SharedText SweepJson() override {
    ++asked;
    return sweep;
  }
  SharedText Metrics() override { return std::make_shared<const std::string>("unmask_jobs 1\n"); }
  std::optional<std::string> LogJson(const std::string& job_key, AttemptNumber attempt) override {
    if (job_key != "known" || attempt.value != 2) return std::nullopt;
    return R"({"text":"a log"})";
  }
  void Show(const std::string& json) { sweep = std::make_shared<const std::string>(json); }

  SharedText sweep = std::make_shared<const std::string>(R"({"sweep":"s-1"})");
  int asked = 0;
};

}  // namespace unmask
