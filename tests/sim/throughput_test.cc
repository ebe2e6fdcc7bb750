// What a job costs the scheduler, which must not grow with their number: 1,000 workers of 8 slots,
// lease, start, checkpoint, result. UNMASK_SIM_JOBS=1000000 for the figure of the largest sweep.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <deque>
#include <iostream>
#include <string>

#include "coordinator/core/scheduler.h"

namespace unmask {
namespace {

// Answers every lease at once, in the order of the leases.
class EagerWorkers final : public Effects {
 public:
  void Persist(Record) override {}
  void Send(WorkerId to, Message message) override {
    if (const auto* lease = std::get_if<Lease>(&message)) leased.emplace_back(to, lease->id);
  }
  void Drop(WorkerId, const std::string&) override {}
  std::deque<std::pair<WorkerId, LeaseId>> leased;
};

std::vector<SchedulerJob> Jobs(std::int64_t count) {
  std::vector<SchedulerJob> jobs(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    jobs[i].key = std::string(64 - number.size(), '0') + number;
    jobs[i].cell = "cell " + std::to_string(i / 22);
    jobs[i].spec = std::string(400, ' ');
  }
  return jobs;
}

// Events a job: started, checkpoint, result.
double MicrosecondsPerJob(std::int64_t count) {
  EagerWorkers effects;
  Scheduler scheduler({}, CoordinatorEpoch{1}, effects);
  std::vector<SchedulerJob> jobs = Jobs(count);
  const std::clock_t before = std::clock();
  scheduler.AddJobs(std::move(jobs), Millis(0));
  std::cout << count << " jobs added in "
            << static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC << " CPU s\n";
  const std::clock_t start = std::clock();  // CPU time: the machine may be busy
  for (std::int32_t id = 1; id <= 1000; ++id) {
    const std::string numerics = id % 2 ? "class a" : "class b";
    scheduler.OnWorkerJoined({WorkerId{id}, "host", "cpu", numerics, 8}, Millis(0));
  }
  while (!effects.leased.empty()) {
    const auto [worker, lease] = effects.leased.front();
    effects.leased.pop_front();
    scheduler.OnMessage(worker, AttemptStarted{lease, 0, ""}, Millis(1));
    scheduler.OnMessage(worker, CheckpointWritten{lease, {"", 1, 1, "class a"}}, Millis(2));
    scheduler.OnMessage(worker, ResultReady{lease, {}}, Millis(3));
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_EQ(scheduler.Finished(), FinishReason::kAllSettled);
  EXPECT_EQ(scheduler.Counts().done, count);
  return seconds * 1e6 / static_cast<double>(count);
}

TEST(Throughput, AJobCostsTheSameInLargeSweeps) {
  const char* largest = std::getenv("UNMASK_SIM_JOBS");
  const double small = MicrosecondsPerJob(10'000);
  const std::int64_t count = largest ? std::stoll(largest) : 200'000;
  const double large = MicrosecondsPerJob(count);
  std::cout << "10000 jobs: " << small << " us a job; " << count << " jobs: " << large
            << " us a job, " << 3e6 / large << " events/s\n";
  EXPECT_LT(large, 10 * small + 10);  // caches cost something; a scan of the jobs would be 1000s
}

}  // namespace
}  // namespace unmask
