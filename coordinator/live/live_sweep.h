// A sweep as its records make it: loaded once from the store, then kept current record by record,
// so that a view of a large sweep costs the coordinator nothing while nobody looks.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/protocol/records.h"
#include "coordinator/live/live_snapshot.h"

namespace unmask {

// Jobs per second over the last finished ones, so that it follows workers that come and go.
// `running`: how many jobs are under way, of which all may end together.
class RateMeter {
 public:
  void OnLease(Millis now);
  void OnDone(Millis now, std::int64_t running);
  std::optional<double> PerSecond(Millis now, std::int64_t running) const;  // nullopt: too few yet

 private:
  std::deque<Millis> times_;  // since when, then an end each
};

// One thread.
class LiveSweep {
 public:
  static constexpr std::size_t kFailuresKept = 50;

  LiveSweep(std::string sweep, const LiveRows& rows);

  // A record that is committed. Of jobs that are not the sweep's: nothing.
  void Apply(const Record& record, const std::string& wall_time, Millis now);

  bool Knows(const std::string& job_key) const { return jobs_by_key_.contains(job_key); }

  // `workers`: who is there, with job keys and attempts; names and folds are filled in.
  LiveSnapshot Snapshot(std::vector<LiveWorker> workers, const std::string& wall_time,
                        Millis now) const;

 private:
  struct Use {
    std::size_t point = 0;
    std::size_t fold = 0;  // column
  };
  struct Job {
    std::string held_out;
    JobState state = JobState::kQueued;
    bool features = false;
    std::int64_t worker = 0;  // of the newest lease
    std::vector<Use> uses;
  };

  struct Applier;  // one record

  void AddPoint(const LivePointRow& row, const LiveRows& rows, bool several_seeds);
  void Count(const Job& job, std::int64_t by);
  void SetState(Job& job, JobState state);
  void AddScores(const Job& job, const std::vector<LiveScore>& scores);
  void Remember(LiveFailure failure);
  Job* Find(const std::string& job_key);  // nullptr: not of the sweep
  template <typename Named>
  void FillNames(Named& named) const;

  std::string sweep_;
  std::vector<std::string> subjects_;
  std::vector<LivePoint> points_;
  std::vector<Job> jobs_;
  std::unordered_map<std::string, std::size_t> jobs_by_key_;
  StateCounts counts_;
  std::deque<LiveFailure> failures_;  // newest first
  std::map<std::string, std::int64_t> failed_attempts_;
  RateMeter rate_;
};

}  // namespace unmask
