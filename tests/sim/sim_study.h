// The jobs of a simulated sweep and what is true of them, which the scheduler is never told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/protocol/messages.h"
#include "coordinator/core/job_table.h"
#include "tests/sim/sim_random.h"

namespace unmask {

enum class Nature {
  kHealthy,
  kCrashesLoading,  // always
  kCrashesAtEpoch,  // always, at `bad_epoch`
  kFlaky,           // sometimes
  kNotANumber,      // at `bad_epoch`
  kBadInput,
};

// How an attempt really ended at its agent. A bystander's trainer was killed because of another.
enum class TrueEnd { kResult, kCrashToBlame, kCrashAmongOthers, kHopeless, kYield, kBystander };

struct SimJob {
  std::string key;
  JobKind kind = JobKind::kTrain;
  std::string cell;
  std::vector<int> dependencies;  // earlier jobs
  std::string view_set;           // a bank that it is a view of or trains on
  int view = -1;
  std::int64_t views = 0;  // of the bank, that it trains on
  std::int32_t gang = 1;   // how many workers train it together
  Nature nature = Nature::kHealthy;
  std::int64_t epochs = 1;
  std::int64_t bad_epoch = 1;
  std::int64_t answer = 0;  // its right result
  // By coordinator epoch and attempt. Members of a gang may end in several ways.
  std::map<std::pair<std::int64_t, std::int32_t>, std::vector<TrueEnd>> ends;
};

using SimStudy = std::vector<SimJob>;

// The jobs that make a bank's views, in order.
inline std::vector<int> ViewsOf(const SimStudy& study, const std::string& view_set) {
  std::vector<int> views;
  for (int i = 0; i < static_cast<int>(study.size()); ++i) {
    if (study[i].view >= 0 && study[i].view_set == view_set) views.push_back(i);
  }
  return views;
}

// What a feature job makes.
inline std::string OutputOf(const SimJob& job) { return "made by " + job.key; }

SimStudy RandomStudy(SimRandom& random);

// "j17" -> 17
inline int IndexOf(const std::string& key) { return std::stoi(key.substr(1)); }

}  // namespace unmask
