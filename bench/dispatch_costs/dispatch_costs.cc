// What dispatching and recording a job costs rank 0, stage by stage, without MPI: the real planner,
// store, scheduler, outbox and codec; a worker that answers every lease at once with a result.
//
// usage: dispatch_costs FOLDER JOBS     (FOLDER must not be there; it is left for a look)
// Prints microseconds of CPU time a job, and of the recording also of wall time.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <fstream>
#include <thread>
#include <unordered_map>

#include "bench/noop_trainer/noop_result.h"
#include "common/protocol/codec.h"
#include "coordinator/app/scheduler_jobs.h"
#include "coordinator/app/store_sink.h"
#include "coordinator/core/outbox.h"
#include "coordinator/core/scheduler.h"
#include "coordinator/plan/plan.h"
#include "sql/results_store.h"

namespace unmask {
namespace {

constexpr int kSubjects = 4;
constexpr int kWorkers = 2;
constexpr int kSlots = 64;

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class Stage {
 public:
  Stage(std::string name, std::int64_t jobs)
      : name_(std::move(name)), jobs_(jobs), cpu_(CpuSeconds()), wall_(RealClock().Now()) {}
  ~Stage() {
    const double cpu = CpuSeconds() - cpu_;
    const double wall = 1e-3 * static_cast<double>((RealClock().Now() - wall_).count());
    fmt::print("{:<28} {:8.2f} us CPU, {:8.2f} us wall a job\n", name_,
               1e6 * cpu / static_cast<double>(jobs_), 1e6 * wall / static_cast<double>(jobs_));
  }

 private:
  std::string name_;
  std::int64_t jobs_;
  double cpu_;
  Millis wall_;
};

// All agents at once: what they are sent is answered when it is asked for. Their time is counted
// apart.
class EagerWorkers final : public MessageSink {
 public:
  void Send(WorkerId to, const Message& message) override {
    const std::string bytes = Encode(message);
    const double begin = CpuSeconds();
    Answer(to, Decode(bytes).value());
    seconds += CpuSeconds() - begin;
  }
  void Answer(WorkerId to, const Message& lease) {
    if (const auto* taken = std::get_if<Lease>(&lease)) {
      answers.emplace_back(to, Encode(AttemptStarted{taken->id, 0, ""}));
      answers.emplace_back(to, Encode(ResultReady{taken->id, NoopResult(*taken)}));
    }
  }
  void Drop(WorkerId, const std::string&) override {}
  void Note(const std::string&) override {}
  std::deque<std::pair<WorkerId, std::string>> answers;
  double seconds = 0;  // of CPU
};

void Check(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "{}\n", FormatError(status.error()));
  std::exit(1);
}

template <typename T>
T Take(Result<T> result) {
  if (!result.ok()) Check(result.error());
  return std::move(result).value();
}

PlanOutput Plan(const fs::path& folder, std::int64_t jobs) {
  std::string seeds;
  for (std::int64_t seed = 0; seed < jobs / kSubjects; ++seed) seeds += fmt::format("{},", seed);
  seeds.pop_back();
  const fs::path file = folder / "study.yaml";
  std::ofstream(file) << fmt::format("name: noop\ndataset: {{synth: {}}}\nseeds: [{}]\n", kSubjects,
                                     seeds);
  const Study study = Take(LoadStudy(file.string(), {}));
  const Stage stage("plan", jobs);
  return Take(MakePlan(study, {}));
}

void Dispatch(ResultsStore& store, std::vector<SchedulerJob> jobs) {
  const RealClock clock;
  StoreSink sink(store, clock);
  EagerWorkers workers;
  Outbox outbox(sink, workers, {.commit_after = Millis(10), .retry_after = Millis(1000)});
  Scheduler scheduler({}, store.epoch(), outbox);
  const auto count = static_cast<std::int64_t>(jobs.size());
  scheduler.AddJobs(std::move(jobs), clock.Now());
  const Stage stage("dispatch and record", count);
  for (std::int32_t id = 1; id <= kWorkers; ++id) {
    scheduler.OnWorkerJoined({WorkerId{id}, "host", "cpu", "noop", kSlots}, clock.Now());
  }
  while (!scheduler.Finished()) {
    for (int i = 0; i < 1000 && !workers.answers.empty(); ++i) {
      const auto [from, bytes] = std::move(workers.answers.front());
      workers.answers.pop_front();
      scheduler.OnMessage(from, Take(Decode(bytes)), clock.Now());
    }
    Check(outbox.Pump(clock.Now()));
    if (workers.answers.empty() && !outbox.empty()) std::this_thread::sleep_for(Millis(1));
  }
  Check(outbox.Flush(clock.Now()));
  fmt::print("{:<28} {:8.2f} us CPU of it\n", "the workers' answers",
             1e6 * workers.seconds / static_cast<double>(count));
}

void Run(const fs::path& folder, std::int64_t jobs) {
  fs::create_directories(folder);
  const PlanOutput planned = Plan(folder, jobs);
  const auto store = Take(ResultsStore::Open(StorePaths{folder / "store"}, {}));
  std::vector<StoredJob> stored;
  {
    const Stage stage("sweep into the store", jobs);
    stored = Take(store->RegisterSweep(planned.plan, "{}", RealClock().WallTime()));
  }
  SweepJobs scheduled;
  {
    const Stage stage("jobs for the scheduler", jobs);
    scheduled = SchedulerJobs(planned.plan, stored, {});
  }
  Dispatch(*store, std::move(scheduled.jobs));
  {
    const Stage stage("the same sweep once more", jobs);
    stored = Take(store->RegisterSweep(planned.plan, "{}", RealClock().WallTime()));
    scheduled = SchedulerJobs(planned.plan, stored, {});
  }
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  unmask::Run(argv[1], std::atoll(argv[2]));
  return 0;
}
