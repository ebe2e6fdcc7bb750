// The dashboard's view of a running sweep: texts that are built when somebody asks, at most once a
// second and at most a hundredth of the time, and shared by all viewers.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "coordinator/dashboard/routes.h"
#include "coordinator/live/live_snapshot.h"
#include "sql/store_paths.h"

namespace unmask {

class LiveSource final : public DashboardSource {
 public:
  using Build = std::function<LiveSnapshot()>;
  using KnowsJob = std::function<bool(const std::string&)>;

  // `clock` measures what a build costs and outlives the source.
  LiveSource(const Clock& clock, StorePaths store, Build build, KnowsJob knows_job)
      : clock_(clock),
        store_(std::move(store)),
        build_(std::move(build)),
        knows_job_(std::move(knows_job)) {}

  SharedText SweepJson() override;
  SharedText Metrics() override;
  std::optional<std::string> LogJson(const std::string& job_key, AttemptNumber attempt) override;

  // What is asked next is built anew: the end must be seen as it is.
  void Expire() { fresh_until_ = Millis{0}; }
  std::int64_t builds() const { return builds_; }

 private:
  void Refresh();

  const Clock& clock_;
  StorePaths store_;
  Build build_;
  KnowsJob knows_job_;
  Millis fresh_until_{0};
  SharedText json_;
  SharedText metrics_;
  std::int64_t builds_ = 0;
};

// The last `max_bytes` of a log, whole lines, control characters escaped: JSON with `text` and
// `truncated`. nullopt where the file cannot be read.
std::optional<std::string> LogTailJson(const fs::path& path, std::size_t max_bytes);

}  // namespace unmask
