#include "coordinator/plan/store_history.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "sql/store_reader.h"

namespace unmask {
namespace {

// Of at least one; reorders them.
double Median(std::vector<double>& values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

}  // namespace

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
  std::unordered_map<std::string, std::vector<double>> alike;
  UNMASK_TRY(store->ForEachDoneSpec([&](const DoneSpecRow& job) {
    history.done.insert(job.job_key);
    const auto spec = JobSpecFromJson(nlohmann::json::parse(job.spec, nullptr, false));
    const bool known = spec.ok() && job.seconds;  // else of another version
    if (known) alike[PaceKey(*spec)].push_back(*job.seconds);
  }));
  for (auto& [pace_key, values] : alike) history.paces[pace_key] = Median(values);
  return history;
}

}  // namespace unmask
