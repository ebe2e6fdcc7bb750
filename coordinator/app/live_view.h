// `run --dashboard`: keeps a LiveSweep current beside the scheduler, and shows it. Everything here
// runs on the coordinator's thread; nothing is built while nobody looks, and nothing is written.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/jobs/sweep.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/scheduler.h"
#include "coordinator/dashboard/live_source.h"
#include "coordinator/dashboard/server.h"
#include "coordinator/live/live_sweep.h"

namespace unmask {

class LiveView {
 public:
  // Listens at once, so that a port that is taken is said before anything is done; serves from
  // Load on. All arguments outlive it. `port` 0: any free one.
  static Result<std::unique_ptr<LiveView>> Open(boost::asio::io_context& io, std::uint16_t port,
                                                const Clock& clock, const Scheduler& scheduler,
                                                const StorePaths& store);

  // The sweep as the store has it, after it was registered.
  Status Load(const SweepPlan& plan);

  std::string url() const { return server_->url(); }

  void OnCommitted(const Record& record);

  void OnWorkerJoined(const WorkerInfo& worker);
  void OnWorkerGone(WorkerId worker, const std::string& reason);

  // Shows how it ended, and waits a moment until every viewer has it.
  void Finish(FinishReason reason);

 private:
  LiveView(const Clock& clock, const Scheduler& scheduler, StorePaths store)
      : clock_(clock), scheduler_(scheduler), store_(std::move(store)) {}
  LiveSnapshot Build() const;
  std::vector<LiveWorker> Workers() const;
  LivePhase Phase() const;

  const Clock& clock_;
  const Scheduler& scheduler_;
  StorePaths store_;
  boost::asio::io_context* io_ = nullptr;
  std::optional<LiveSweep> sweep_;
  std::unordered_map<std::string, std::int64_t> epochs_max_;  // by job key
  std::map<WorkerId, WorkerInfo> known_workers_;
  std::deque<LiveWorker> gone_;  // newest first, a bounded number
  std::optional<FinishReason> finished_;
  std::optional<LiveSource> source_;
  std::unique_ptr<DashboardServer> server_;
};

}  // namespace unmask
