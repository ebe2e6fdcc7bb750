#include "coordinator/live/read_snapshot.h"

#include <algorithm>
#include <cstdint>

#include "common/base/time_text.h"
#include "coordinator/live/live_sweep.h"
#include "sql/store_lock.h"

namespace unmask {
namespace {

constexpr std::int64_t kFailuresShown = 10;

std::vector<LiveWorker> WorkersOf(const std::vector<SpanRow>& running,
                                  const std::string& wall_time) {
  std::vector<LiveWorker> workers;
  for (const SpanRow& row : running) {
    auto worker = std::ranges::find_if(workers, [&](const LiveWorker& known) {
      return known.id == row.attempt.worker && known.host == row.attempt.host;
    });
    if (worker == workers.end()) {
      worker = workers.emplace(workers.end());
      worker->id = row.attempt.worker;
      worker->host = row.attempt.host;
      worker->device = row.attempt.device;
    }
    LiveJob job;
    job.job_key = row.job_key;
    job.attempt = row.attempt.attempt;
    job.seconds = SecondsBetween(row.attempt.started_at, wall_time);
    job.started = row.attempt.first_epoch.has_value();
    worker->jobs.push_back(std::move(job));
  }
  return workers;
}

}  // namespace

double SecondsBetween(std::string_view from, std::string_view to) {
  const auto begin = ParseWallTime(from);
  const auto end = ParseWallTime(to);
  return begin && end ? 1e-3 * static_cast<double>(std::max<std::int64_t>(0, *end - *begin)) : 0;
}

Result<LiveSnapshot> ReadSnapshot(StoreReader& store, const StorePaths& paths,
                                  const std::string& sweep, const std::string& wall_time) {
  SweepProgress progress;
  LiveRows rows;
  UNMASK_TRY(store.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(progress, store.Progress(sweep));
    UNMASK_ASSIGN(rows, store.Live(sweep, kFailuresShown));
    return {};
  }));
  const bool attended = progress.attended && StoreLock::Holder(paths.lock()).has_value();
  const LiveSweep view(sweep, rows);
  LiveSnapshot snapshot = view.Snapshot(WorkersOf(rows.running, wall_time), wall_time, Millis{0});
  snapshot.jobs_per_second = progress.jobs_per_second;
  snapshot.eta_seconds = SecondsLeft(snapshot.jobs.left(), progress.jobs_per_second);
  if (snapshot.jobs.left() > 0 && !attended) {  // nobody works, whoever was at it last
    snapshot.phase = LivePhase::kUnattended;
    snapshot.left_by = StoreLock::LeftBy(paths.lock());
    snapshot.eta_seconds.reset();
    snapshot.workers.clear();
  }
  return snapshot;
}

}  // namespace unmask
