#include "coordinator/plan/store_history.h"

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "sql/store_reader.h"

namespace unmask {

std::string PaceKey(JobSpec spec) {
  const Settings usual;
  spec.held_out.clear();
  spec.seed = 0;
  spec.view = spec.view == kCropsView ? kCropsView : 0;
  Settings& settings = spec.settings;
  settings.loss = usual.loss;
  settings.augment.seed = usual.augment.seed;
  settings.train.lr = usual.train.lr;
  settings.train.weight_decay = usual.train.weight_decay;
  settings.train.dropout = usual.train.dropout;
  settings.train.monitor = usual.train.monitor;
  return CanonicalText(spec);
}

Result<StoreHistory> ReadStoreHistory(const StorePaths& paths) {
  StoreHistory history;
  if (!StoreReader::Exists(paths)) return history;
  UNMASK_ASSIGN(const auto store, StoreReader::Open(paths));
  struct Sum {
    double seconds = 0;
    double jobs = 0;
  };
  std::unordered_map<std::string, Sum> alike;
  UNMASK_TRY(store->ForEachDoneSpec([&](const DoneSpecRow& job) {
    history.done.insert(job.job_key);
    const auto spec = JobSpecFromJson(nlohmann::json::parse(job.spec, nullptr, false));
    if (!spec.ok() || !job.seconds) return;  // of another version
    Sum& sum = alike[PaceKey(*spec)];
    sum.seconds += *job.seconds;
    ++sum.jobs;
  }));
  for (const JobState state : {JobState::kFailed, JobState::kQuarantined}) {
    UNMASK_ASSIGN(auto keys, store->KeysOf(state));
    history.dead.merge(keys);
  }
  for (const auto& [pace_key, sum] : alike) history.paces[pace_key] = sum.seconds / sum.jobs;
  return history;
}

}  // namespace unmask
